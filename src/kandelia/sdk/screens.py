"""The public door for pages: who may see one."""

from kandelia.surfaces.web.screens import public, screen

__all__ = ["public", "screen"]
