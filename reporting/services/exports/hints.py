"""Telling the workers that an export waits."""

from uuid import UUID

from memberpulse.hints import announce


def hint(export_id: UUID) -> None:
    """Returns at once and never raises."""
    announce("reporting.tasks.build_export", export_id)
