"""The room's pages in the admin, one file for each thing they are about."""

from tickets.admin import calendars, imports, surveys, targets, tickets

__all__ = ["calendars", "imports", "surveys", "targets", "tickets"]
