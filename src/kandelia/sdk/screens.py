"""The public door for pages: who may see one, and how a refusal is said there."""

from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import public, screen

__all__ = ["public", "screen", "sentence"]
