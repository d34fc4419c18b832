"""The public door for pages: who may see one, and how a refusal is said there."""

from kandelia.surfaces.web.records.words import sentence, told
from kandelia.surfaces.web.screens import public, screen
from kandelia.surfaces.web.words import said

__all__ = ["public", "said", "screen", "sentence", "told"]
