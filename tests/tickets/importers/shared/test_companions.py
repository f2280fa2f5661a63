"""What all importers share: files beside the file, and limits of all of them."""

import gzip
import json
import random

import pytest
from django.core.management import CommandError

from tests.tickets.importers.shared.exports import refusal, run, take, write
from tests.tickets.importers.zendesk.tickets import ticket
from tickets.importers import FORMATS
from tickets.importers.base import Companion
from tickets.importers.files import UPLOAD_LIMITS, Limits
from tickets.models import Ticket

# --- Companions -------------------------------------------------------------------------------------------------------


def test_unknown_companion_is_a_sentence(db, path):
    write(path, ticket())

    assert refusal(path, companions={"people": path}) == (
        "“people” is no companion file. Those of this format are: users, groups, organizations, ratings, metric_events."
    )
    assert refusal(path, FORMATS["servicenow"], companions={"people": path}) == (
        "“people” is no companion file. This format has none."
    )


def test_needed_companion_that_is_missing_is_a_sentence(db, path):
    kind = FORMATS["zendesk"]._replace(companions=(Companion("mapping", "which column is what", is_needed=True),))

    assert refusal(write(path, ticket()), kind) == "The file “mapping” is missing: which column is what."


def test_companion_that_cannot_be_read_is_named(db, path, tmp_path):
    write(path, ticket())
    cut_off = tmp_path / "users.json.gz"
    cut_off.write_bytes(gzip.compress(b'{"users": []}')[:-9])

    assert refusal(path, companions={"users": tmp_path / "nowhere"}) == (
        "The file “users” cannot be read: No such file or directory."
    )
    assert refusal(path, companions={"users": cut_off}) == (
        "The file “users” is damaged or cut off. Nothing of it was imported."
    )
    assert not Ticket.objects.exists()


def test_companions_on_the_command_line(db, path, tmp_path):
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"users": [{"id": 11, "name": "Alex Example"}]}))

    run("zendesk", str(write(path, ticket())), "--with", f"users={users}")

    assert Ticket.objects.get().assignee.name == "Alex Example"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--with", "users"], "“users” is no NAME=PATH, such as users=users.json."),
        (["--with", "=x"], "“=x” is no NAME=PATH, such as users=users.json."),
        (["--with", "users=a", "--with", "users=b"], "The file “users” is given twice."),
    ],
)
def test_companions_on_the_command_line_that_make_no_sense(db, path, arguments, sentence):
    with pytest.raises(CommandError) as refused:
        run("zendesk", str(write(path, ticket())), *arguments)

    assert str(refused.value).endswith(sentence)


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_file_within_the_limits_is_taken(db, path):
    account = take(write(path, ticket(), ticket(2)), limits=Limits(bytes=path.stat().st_size, rows=2, ratio=1))

    assert account.taken.created == 2


@pytest.mark.parametrize("companion", [None, "users"])
def test_too_many_bytes(db, path, tmp_path, companion):
    write(path, ticket())
    large = tmp_path / "large"
    large.write_bytes(b" " * 10_000_001)
    beside = {companion: large} if companion else {}

    name = f"The file “{companion}”" if companion else "The file"
    assert refusal(path if companion else large, companions=beside, limits=UPLOAD_LIMITS) == (
        f"{name} has more than 10 MB, packed or not. Import it in parts."
    )
    assert not Ticket.objects.exists()


def test_too_many_bytes_when_unpacked(db, path):
    # Random letters, which pack two to one.
    letters = random.Random(1).randbytes(5_500_000).hex()
    path.write_bytes(gzip.compress(b'{"tickets": [{"id": "' + letters.encode(), 1))
    assert path.stat().st_size < UPLOAD_LIMITS.bytes

    assert refusal(path, limits=UPLOAD_LIMITS) == "The file has more than 10 MB, packed or not. Import it in parts."


def test_too_many_rows(db, path):
    write(path, *(ticket(n) for n in range(1, 4)))

    assert refusal(path, limits=Limits(10**6, 2, 100)) == "The file has more than 2 rows. Import it in parts."
    assert not Ticket.objects.exists()


def test_bomb(db, path):
    path.write_bytes(gzip.compress(b'{"tickets": [' + b" " * 9_000_000 + b"]}"))

    assert (
        refusal(path, limits=UPLOAD_LIMITS) == "The file unpacks to more than 100 times its size. Import it unpacked."
    )
