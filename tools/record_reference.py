"""Writes docs/reference/records.md from the declarations: each type's fields, life and who takes which step.

Run it from the environment's Python after a declaration changed: `.venv/bin/python -m tools.record_reference`.
"""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "records.md"
HEAD = """# Record types

Written by `python -m tools.record_reference` from the declarations; a test says when it is old. Every type has a list,
a page, a form, an API under `/api/v1/records/<type>`, import, export, statistics and print. `owner` is anybody of the
organisation that owns the record, `clock` a step that time alone takes.
"""


def page() -> str:
    """The whole page."""
    registry = import_module("kandelia.kernel.records.registry")
    ours = [one for one in registry.types() if one.model.__module__.startswith("kandelia.")]
    return "\n".join([HEAD, *(_section(one) for one in ours)])


def _section(declared: Any) -> str:
    picture = import_module("kandelia.kernel.lives.logic.checking").picture
    lines = [f"## {declared.label.zh} {declared.label.en} (`{declared.name}`)", ""]
    lines += [_first_line(declared), "", f"Made by {_names(declared.create_by)}; read by {_readers(declared)}.", ""]
    lines += ["| field | 名称 | name | holds | given by hand |", "|---|---|---|---|---|"]
    lines += [_field(declared, one) for one in declared.fields]
    lines += ["", "```mermaid", picture(declared.life), "```", ""]
    lines += ["| step | 步骤 | from → to | by | asks | four eyes |", "|---|---|---|---|---|---|"]
    lines += [_step(one) for one in declared.life.transitions]
    limits = [_limit(one) for one in declared.life.deadlines]
    return "\n".join([*lines, *(["", "Time limits:", "", *limits] if limits else []), ""])


def _first_line(declared: Any) -> str:
    text = sys.modules[declared.model.__module__].__doc__ or ""
    return text.strip().partition("\n\n")[0].replace("\n", " ")


def _field(declared: Any, field: Any) -> str:
    fields = import_module("kandelia.kernel.records.fields")
    kind = fields.kind_of(declared, field).value.replace("_", " ")
    more = f" ({', '.join(str(value) for value, _ in field.choices[:8])})" if field.choices else ""
    more += f", {field.unit}" if field.unit else ""
    more += ", personal" if field.personal else ""
    hand = "no" if not field.editable else "must be" if fields.is_required(declared, field) else "may be"
    return f"| `{field.name}` | {field.label.zh} | {field.label.en} | {kind}{more} | {hand} |"


def _step(step: Any) -> str:
    where = f"{', '.join(step.sources)} → {step.target}"
    asks = ", ".join([*step.asks, *(["reason"] if step.reason else [])])
    eyes = "yes" if step.four_eyes else ""
    return f"| `{step.name}` | {step.label.zh} | {where} | {_names(step.roles)} | {asks} | {eyes} |"


def _limit(limit: Any) -> str:
    days = "working days" if limit.working else "days"
    then = f", then `{limit.then}`" if limit.then else ""
    basis = f" ({limit.basis.zh})" if limit.basis.zh else ""
    return f"- {limit.label.zh} {limit.label.en}: {limit.days} {days} from {_names(limit.starts)}{then}{basis}"


def _names(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names) or "code alone"


def _readers(declared: Any) -> str:
    return _names(declared.read_by) if declared.read_by else "both of its sides"


def main() -> int:
    """Write the page."""
    with tempfile.TemporaryDirectory() as data:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kandelia.boot.django_settings")
        os.environ["KANDELIA_DATA"] = data
        import_module("django").setup()
        PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
