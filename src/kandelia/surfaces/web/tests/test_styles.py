"""Promise: colours, sizes and fonts stand in tokens.css alone, both themes name the same, and text is readable."""

import re
from pathlib import Path

import pytest

import kandelia

ROOT = Path(kandelia.__file__).parent
TOKENS = ROOT / "surfaces" / "web" / "static" / "web" / "tokens.css"
STYLES = sorted(
    path
    for path in ROOT.rglob("*.css")
    if path != TOKENS and "vendor" not in path.parts and "node_modules" not in path.parts
)
TEMPLATES = sorted(ROOT.rglob("*.html"))
COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\(|"
    r":[^;{]*\b(?:white|black|red|green|blue|gr[ae]y|yellow|orange|purple|silver|navy|teal)\b"
)
LENGTH = re.compile(r"(?<![\w-])\d*\.?\d+(?:px|rem|pt|cm|mm|in|q)\b", re.IGNORECASE)
FONT = re.compile(r"font(?:-family|-size|-weight)?:\s*+(?!inherit|var\()[^;]+;")
CONTRAST_TEXT = 4.5
CONTRAST_SHAPE = 3.0


def rules(path: Path) -> list[tuple[int, str]]:
    """Lines without comments and media queries, which cannot use variables."""
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), path.read_text(), flags=re.DOTALL)
    return [(n, line) for n, line in enumerate(text.splitlines(), 1) if not line.lstrip().startswith("@media")]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
@pytest.mark.parametrize("what", [COLOUR, LENGTH, FONT], ids=["colour", "length", "font"])
def test_styles_name_tokens_only(path: Path, what: re.Pattern[str]) -> None:
    found = [f"{path.name}:{n}: {hit.group()}" for n, line in rules(path) for hit in what.finditer(line)]
    assert not found, f"use a variable of tokens.css: {found}"


def test_there_are_styles() -> None:
    assert len(STYLES) >= 2


@pytest.mark.parametrize("path", [*STYLES], ids=lambda path: path.name)
def test_variables_exist(path: Path) -> None:
    known = set(re.findall(r"(--[\w-]+)\s*:", TOKENS.read_text() + path.read_text()))
    used = set(re.findall(r"var\((--[\w-]+)", path.read_text()))
    scripted = {name for script in ROOT.rglob("islands/*.js") for name in re.findall(r"--[\w-]+", script.read_text())}
    assert used <= known | scripted, f"not in tokens.css: {sorted(used - known - scripted)}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_obey_the_content_security_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", text)
    assert not re.search(r"<script\b(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text)


def theme(selector: str) -> dict[str, str]:
    block = re.search(rf"{re.escape(selector)} {{(.*?)}}", TOKENS.read_text(), re.DOTALL)
    assert block
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block.group(1)))


LIGHT, DARK = theme(":root"), theme(':root[data-theme="dark"]')


def test_both_themes_name_the_same() -> None:
    assert LIGHT.keys() == DARK.keys()


def luminance(colour: str) -> float:
    """WCAG 2.1, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


INKS = ("ink", "ink-soft", "ink-faint", "accent", "ok", "uncertain", "warning", "alarm", "stale")
GROUNDS = ("page", "surface", "sunken")
PAIRS = [(ink, ground) for ink in INKS for ground in GROUNDS]
PAIRS += [(name, f"{name}-soft") for name in ("accent", "ok", "uncertain", "warning", "alarm")]
PAIRS += [("ink", f"{name}-soft") for name in ("accent", "ok", "uncertain", "warning", "alarm")]
PAIRS += [("accent-ink", "accent"), ("alarm-ink", "alarm"), ("ink", "hover"), ("ink-soft", "hover")]


@pytest.mark.parametrize("names", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_is_readable(names: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(names[f"--{ink}"], names[f"--{ground}"]) >= CONTRAST_TEXT


@pytest.mark.parametrize("names", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_of_charts_and_fields_are_seen(names: dict[str, str]) -> None:
    shapes = [name for name in names if name.startswith("--chart-")] + ["--line-strong", "--focus"]
    faint = [name for name in shapes if contrast(names[name], names["--surface"]) < CONTRAST_SHAPE]
    assert not faint
