"""The public door to history in and out as files, and to tag lists of other systems, for screens and endpoints."""

from kandelia.kernel.transfers import exporting, importing, tagging
from kandelia.kernel.transfers.contracts import ExportView, ImportState, ImportView
from kandelia.kernel.transfers.logic.plans import KINDS, Plan, Target, plain, read_plan
from kandelia.kernel.transfers.logic.proposals import key_of
from kandelia.kernel.transfers.logic.times import FORMS

__all__ = [
    "FORMS",
    "KINDS",
    "ExportView",
    "ImportState",
    "ImportView",
    "Plan",
    "Target",
    "exporting",
    "importing",
    "key_of",
    "plain",
    "read_plan",
    "tagging",
]
