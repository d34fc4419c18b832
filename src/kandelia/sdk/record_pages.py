"""The public door for what an app draws on the pages of records beside the type's own parts."""

from kandelia.surfaces.web.records.parts import register_part

__all__ = ["register_part"]
