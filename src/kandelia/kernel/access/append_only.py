"""Makes the database itself refuse to change or remove audit rows, whoever asks."""

from typing import Any

TABLE = "access_auditentry"
WORDS = "the audit is append-only"
_ABORT = f"ON {TABLE} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS audit_keeps_rows BEFORE DELETE {_ABORT}",
    f"CREATE TRIGGER IF NOT EXISTS audit_keeps_words BEFORE UPDATE {_ABORT}",
)
SQLITE_RELEASE = ("DROP TRIGGER IF EXISTS audit_keeps_rows", "DROP TRIGGER IF EXISTS audit_keeps_words")
POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
    f"DROP TRIGGER IF EXISTS audit_keeps_rows ON {TABLE}",
    f"CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)
POSTGRESQL_RELEASE = (f"DROP TRIGGER IF EXISTS audit_keeps_rows ON {TABLE}",)


def guard(connection: Any) -> None:
    """From now on the table takes new rows and nothing else."""
    _run(connection, {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor])


def release(connection: Any) -> None:
    """Undo `guard`: for migrating backwards, and for test databases that are emptied between tests."""
    _run(connection, {"sqlite": SQLITE_RELEASE, "postgresql": POSTGRESQL_RELEASE}[connection.vendor])


def _run(connection: Any, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
