"""What others see of imports and exports of history. Django-free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

EXPORT_ASK = "history.files.export"  # request, Export as JSON; taken by one history role, which answers Standing
EXPORT_STATE = "history.files.state"  # request, the id of an export; answered by the history role that writes it
EXPORT_CANCEL = "history.files.cancel"  # message, the id of an export


class ImportState(StrEnum):
    """Where an import stands."""

    SENDING = "sending"  # its file is not whole yet
    READY = "ready"  # looked at; waits for a mapping
    LOADING = "loading"  # a job loads it
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ImportView:
    """A file that was sent, and what became of it. `found` and `plan` are as `logic` writes them."""

    id: str
    name: str
    size: int
    received: int
    state: ImportState
    created_at: datetime
    created_by: str
    found: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    plan_kept: bool = False  # the plan is the one of an earlier file of the same shape
    job: str = ""
    rows: int = 0
    samples: int = 0
    wrong: Mapping[str, int] = field(default_factory=dict)
    new_signals: int = 0
    share: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What the history role is asked to write; it checks that the signals belong to the organisation.

    `bucket_ns` 0 means every sample. `bytes_max` bounds the file.
    """

    id: str
    organisation: str
    ids: dict[int, str]
    start_ns: int
    end_ns: int
    format: str  # csv or parquet
    bucket_ns: int = 0
    bytes_max: int = 0
    sequence: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an export is; `state` is writing, done or failed."""

    id: str
    state: str
    share: float = 0.0
    rows: int = 0
    bytes: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export that was asked for; its file can be downloaded until `expires_at` once `state` is done."""

    id: str
    state: str
    name: str
    format: str
    signals: int
    start_ns: int
    end_ns: int
    created_at: datetime
    created_by: str
    job: str = ""
    share: float = 0.0
    rows: int = 0
    bytes: int = 0
    error: str = ""
    expires_at: datetime | None = None
