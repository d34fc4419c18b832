"""The public door for rooms with tables: the AppConfig that finds record types. Loads before any model."""

from kandelia.kernel.records.rooms import RecordRoom

__all__ = ["RecordRoom"]
