"""The public door to templates of signals: their shapes and documents. Loads without Django."""

from kandelia.kernel.templates.definitions import (
    InstanceDifference,
    InstanceView,
    Parameter,
    Proposal,
    TemplateView,
)
from kandelia.kernel.templates.logic.documents import (
    KINDS,
    OWN,
    parameter_of,
    signal_document,
    signal_of,
)

__all__ = [
    "KINDS",
    "OWN",
    "InstanceDifference",
    "InstanceView",
    "Parameter",
    "Proposal",
    "TemplateView",
    "parameter_of",
    "signal_document",
    "signal_of",
]
