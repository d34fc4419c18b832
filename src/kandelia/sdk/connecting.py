"""The public door to making connections: what a driver asks for, trying it, what came of it. Loads without Django."""

from kandelia.kernel.connections.contracts import Reading, Tried
from kandelia.kernel.connections.drivers import Found, Node
from kandelia.kernel.connections.grading import driver_names, form_of_driver
from kandelia.kernel.connections.logic.forms import FREE, Form, Setting, filled

__all__ = ["FREE", "Form", "Found", "Node", "Reading", "Setting", "Tried", "driver_names", "filled", "form_of_driver"]
