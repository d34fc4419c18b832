"""Finding records by their words: FTS5 on SQLite, tsvector on PostgreSQL, the same tokens and answers on both."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from kandelia.kernel.records.logic.terms import mark, phrases
from kandelia.kernel.records.models import Entry

SQLITE = (
    "CREATE VIRTUAL TABLE records_search USING fts5(search, content='records_entry', content_rowid='id', "
    "tokenize='ascii', prefix='6')",
    "CREATE TRIGGER records_search_new AFTER INSERT ON records_entry BEGIN "
    "INSERT INTO records_search(rowid, search) VALUES (new.id, new.search); END",
    "CREATE TRIGGER records_search_gone AFTER DELETE ON records_entry BEGIN "
    "INSERT INTO records_search(records_search, rowid, search) VALUES ('delete', old.id, old.search); END",
    "CREATE TRIGGER records_search_changed AFTER UPDATE OF search ON records_entry WHEN old.search IS NOT new.search "
    "BEGIN INSERT INTO records_search(records_search, rowid, search) VALUES ('delete', old.id, old.search); "
    "INSERT INTO records_search(rowid, search) VALUES (new.id, new.search); END",
)
SQLITE_BACK = (
    *(f"DROP TRIGGER IF EXISTS records_search_{name}" for name in ("new", "gone", "changed")),
    "DROP TABLE IF EXISTS records_search",
)
POSTGRESQL = (
    "ALTER TABLE records_entry ADD COLUMN search_vector tsvector "
    "GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search)) STORED",
    "CREATE INDEX records_search ON records_entry USING gin (search_vector)",
)
POSTGRESQL_BACK = ("ALTER TABLE records_entry DROP COLUMN IF EXISTS search_vector",)


def build(connection: Any, *, back: bool = False) -> None:
    """Make (or take back) the index of words; for the migration."""
    made = {"sqlite": (SQLITE, SQLITE_BACK), "postgresql": (POSTGRESQL, POSTGRESQL_BACK)}[connection.vendor]
    with connection.cursor() as cursor:
        for statement in made[back]:
            cursor.execute(statement)


def matching(
    rows: QuerySet[Entry], text: str, marks: Iterable[tuple[str, str]] = (), *, type: str = "", most: int = 0
) -> QuerySet[Entry]:
    """Those of `rows` that hold every word of `text`; `marks` (kind, value) narrow the search by any of them,
    `type` to one. With `most` the index tells no more than so many: for counting what its words and marks alone decide.
    """
    asked = phrases(text)
    if not asked:
        return rows.none() if text.strip() else rows
    asked = [*asked, ((mark("t", type),), False)] if type else asked
    words, column = _words(asked, [mark(*one) for one in marks])
    column += " LIMIT %s" if most else ""
    return rows.filter(id__in=RawSQL(column, [words, most] if most else [words]))  # noqa: S611  tokens of our making


def _words(asked: list[tuple[tuple[str, ...], bool]], marks: list[str]) -> tuple[str, str]:
    if connection.vendor == "sqlite":
        parts = [f'"{" ".join(tokens)}"{" *" if prefix else ""}' for tokens, prefix in asked]
        parts += [f"({' OR '.join(marks)})"] if marks else []
        return " AND ".join(parts), "SELECT rowid FROM records_search WHERE records_search MATCH %s"
    parts = [" <-> ".join(f"'{token}'" for token in tokens) + (":*" if prefix else "") for tokens, prefix in asked]
    parts = [f"({part})" for part in parts] + ([f"({' | '.join(marks)})"] if marks else [])
    return " & ".join(parts), "SELECT id FROM records_entry WHERE search_vector @@ to_tsquery('simple', %s)"
