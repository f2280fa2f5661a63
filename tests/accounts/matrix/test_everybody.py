"""The capabilities matrix at the edge: everybody at every address by every method, against the table of the oracle.

One desk for all of it, in one transaction; whatever a cell does is taken back before the next.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from django.test import override_settings

from accounts.capabilities import Capability
from accounts.models import AuditEvent, AuditKind
from tests.accounts.matrix.cells import ADDRESSES, Cell, _is_telling, cells_of, every_cell, things_for
from tests.accounts.matrix.desk import CONTENT, Desk, make_desk
from tests.oracle import access as oracle
from tests.oracle.access import Expected

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    here = {
        "EXPORT_DIR": folder / "exports",
        "IMPORT_DIR": folder / "imports",
        "OUTBOX_DIR": folder / "mail",
        "CELERY_BROKER_URL": "memory://",
        "SNAPSHOT_DATABASE": "default",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
    # What is refused is logged, each with where it was raised: thousands of times here.
    logging.disable()
    with django_db_blocker.unblock(), override_settings(**here), transaction.atomic():
        here["EXPORT_DIR"].mkdir()
        yield make_desk()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


# --- What came out ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]
    refusals: list[AuditEvent]


def answer(cell: Cell, desk: Desk) -> Answer:
    path, client = cell.path(desk), desk.clients[cell.somebody.name]
    cookies = client.cookies.copy()
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[:1].get()
    with transaction.atomic():
        response = getattr(client, cell.method.lower())(path, cell.body(), **cell.options)
        rows = list(AuditEvent.objects.filter(pk__gt=before, kind=AuditKind.REFUSED))
        transaction.set_rollback(True)
    client.cookies = cookies
    _mend_file(cell, desk)
    body = b"".join(response).decode()
    headers = dict(response.headers)
    own = headers.pop("X-Request-ID")
    return Answer(response.status_code, body.replace(own, "-"), headers, rows)


def _mend_file(cell: Cell, desk: Desk) -> None:
    """A deleted file does not come back with the transaction."""
    if cell.line.thing == "export" and cell.thing.owner == cell.somebody.name:
        desk.files[cell.somebody.name].write_bytes(CONTENT)


def faults_of(cell: Cell, answer: Answer, desk: Desk) -> Iterator[str]:
    wanted = cell.expected
    if answer.status != wanted.status:
        yield f"{cell}: {answer.status} instead of {wanted.status}"
        return
    if wanted.names and cell.method != "HEAD" and not _names(answer.body, wanted.names):
        yield f"{cell}: the refusal does not name {wanted.names}"
    yield from _audit_faults(cell, answer.refusals, wanted, desk)


def _names(body: str, capability: str) -> bool:
    return capability in body or f"“{Capability(capability).label}”" in body.replace("&amp;", "&")


def _audit_faults(cell: Cell, rows: list[AuditEvent], wanted: Expected, desk: Desk) -> Iterator[str]:
    if len(rows) != wanted.is_written_down:
        yield f"{cell}: {len(rows)} rows in the audit log instead of {int(wanted.is_written_down)}"
    for row in rows:
        person = desk.people[cell.somebody.name]
        told = (row.actor_id, row.actor, row.subject, row.details["status"])
        if told != (person.pk, person.email, f"{cell.method} {cell.path(desk)}", wanted.status):
            yield f"{cell}: the audit log says {told}"
        if row.details["capability"] != wanted.names:
            yield f"{cell}: the audit log names {row.details['capability']!r} instead of {wanted.names!r}"


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_everybody_gets_what_the_table_says(address, desk):
    faults = [fault for cell in cells_of(address) for fault in faults_of(cell, answer(cell, desk), desk)]

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:40]])


# --- What a refusal gives away ----------------------------------------------------------------------------------------

ONLOOKERS = {"customer in 0", "lead in 1", "lead in 1 staff", "who may look"}
HIDDEN = [address for address in ADDRESSES if oracle.line_of(address.name, address.route).thing not in ("", "app")]


@pytest.mark.parametrize("address", HIDDEN, ids=lambda address: address.name)
def test_what_is_foreign_is_absent_to_the_letter(address, desk):
    """But for the id of the request, the address that was asked for and the key of the page's forms."""
    alike = 0
    for foreign in every_cell(address):
        if foreign.somebody.name not in ONLOOKERS or not (_is_telling(foreign) and foreign.thing.is_there):
            continue
        absent = replace(foreign, thing=things_for(foreign.line, foreign.somebody)[-1])
        if foreign.expected.status in (302, 403, 404) and foreign.expected == absent.expected:
            alike += 1
            assert told(foreign, desk) == told(absent, desk), str(foreign)

    assert alike


def told(cell: Cell, desk: Desk) -> tuple:
    found, path = answer(cell, desk), cell.path(desk)
    headers = {name: value.replace(path, "-") for name, value in found.headers.items() if name != "Expires"}
    if "Location" in headers:
        headers["Location"] = headers["Location"].replace(str(desk.number(cell.thing)), "-")
    # Drawn anew for each page.
    body = re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", found.body)
    return found.status, body.replace(path, "-"), headers
