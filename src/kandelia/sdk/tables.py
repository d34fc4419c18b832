"""The public door to files of samples: what one holds, its rows as samples. Loads without Django."""

from kandelia.kernel.transfers.logic.converting import Aim, Converter
from kandelia.kernel.transfers.logic.findings import Found
from kandelia.kernel.transfers.logic.plans import Plan, Time
from kandelia.kernel.transfers.logic.times import FORMS, check_zone
from kandelia.kernel.transfers.plane.reading import blocks, inspect

__all__ = ["FORMS", "Aim", "Converter", "Found", "Plan", "Time", "blocks", "check_zone", "inspect"]
