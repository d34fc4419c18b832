# ruff: noqa: S608 (every piece of SQL here is a constant of this module; values travel as typed parameters)
"""The SQL of every question. Values travel as typed parameters; no text from outside stands in it.

Clashing rows are adjacent in the stated order, so the row that counts is the one whose next has another time;
repeats fall away the same way.
"""

ORDER = "signal, time, sequence, kind, value, integer, text, quality"
ORDER_NEWEST = ", ".join(part + " DESC" if part != "signal" else part for part in ORDER.split(", "))
ROW = "signal, time, lag_ms, quality, kind, value, integer, text, sequence"
OF_SIGNALS = "signal IN {signals:Array(UInt32)}"
IN_WINDOW = f"""{OF_SIGNALS}
    AND time >= fromUnixTimestamp64Nano({{start:Int64}}, 'UTC')
    AND time < fromUnixTimestamp64Nano({{end:Int64}}, 'UTC')"""
RAW = f"SELECT {ROW} FROM samples FINAL WHERE {IN_WINDOW} ORDER BY {ORDER}"
RAW_FIRST = RAW + " LIMIT {limit:UInt64} BY signal"
RAW_NEWEST = f"SELECT {ROW} FROM samples FINAL WHERE {IN_WINDOW} ORDER BY {ORDER_NEWEST}"
RAW_NEWEST_FIRST = RAW_NEWEST + " LIMIT {limit:UInt64} BY signal"

_NEXT = f"""OVER (PARTITION BY signal ORDER BY {ORDER.removeprefix("signal, ")}
            ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)"""
_USABLE = "(quality < 0x8000 AND kind != 0)"
_COLUMNS = f"""signal, toUnixTimestamp64Nano(time) AS t, intDiv(t - {{origin:Int64}}, {{bucket:Int64}}) AS bucket,
        if(kind = 1, value, toFloat64(integer)) AS number, quality AS q,
        {_USABLE} AS usable, ({_USABLE} AND kind != 4) AS numeric"""
# Bare sums only: what is null and what is a time is settled by the caller, because planning an expression costs more
# than computing it over the rows of a screen.
_SUMS = """SELECT signal, bucket, countIf(usable) AS count, count() AS rows,
    countIf(usable AND q >= 0x4000) AS uncertain, countIf(numeric) AS numbers,
    minIf(number, numeric) AS min, maxIf(number, numeric) AS max,
    sumIf(number, numeric) AS total, argMinIf(number, t, numeric) AS first, argMaxIf(number, t, numeric) AS last,
    minIf(t, usable) AS first_time, maxIf(t, usable) AS last_time"""
_BY_BUCKET = "GROUP BY signal, bucket ORDER BY signal, bucket"
# Without clashes each time stands once. The rare bucket where one stands twice says so and is asked again exactly:
# to look at the neighbour of every row takes three times as long.
AGGREGATE = f"""{_SUMS}, arrayUniq(groupArray(t)) AS times
FROM (SELECT {_COLUMNS} FROM samples FINAL WHERE {IN_WINDOW}) {_BY_BUCKET}"""
_LAST_OF_EACH_TIME = f"""(SELECT * FROM (
        SELECT {_COLUMNS}, leadInFrame(t, 1, toInt64(-1)) {_NEXT} AS next FROM samples WHERE {IN_WINDOW}
    ) WHERE next != t)"""
AGGREGATE_EXACT = f"{_SUMS}, count() AS times FROM {_LAST_OF_EACH_TIME} {_BY_BUCKET}"
# `area` and `covered_ns` hold what rows of the bucket cover inside it; what is carried in from before is added
# by the caller, who knows `head` (the first row's time) and the last row of the bucket before.
_COVER = """(least(if(next < 0, {end:Int64}, next), {origin:Int64} + (bucket + 1) * {bucket:Int64}, {end:Int64}) - t)"""
WEIGHTED = f"""{_SUMS}, count() AS times,
    sumIf(number * (cover / 1e9), numeric) AS area, sumIf(cover, numeric) AS covered_ns,
    min(t) AS head, argMax(number, t) AS tail, argMax(numeric, t) AS tail_numeric
FROM (SELECT *, {_COVER} AS cover FROM {_LAST_OF_EACH_TIME}) {_BY_BUCKET}"""

# A row belongs to the first instant at or after it; the last row of a cell stands for the cell.
AS_OF = f"""SELECT signal, cell, time, lag_ms, quality, kind, value, integer, text, sequence FROM (
    SELECT {ROW}, intDiv(toUnixTimestamp64Nano(time) - {{origin:Int64}} + {{step:Int64}} - 1, {{step:Int64}}) AS cell,
        leadInFrame(cell, 1, toInt64(-1)) {_NEXT} AS next
    FROM samples WHERE {IN_WINDOW}
) WHERE next != cell ORDER BY signal, cell"""

_OF_NEWEST = """signal, newest.1 AS time, newest.8 AS lag_ms, newest.7 AS quality, newest.3 AS kind, newest.4 AS value,
    newest.5 AS integer, newest.6 AS text, newest.2 AS sequence"""
_NEWEST = "(time, sequence, kind, value, integer, text, quality, lag_ms)"
LATEST_ALL = (
    f"SELECT {_OF_NEWEST} FROM (SELECT signal, max(newest) AS newest FROM latest GROUP BY signal) ORDER BY signal"
)
LATEST = LATEST_ALL.replace("FROM latest", f"FROM latest WHERE {OF_SIGNALS}")
NEWEST_IN_WINDOW = f"""SELECT {_OF_NEWEST} FROM (
    SELECT signal, max({_NEWEST}) AS newest FROM samples WHERE {IN_WINDOW} GROUP BY signal) ORDER BY signal"""

SIZE = """SELECT toUInt8(extract(partition, '(\\\\d+)')) AS retention, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts WHERE active AND database = currentDatabase() AND table = 'samples'
GROUP BY retention ORDER BY retention"""
MONTHS = """SELECT DISTINCT partition_id AS id, toUInt32(extract(partition, ',(\\\\d+)')) AS month FROM system.parts
WHERE active AND database = currentDatabase() AND table = 'samples'
    AND toUInt8(extract(partition, '(\\\\d+)')) = {retention:UInt8} ORDER BY month"""
DELETE = f"DELETE FROM samples WHERE {IN_WINDOW}"
FORGET_LATEST = f"DELETE FROM latest WHERE {OF_SIGNALS}"
RENEW_LATEST = f"""INSERT INTO latest SELECT signal, max({_NEWEST}) FROM samples
WHERE {OF_SIGNALS} GROUP BY signal"""
SIGNALS_OF_PARTITION = "SELECT DISTINCT signal FROM samples WHERE _partition_id = {id:String} ORDER BY signal"
