"""A template and its data as PDF, by Typst. Data reach the template as JSON alone: nothing in them is ever run.

The font with Chinese characters (Noto Sans SC, OFL 1.1) is brought in by `make front` into this room's `fonts` folder
and embedded into each file as far as it is used.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from kandelia.base.errors import KandeliaError, Unavailable

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Noto Sans SC"
DATA_BYTES_MAX = 8_000_000


def _typst() -> Any:
    """The typesetter, loaded with the first document: 7 MB in each role that never makes one."""
    return import_module("typst")


@cache
def _fonts() -> Any:
    return _typst().Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])


def ready() -> bool:
    """Whether the Chinese font is there."""
    return any(FONTS.glob("*.[to]tf"))


def pdf(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """Typeset `template` (Typst; reads `data`) as PDF made at `at`. Unavailable without the font."""
    if not ready():
        raise Unavailable("the Chinese font is not installed", str(FONTS), "run make front", "no-font")
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    if len(text) > DATA_BYTES_MAX:
        raise Unavailable("this is too much for one document", "print", "print less", "too-large")
    with TemporaryDirectory(prefix="kandelia-print-") as folder:  # the template sees this folder and no other
        source = Path(folder) / "main.typ"
        source.write_text(f"#let data = json(bytes(sys.inputs.data))\n{template}", encoding="utf-8")
        try:
            made = _typst().compile(
                str(source),
                root=folder,
                font_paths=_fonts(),
                sys_inputs={"data": text},
                timestamp=int(at.timestamp()),
                package_path=folder,
                package_cache_path=folder,
            )
        except _typst().TypstError as error:
            raise KandeliaError(
                f"the template fails: {error}"[:500], "print", "mend the template", "template"
            ) from error
    return bytes(made)
