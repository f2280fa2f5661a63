"""Schedules: reports that are sent by themselves, again and again.

A run is a row made once for each due moment. Each recipient gets an export of their own, in their own scope, which from
then on goes the way of all exports. keeping - running (with mails).
"""

from reporting.services.schedules.keeping import (
    NAME_AT_MOST,
    RECIPIENTS_AT_MOST,
    Wish,
    delete,
    pause,
    people_for,
    resume,
    save_schedule,
    send_preview,
)
from reporting.services.schedules.running import runs_with_outcome, sweep

__all__ = [
    "NAME_AT_MOST",
    "RECIPIENTS_AT_MOST",
    "Wish",
    "delete",
    "pause",
    "people_for",
    "resume",
    "runs_with_outcome",
    "save_schedule",
    "send_preview",
    "sweep",
]
