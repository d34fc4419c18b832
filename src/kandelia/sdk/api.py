"""What an app's endpoints need: who asks, parameters as the API writes them, history as the API answers it."""

from kandelia.base.parsing import numbers, time_ns
from kandelia.kernel.signals import queries
from kandelia.kernel.signals.logic.formats import (
    JSON_OPTIONS,
    TREND_MEND,
    TREND_ROWS_MAX,
    bounded,
    newest_by_signal,
    raw_columns,
    table_of,
    trend_columns,
)
from kandelia.surfaces.api.answering import viewer_of

__all__ = [
    "JSON_OPTIONS",
    "TREND_MEND",
    "TREND_ROWS_MAX",
    "bounded",
    "newest_by_signal",
    "numbers",
    "queries",
    "raw_columns",
    "table_of",
    "time_ns",
    "trend_columns",
    "viewer_of",
]
