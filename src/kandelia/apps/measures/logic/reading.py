"""From the YAML files of a parameter set to Measures; every mistake of every file is told at once, with its line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kandelia.apps.measures.logic.checking import check_line
from kandelia.apps.measures.logic.declarations import (
    Ambiguity,
    Assumption,
    Changes,
    Commitment,
    Condition,
    Input,
    Line,
    Measures,
    Names,
    Overlap,
    Validity,
)
from kandelia.apps.measures.logic.line_reading import Shared, read_conditions, read_inputs, read_line
from kandelia.apps.measures.logic.nodes import Reader
from kandelia.apps.measures.logic.operators_reading import read_bounds
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.documents import Item, Mistakes, TooManyMistakes, compose

DOCUMENT, AMBIGUITIES = "document.yaml", "ambiguities.yaml"
COMMITMENTS, OVERLAPS = "commitments.yaml", "overlaps.yaml"
LINES_FOLDER = "lines/"
MISTAKES_SHOWN = 10


class WrongParameters(InvalidInput):
    """A parameter set with mistakes; `mistakes` has one text each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        more = len(mistakes) - MISTAKES_SHOWN
        shown = [*mistakes[:MISTAKES_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("; ".join(shown), "measures", "mend the files and load them again", "wrong-parameters")
        self.mistakes = mistakes


@dataclass
class _Files:
    """The files of a set with what is wrong in each."""

    texts: Mapping[str, str]
    mistakes: list[str] = field(default_factory=list)
    readers: dict[str, Reader] = field(default_factory=dict)

    def open(self, name: str) -> tuple[Reader, Any]:
        """The reader and root node of a file; None where it cannot be read."""
        reader = self.readers.setdefault(name, Reader(Mistakes(name)))
        if name not in self.texts:
            self.mistakes.append(f"{name}: the file is missing; put it back")
            return reader, None
        return reader, compose(self.texts[name], reader.mistakes)

    def found(self) -> tuple[str, ...]:
        """All mistakes, by file and line."""
        return (*self.mistakes, *(text for name in sorted(self.readers) for text in self.readers[name].mistakes.texts))


def read_measures(texts: Mapping[str, str]) -> Measures:
    """The set of the files named by their path (document.yaml, lines/M01.yaml, …); WrongParameters for any mistake."""
    files = _Files(texts)
    try:
        made = _read(files)
    except TooManyMistakes:
        raise WrongParameters(files.found()) from None
    found = files.found()
    if found or made is None:
        raise WrongParameters(found or ("the set is empty; add lines",))
    return made


def _read(files: _Files) -> Measures | None:
    opened = [(name, *files.open(name)) for name in sorted(files.texts) if name.startswith(LINES_FOLDER)]
    ids = tuple(name for _, _, root in opened for name in _line_ids(root))
    ambiguities = _ambiguities(*files.open(AMBIGUITIES), ids)
    reader, root = files.open(DOCUMENT)
    document = reader.mapping(root, "the document", ("document", "chapters", "kinds", "common")) if root else None
    if document is None:
        return None
    title, validity = _head(reader, document)
    chapters, kinds = (_words(reader, document.values.get(key), key) for key in ("chapters", "kinds"))
    shared = Shared(chapters, kinds, validity, *_common(reader, document, ids))
    known = {one.key: one for issue in ambiguities for one in issue.assumptions}
    lines: dict[str, Line] = {}
    for _, own, node in opened:
        for line, place in _lines(own, node, shared):
            if line.id in lines:
                own.mistakes.add(place, f'the line "{line.id}" is there already', "give it an id of its own")
            check_line(own, place, line, known)
            lines[line.id] = line
    commitments = tuple(_commitments(*files.open(COMMITMENTS), chapters))
    measures = {one.measure for one in commitments}
    overlaps = tuple(_overlaps(*files.open(OVERLAPS), {*ids, *measures}))
    return Measures(title, validity, chapters, kinds, lines, commitments, ambiguities, overlaps)


def _line_ids(root: Any) -> Iterable[str]:
    """Ids of the lines of a file, before anything of it is checked."""
    if not isinstance(root, yaml.MappingNode):
        return
    for key, entries in root.value:
        for entry in entries.value if key.value == "lines" and isinstance(entries, yaml.SequenceNode) else ():
            pairs = entry.value if isinstance(entry, yaml.MappingNode) else ()
            yield from (str(value.value) for name, value in pairs if name.value == "line")


def _lines(reader: Reader, root: Any, shared: Shared) -> Iterable[tuple[Line, Any]]:
    found = reader.mapping(root, "a file of lines", ("lines",), ("lines",)) if root else None
    for node in reader.nodes(found.values["lines"], "lines") if found else ():
        line = read_line(reader, node, shared)
        if line is not None:
            yield line, node


def _head(reader: Reader, document: Item) -> tuple[LocalText, Validity]:
    keys = ("title", "from", "to", "clause")
    found = reader.mapping(document.place("document"), "document", keys, keys)
    if found is None:
        day = reader.day(None, "a day")
        return LocalText("?", "?"), Validity(day, day, "")
    first, last = reader.day(found.values["from"], "the first day"), reader.day(found.values["to"], "the last day")
    if last < first:
        reader.mistakes.add(found.values["to"], "the last day is before the first", "mend one of them")
    clause = reader.text(found.values["clause"], "the clause")
    return reader.local(found.values["title"], "the title"), Validity(first, last, clause)


def _words(reader: Reader, node: Any, what: str) -> dict[str, LocalText]:
    return {name: reader.local(value, f'"{name}"') for name, value in reader.named(node, what)}


Common = tuple[dict[str, tuple[Input, Names]], tuple[tuple[Condition, Names], ...], Any]


def _common(reader: Reader, document: Item, ids: Names) -> Common:
    node = document.values.get("common")
    found = reader.mapping(node, "common", ("inputs", "conditions", "bounds")) if node else None
    if found is None:
        return {}, (), ()
    inputs = read_inputs(reader, found.values.get("inputs"), ids)
    conditions = read_conditions(reader, found.values.get("conditions"), ids)
    return inputs, conditions, read_bounds(reader, found.values.get("bounds"))


def _ambiguities(reader: Reader, root: Any, ids: Names) -> tuple[Ambiguity, ...]:
    holder = reader.mapping(root, "the file", ("ambiguities",), ("ambiguities",)) if root else None
    made = []
    keys = ("id", "issue", "lines", "assumptions")
    for node in reader.nodes(holder.values["ambiguities"], "ambiguities") if holder else ():
        found = reader.mapping(node, "an ambiguity", keys, keys)
        if found is None:
            continue
        name, lines = reader.text(found.values["id"], "the id"), _which(reader, found.values["lines"], ids)
        taken = (_assumption(reader, one, name, lines) for one in reader.nodes(found.values["assumptions"], "it"))
        issue = reader.local(found.values["issue"], "the issue")
        made.append(Ambiguity(name, issue, lines, tuple(one for one in taken if one is not None)))
    return tuple(made)


def _assumption(reader: Reader, node: Any, ambiguity: str, lines: Names) -> Assumption | None:
    needs = ("key", "changes", "default", "options")
    found = reader.mapping(node, "an assumption", (*needs, "lines"), needs)
    if found is None:
        return None
    options = _words(reader, found.values["options"], "options")
    default = reader.text(found.values["default"], "the default")
    if default not in options:
        reader.mistakes.add(found.values["default"], f'"{default}" is none of the options', "name one of them")
    narrowed = _which(reader, found.values["lines"], lines) if "lines" in found.values else lines
    key, changes = reader.text(found.values["key"], "the key"), reader.word(found.values["changes"], "a kind", Changes)
    return Assumption(key, ambiguity, changes, default, options, narrowed)


def _which(reader: Reader, node: Any, ids: Names) -> Names:
    """Lines of a list; "all" for every one, "-M5" takes one out."""
    words = reader.texts(node, "lines")
    without = {word[1:] for word in words if word.startswith("-")}
    chosen = {word for word in words if not word.startswith("-")}
    for word in sorted((without | chosen) - {"all", *ids}):
        reader.mistakes.add(node, f'there is no line "{word}"', "name lines that exist, or all")
    return tuple(one for one in ids if one not in without and ("all" in chosen or one in chosen))


def _commitments(reader: Reader, root: Any, chapters: Mapping[str, LocalText]) -> Iterable[Commitment]:
    holder = reader.mapping(root, "the file", ("commitments",), ("commitments",)) if root else None
    keys = ("measure", "chapter", "title", "says", "who", "commits", "deliverables")
    for node in reader.nodes(holder.values["commitments"], "commitments") if holder else ():
        found = reader.mapping(node, "a commitment", keys, keys)
        if found is None:
            continue
        word = {key: reader.text(found.values[key], key) for key in keys if key not in ("title", "says")}
        if word["chapter"] not in chapters:
            reader.mistakes.add(
                found.values["chapter"], f'there is no chapter "{word["chapter"]}"', "see document.yaml"
            )
        title, says = reader.local(found.values["title"], "title"), reader.local(found.values["says"], "says")
        yield Commitment(title=title, says=says, **word)


def _overlaps(reader: Reader, root: Any, known: set[str]) -> Iterable[Overlap]:
    holder = reader.mapping(root, "the file", ("overlaps",), ("overlaps",)) if root else None
    keys = ("id", "lines", "shared")
    for node in reader.nodes(holder.values["overlaps"], "overlaps") if holder else ():
        found = reader.mapping(node, "an overlap", keys, keys)
        if found is None:
            continue
        lines = reader.texts(found.values["lines"], "lines")
        for line in lines:
            if line not in known:
                reader.mistakes.add(found.values["lines"], f'there is no line "{line}"', "name lines that exist")
        yield Overlap(reader.text(found.values["id"], "id"), lines, reader.local(found.values["shared"], "shared"))
