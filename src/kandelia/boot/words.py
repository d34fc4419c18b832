"""Names that the start and the records' first filling share; imports no framework."""

ADMINISTRATOR = "administrator"
PASSWORD_SECRET = "administrator-password"  # noqa: S105 — the name of the file, not the password
