"""The files that tickets can be imported from, by the name each goes by on the command line."""

from tickets.importers import servicenow
from tickets.importers.base import Format

FORMATS: dict[str, Format] = {
    "servicenow": servicenow.FORMAT,
}
