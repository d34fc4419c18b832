"""The room's door: records as tables, figures and documents; each function takes the viewer first."""

from kandelia.kernel.papers.attachments import add as add_file
from kandelia.kernel.papers.attachments import files_of, may_add, open_file
from kandelia.kernel.papers.attachments import remove as remove_file
from kandelia.kernel.papers.exporting import table
from kandelia.kernel.papers.printing import pdf, prints_of
from kandelia.kernel.papers.statistics import amounts, bounds, groupings
from kandelia.kernel.papers.statistics import tallies as statistics

__all__ = [
    "add_file",
    "amounts",
    "bounds",
    "files_of",
    "groupings",
    "may_add",
    "open_file",
    "pdf",
    "prints_of",
    "remove_file",
    "statistics",
    "table",
]
