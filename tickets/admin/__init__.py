"""The room's pages in the admin, one file for each thing they are about."""

from tickets.admin import rules, tickets

__all__ = ["rules", "tickets"]
