"""Times as files write them: which form a column has, and whole columns read at once, with what cannot be read marked.

Forms: `ymd` (ISO 8601 and what looks like it, Chinese dates too), `dmy`, `mdy`, `compact` (20260501083000), whole
numbers since 1970 in `s`, `ms`, `us`, `ns`, and `excel` (days since 1899-12-30). A time with its own offset keeps it;
any other is wall time in the zone that the plan names.
"""

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * NS_PER_S
EPOCHS = {"s": NS_PER_S, "ms": 1_000_000, "us": 1_000, "ns": 1}
DATES = ("ymd", "dmy", "mdy", "compact")
FORMS = (*DATES, *EPOCHS, "excel")
EXCEL_EPOCH_DAYS = 25_569  # of 1970-01-01 (ECMA-376 part 1, 18.17.4.1, the 1900 system)
SHARE_MIN = 0.9  # of the filled cells that must be times for the column to hold times
SHARE_NAMED_MIN = 0.5  # where its name speaks of time already
YEAR_RANGE = (1970, 2261)
_EPOCH_RANGE_S = (315_532_800, 4_102_444_800)  # 1980 … 2100: a plain number outside is no time
_CLOCK = (
    r"(?:(?:[T ]|\s)\s*(?P<h>\d{1,2})[:时](?P<mi>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:[.,:](?P<f>\d{1,9})\d*)?)?[分秒]?)?"
    r"\s*(?P<ap>[AaPp][Mm]|上午|下午)?\s*(?P<z>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
PATTERNS = {
    "ymd": r"^(?P<y>\d{4})[-/.年](?P<mo>\d{1,2})[-/.月](?P<d>\d{1,2})日?" + _CLOCK,
    "dmy": r"^(?P<d>\d{1,2})[-/.](?P<mo>\d{1,2})[-/.](?P<y>\d{4})" + _CLOCK,
    "mdy": r"^(?P<mo>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})" + _CLOCK,
    "compact": (
        r"^(?P<y>(?:19|20)\d{2})(?P<mo>\d{2})(?P<d>\d{2})[T_ -]?(?:(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?"
        r"(?:[.,](?P<f>\d{1,9}))?)?(?P<ap>AM)?(?P<z>Z|[+-]\d{2}:?\d{2})?$"
    ),
}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?")
DAYTIME = re.compile(r"\d{1,2}[:时]\d{1,2}([:分]\d{1,2}([.,]\d+)?秒?)?( ?[AaPp][Mm])?")


@dataclass(frozen=True, slots=True)
class Read:
    """`ns` since 1970 in UTC where `good`; `own` says that each good time came with its own offset."""

    ns: np.ndarray
    good: np.ndarray
    own: bool


@dataclass(frozen=True, slots=True)
class Form:
    """How a column's times are written. `unsure`: day and month may also be the other way round."""

    name: str
    zoned: bool
    unsure: bool = False


def read(texts: pa.Array, form: str, zone: str) -> Read:
    """A column of texts as times; InvalidInput for a form or zone that is none."""
    if form not in FORMS:
        raise InvalidInput(f'"{form[:20]}" is no form of time', "time.form", f"use {', '.join(FORMS)}", "time-form")
    offset_s = check_zone(zone)
    if form in EPOCHS:
        return _numbers(texts, EPOCHS[form])
    if form == "excel":
        found = _days(texts)
        return Read(_to_utc(found.ns, found.good, zone, offset_s), found.good, False)
    return _written(texts, form, zone, offset_s)


def check_zone(zone: str) -> int | None:
    """Seconds east of UTC for "+08:00", None for a zone by name; InvalidInput for what is neither."""
    fixed = _OFFSET.fullmatch(zone.strip())
    if fixed is not None and int(fixed[2]) <= 14:
        return (int(fixed[2]) * 3_600 + int(fixed[3] or 0) * 60) * (1 if fixed[1] == "+" else -1)
    if zone in ("UTC", "GMT", "Z"):
        return 0
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        mend = Said(
            "请写 Asia/Shanghai、Europe/Berlin 之类的名称，或 +08:00 之类的偏移",
            "write a name like Asia/Shanghai or Europe/Berlin, or an offset like +08:00",
        )
        what = Said(f"“{zone[:40]}”不是时区", f'"{zone[:40]}" is no time zone')
        raise InvalidInput(what, "time.zone", mend, "time-zone") from error
    return None


def of_timestamps(column: pa.Array, zone: str) -> Read:
    """A column that holds times already (Parquet): without a zone of its own it is wall time in `zone`."""
    good = column.is_valid().to_numpy(zero_copy_only=False)
    try:
        ns = pc.fill_null(column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64()), 0).to_numpy()
    except pa.ArrowInvalid as error:
        what = Said("有时间超出 1678 至 2262 年", "a time lies outside 1678 … 2262")
        raise InvalidInput(what, "time", Said("请修正文件", "mend the file"), "time-range") from error
    if column.type.tz:
        return Read(ns, good, True)
    return Read(_to_utc(ns, good, zone, check_zone(zone)), good, False)


def find(texts: Sequence[str], name: str = "") -> Form | None:
    """The form that fits these cells best; None where they are no times. `name` is the column's."""
    filled = [text.strip() for text in texts if text and text.strip()]
    if not filled:
        return None
    array = pa.array(filled, pa.string())
    share = SHARE_NAMED_MIN if is_named_so(name) else SHARE_MIN
    for form in DATES:
        found = read(array, form, "UTC")
        if found.good.mean() >= share and not (form == "compact" and not is_named_so(name)):
            zoned = bool(pc.any(pc.match_substring_regex(array, r"(Z|UTC|[+-]\d{2}:\d{2}|\d[+-]\d{4})$")).as_py())
            other = {"dmy": "mdy", "mdy": "dmy"}.get(form)
            unsure = other is not None and bool(read(array, other, "UTC").good.mean() >= share)
            return Form(form, (zoned and form != "compact") or found.own, unsure)
    return _found_number(filled, name)


def is_named_so(name: str) -> bool:
    """Whether a column's name speaks of time."""
    return bool(re.search(r"time|date|stamp|zeit|datum|时间|日期|时刻|^ts$|^t$", name, re.IGNORECASE))


def _found_number(filled: Sequence[str], name: str) -> Form | None:
    try:
        numbers = np.array([float(text) for text in filled])
    except ValueError:
        return None
    if not np.isfinite(numbers).all():
        return None
    low, high = _EPOCH_RANGE_S
    for form, ns in EPOCHS.items():
        seconds = numbers * (ns / NS_PER_S)
        if ((seconds > low) & (seconds < high)).all() and (is_named_so(name) or bool((np.diff(numbers) >= 0).all())):
            return Form(form, zoned=True)
    days = numbers - EXCEL_EPOCH_DAYS
    if is_named_so(name) and ((days > low / 86_400) & (days < high / 86_400)).all():
        return Form("excel", zoned=False)
    return None


def _numbers(texts: pa.Array, ns: int) -> Read:
    """Whole steps of `ns` since 1970 with decimals, exact to the nanosecond."""
    parts = pc.extract_regex(pc.utf8_trim_whitespace(texts), pattern=r"^(?P<w>\d{1,18})(?:\.(?P<f>\d{1,9})\d*)?$")
    good = parts.is_valid().to_numpy(zero_copy_only=False)
    counted = _whole(parts, "w")
    good &= counted < 2**63 // ns - 1
    return Read(np.where(good, counted * ns + _fraction(parts) * ns // NS_PER_S, 0), good, True)


def _days(texts: pa.Array) -> Read:
    """Days since the epoch of spreadsheets, to the ms: a double of days holds no finer steps."""
    trimmed = pc.utf8_trim_whitespace(texts)
    fits = pc.fill_null(pc.match_substring_regex(trimmed, r"^\d{1,6}(\.\d{1,15})?$"), False)
    days = pc.if_else(fits, trimmed, "0").cast(pa.float64()).to_numpy() - EXCEL_EPOCH_DAYS
    good = fits.to_numpy(zero_copy_only=False) & (days >= 0) & (days < 106_000)
    return Read(np.round(np.where(good, days, 0) * 86_400_000).astype(np.int64) * 1_000_000, good, False)


def _written(texts: pa.Array, form: str, zone: str, offset_s: int | None) -> Read:
    parts = pc.extract_regex(pc.utf8_trim_whitespace(texts), pattern=PATTERNS[form])
    good = parts.is_valid().to_numpy(zero_copy_only=False)
    year, month, day = (_whole(parts, name) for name in ("y", "mo", "d"))
    hour, minute, second = (_whole(parts, name) for name in ("h", "mi", "s"))
    half = pc.utf8_upper(pc.fill_null(pc.struct_field(parts, "ap"), ""))
    after = pc.is_in(half, pa.array(["PM", "下午"])).to_numpy(zero_copy_only=False)
    before = pc.is_in(half, pa.array(["AM", "上午"])).to_numpy(zero_copy_only=False)
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    good &= (year >= YEAR_RANGE[0]) & (year <= YEAR_RANGE[1]) & ~((after | before) & (hour > 12))
    hour = np.where(after & (hour < 12), hour + 12, np.where(before & (hour == 12), 0, hour))
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(good, day - 1, 0)
    good &= days.astype("datetime64[M]") == months  # 31 April is no day
    seconds = hour * 3_600 + minute * 60 + second
    ns = days.astype(np.int64) * DAY_NS + seconds * NS_PER_S + _fraction(parts)
    ns = np.where(good, ns, 0)
    written = pc.fill_null(pc.struct_field(parts, "z"), "")
    zoned = pc.not_equal(written, "").to_numpy(zero_copy_only=False)
    utc = _to_utc(ns, good & ~zoned, zone, offset_s) if not zoned.all() else ns
    if zoned.any():
        utc = np.where(zoned, ns - _offsets(written) * NS_PER_S, utc)
    return Read(utc, good, bool(good.any() and zoned[good].all()))


def _whole(parts: pa.Array, name: str) -> np.ndarray:
    column = pc.fill_null(pc.struct_field(parts, name), "")
    return pc.if_else(pc.equal(column, ""), "0", column).cast(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _fraction(parts: pa.Array) -> np.ndarray:
    column = pc.utf8_rpad(pc.fill_null(pc.struct_field(parts, "f"), ""), width=9, padding="0")
    return column.cast(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _offsets(written: pa.Array) -> np.ndarray:
    """Seconds east of UTC, looked up once for each distinct text."""
    coded = written.dictionary_encode()
    known = np.array([check_zone(text) or 0 if text not in ("", "Z") else 0 for text in coded.dictionary.to_pylist()])
    return known[coded.indices.to_numpy()]  # type: ignore[no-any-return]


def _to_utc(ns: np.ndarray, good: np.ndarray, zone: str, offset_s: int | None) -> np.ndarray:
    """Wall time to UTC. The hour that a clock change brings twice is the earlier one; one that it skips moves on."""
    if offset_s is not None:
        return ns - offset_s * NS_PER_S
    wall = pa.array(np.where(good, ns, 0)).cast(pa.timestamp("ns"))
    there = pc.assume_timezone(wall, zone, ambiguous="earliest", nonexistent="latest")
    return there.cast(pa.int64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def wall_clock(at: datetime, zone: str) -> str:
    """An instant as a clock in the zone shows it."""
    offset_s = check_zone(zone)
    there = timezone(timedelta(seconds=offset_s)) if offset_s is not None else zoneinfo.ZoneInfo(zone)
    return at.astimezone(there).strftime("%Y-%m-%d %H:%M:%S")
