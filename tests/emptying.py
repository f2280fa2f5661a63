"""Making a test database one that Django can empty after each test with real transactions."""

import importlib

from django.db import connection

append_only = importlib.import_module("accounts.migrations.0008_audit_append_only")
_NO_DELETION = "accounts_audit_no_delete"


def let_rows_of_the_audit_log_go() -> None:
    """On PostgreSQL they go by TRUNCATE, which the log lets pass; on SQLite by DELETE, which it does not."""
    if connection.vendor == "sqlite":
        connection.cursor().execute(f"DROP TRIGGER IF EXISTS {_NO_DELETION}")


def keep_rows_of_the_audit_log() -> None:
    """As the product does; undone at the end of the transaction."""
    if connection.vendor == "sqlite":
        connection.cursor().execute(append_only.SQLITE[_NO_DELETION])
