"""The files that tickets can be imported from, by the name each goes by on the command line."""

from tickets.importers import freshdesk, generic, jsonl, servicenow, zendesk
from tickets.importers.base import Format

FORMATS: dict[str, Format] = {
    "freshdesk": freshdesk.FORMAT,
    "servicenow": servicenow.FORMAT,
    "zendesk": zendesk.FORMAT,
    "csv": generic.FORMAT,
    "jsonl": jsonl.FORMAT,
}
