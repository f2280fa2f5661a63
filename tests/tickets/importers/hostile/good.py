"""A good file of each format, for something to be done to it."""

import json
from zoneinfo import ZoneInfo

import pytest

from tests.tickets.importers.freshdesk import rows as freshdesk
from tests.tickets.importers.jsonl import lines as jsonl
from tests.tickets.importers.servicenow import logs as servicenow
from tests.tickets.importers.zendesk import tickets as zendesk
from tickets.importers.base import Account
from tickets.models import Ticket

ZONE = ZoneInfo("UTC")


def servicenow_file(*numbers: str) -> bytes:
    return servicenow.log(*(row for number in numbers for row in servicenow.ticket_log(number))).encode()


def freshdesk_file(*numbers: str) -> bytes:
    return freshdesk.export(*(freshdesk.row(Ticket_ID=number) for number in numbers)).encode()


def csv_file(*numbers: str) -> bytes:
    return "".join(f"{number},Printer,2024-03-04 09:00\n" for number in ("No", *numbers)).encode()


MAPPING = """
source = "shop"
moments = ["%Y-%m-%d %H:%M"]
[fields]
id = "No"
subject = "Printer"
created_at = "2024-03-04 09:00"
"""


def jsonl_file(*numbers: str) -> bytes:
    tickets = [{**jsonl.OTHER, "number": int(number), "external_id": number} for number in numbers]
    return "".join(json.dumps(line) + "\n" for line in [*jsonl.WHOLE[:6], *tickets, jsonl.END]).encode()


def zendesk_file(*numbers: str) -> bytes:
    return json.dumps({"tickets": [zendesk.ticket(number) for number in numbers]}).encode()


# A good file of each format, with tickets of these numbers.
GOOD = {
    "csv": csv_file,
    "freshdesk": freshdesk_file,
    "jsonl": jsonl_file,
    "servicenow": servicenow_file,
    "zendesk": zendesk_file,
}
every_format = pytest.mark.parametrize("kind", GOOD)


def numbers() -> list[str]:
    return sorted(Ticket.objects.values_list("external_id", flat=True))


def reasons(account: Account) -> list[str]:
    return sorted(account.refused)
