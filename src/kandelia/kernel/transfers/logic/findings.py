"""What a file of samples holds, as far as its first rows tell: columns, time, wide or long; what stays unclear."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kandelia.kernel.transfers.logic import cells, times
from kandelia.kernel.transfers.logic.dialects import Dialect
from kandelia.kernel.transfers.logic.plans import Plan, Target, Time
from kandelia.kernel.transfers.logic.times import Form

EXAMPLES = 3
NAMES_MAX = 5_000  # names of signals in a long table that are listed for mapping
LONG_REPEATS_MIN = 2  # rows a name, on average
_UNIT = re.compile(r"[\[(（【]\s*([^\[\]()（）【】]{1,20}?)\s*[\])）】]\s*$")
_SIGNAL_NAMES = re.compile(
    r"^(signal|tag|tag ?name|tag_?path|point|point ?name|name|variable|metric|item|channel|"
    r"测点|点名|位号|变量|信号|标签|测点名称|变量名)$",
    re.IGNORECASE,
)
_VALUE_NAMES = re.compile(r"^(value|val|v|data|reading|数值|值|测量值|采样值)$", re.IGNORECASE)
_QUALITY_NAMES = re.compile(r"^(quality|qual|q|status|质量|质量码|状态)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `kind` is float, integer, boolean, text, time or empty; `unit` is what its name or a line says."""

    name: str
    kind: str
    unit: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a file. `names` are the signals of a long table, found in its beginning.

    `unclear` lists what a person must say: "time" (no column holds times), "day-month", "zone".
    """

    format: str  # csv, parquet, xlsx
    columns: tuple[Column, ...]
    dialect: Dialect = field(default_factory=Dialect)
    form: str = "wide"
    time: Time = field(default_factory=Time)
    names_column: str = ""
    value_column: str = ""
    quality_column: str = ""
    names: tuple[str, ...] = ()
    name_kinds: Mapping[str, str] = field(default_factory=dict)
    unclear: tuple[str, ...] = ()
    first: tuple[str, ...] = ()  # cells of the time columns, the first row
    last: tuple[str, ...] = ()
    rows: int = 0  # 0: not known before it is read
    bytes: int = 0

    @property
    def shape(self) -> str:
        """The same for files of the same kind: what a mapping is kept under."""
        told = "\0".join((self.format, self.form, *(column.name for column in self.columns)))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def unit_in(name: str) -> str:
    """The unit behind a name: "Temp [°C]"."""
    found = _UNIT.search(name)
    return found[1] if found else ""


def without_unit(name: str) -> str:
    """The name before its unit."""
    return _UNIT.sub("", name).strip() or name


def find(
    format: str,
    names: Sequence[str],
    units: Sequence[str],
    rows: Sequence[Sequence[str]],
    dialect: Dialect,
    native: Mapping[str, Form] | None = None,
) -> Found:
    """From the first rows as texts; `native` are columns that the file itself says to be times."""
    samples = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    moments, forms = _time(samples, native or {})
    columns = tuple(
        Column(
            name,
            "time" if name in moments else cells.kind_of(samples[name], dialect.decimal),
            unit or unit_in(name),
            tuple(text for text in samples[name] if text.strip())[:EXAMPLES],
        )
        for name, unit in zip(names, units, strict=True)
    )
    found = Found(format, columns, dialect, time=Time(moments, forms.name if forms else ""))
    found = replace(
        found, unclear=_unclear(forms), first=_moment(samples, moments, 0), last=_moment(samples, moments, -1)
    )
    return _with_form(found, samples)


def _time(samples: Mapping[str, Sequence[str]], native: Mapping[str, Form]) -> tuple[tuple[str, ...], Form | None]:
    """The columns of time and their form: what the file says, else the best named, else the first that fits."""
    ordered = sorted(samples, key=lambda name: not times.is_named_so(name))
    for name in ordered:
        form = native.get(name) or times.find(samples[name], name)
        if form is None:
            continue
        clock = _clock(samples, name, form)
        if clock:
            joined = [f"{day} {at}" for day, at in zip(samples[name], samples[clock], strict=True)]
            return (name, clock), times.find(joined, name) or form
        return (name,), form
    return (), None


def _clock(samples: Mapping[str, Sequence[str]], day: str, form: Form) -> str:
    """The column of the time of day beside one that holds days alone."""
    if form.name not in times.DATES or any(":" in text or "时" in text for text in samples[day]):
        return ""
    for name, texts in samples.items():
        filled = [text.strip() for text in texts if text.strip()]
        if name != day and filled and all(times.DAYTIME.fullmatch(text) for text in filled):
            return name
    return ""


def _unclear(form: Form | None) -> tuple[str, ...]:
    if form is None:
        return ("time",)
    return (*(("day-month",) if form.unsure else ()), *(() if form.zoned else ("zone",)))


def _moment(samples: Mapping[str, Sequence[str]], names: Sequence[str], place: int) -> tuple[str, ...]:
    return tuple(samples[name][place] for name in names if samples[name])


def _with_form(found: Found, samples: Mapping[str, Sequence[str]]) -> Found:
    """Wide, unless one column names signals and another holds their values."""
    others = [column for column in found.columns if column.kind not in ("time",)]
    named = next((one.name for one in others if _SIGNAL_NAMES.match(one.name)), "")
    valued = next((one.name for one in others if _VALUE_NAMES.match(without_unit(one.name)) and one.name != named), "")
    if not named and len(others) in (2, 3):
        texts = [one.name for one in others if one.kind == "text" and _repeats(samples[one.name])]
        numbers = [one.name for one in others if one.kind in ("float", "integer", "boolean")]
        named, valued = (texts[0], valued or numbers[0]) if len(texts) == 1 and numbers else ("", "")
    if not named or not valued:
        return found
    quality = next((one.name for one in others if _QUALITY_NAMES.match(one.name) and one.name != valued), "")
    names = tuple(dict.fromkeys(text for text in samples[named] if text))[:NAMES_MAX]
    kinds = name_kinds(samples[named], samples[valued], found.dialect.decimal)
    return replace(
        found,
        form="long",
        names_column=named,
        value_column=valued,
        quality_column=quality,
        names=names,
        name_kinds=kinds,
    )


def name_kinds(names: Sequence[str], values: Sequence[str], decimal: str) -> dict[str, str]:
    """What the values of each name seem to be."""
    by_name: dict[str, list[str]] = {}
    for name, value in zip(names, values, strict=True):
        by_name.setdefault(name, []).append(value)
    return {name: cells.kind_of(texts, decimal) for name, texts in by_name.items()}


def _repeats(texts: Sequence[str]) -> bool:
    filled = [text for text in texts if text]
    return len(filled) >= LONG_REPEATS_MIN * len(set(filled)) > 0


def proposed(found: Found, targets: Mapping[str, Target], zone: str) -> Plan:
    """The plan that a person begins with; `zone` where the file names none."""
    return Plan(
        form="long" if found.form == "long" else "wide",
        time=replace(found.time, zone=zone),
        targets=dict(targets),
        names=found.names_column,
        value=found.value_column,
        quality=found.quality_column,
    )
