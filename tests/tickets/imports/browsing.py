"""What a test does with the pages of imports, and what it reads there."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.tickets.importers.servicenow.logs import log, ticket_log
from tickets.models import ImportRun, Ticket

MAPPING = """source = "city"
delimiter = ";"
moments = ["%Y-%m-%d %H:%M"]

[fields]
id = "Key"
subject = "What"
created_at = "Opened"
resolved_at = "Ended"
"""


def incidents(count: int = 3) -> bytes:
    return log(*(row for number in range(1, count + 1) for row in ticket_log(f"INC{number}"))).encode()


def page_of(run: ImportRun, name: str = "change") -> str:
    return reverse(f"admin:tickets_importrun_{name}", args=[run.pk])


def send(site, content: bytes, *, name: str = "incidents.csv", kind: str = "servicenow", **fields):
    """The answer to an upload."""
    form = {"file": SimpleUploadedFile(name, content), "time_zone": "Europe/Berlin", **fields}
    return site.post(reverse("admin:tickets_importrun_add") + f"?format={kind}", form)


def press(site, run: ImportRun, do: str, **fields):
    return site.post(page_of(run), {"time_zone": run.time_zone, "do": do, **fields})


def account_of(site, run: ImportRun) -> list[list[str]]:
    content = b"".join(site.get(page_of(run, "account")).streaming_content)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def numbers() -> set[str]:
    return set(Ticket.objects.values_list("external_id", flat=True))
