"""The mapping: every fault in it is a sentence that names the key."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from tests.tickets.importers.generic.rows import FIELDS, HEAD, MINIMUM
from tickets.choices import Channel, Status
from tickets.importers.files import FileError
from tickets.models import Ticket

_UNKNOWN = ["source = 1", 'source = "Shop"', 'source = ""', f'source = "{"x" * 31}"', 'source = "-a"']


@pytest.mark.parametrize("line", _UNKNOWN)
def test_source_is_a_plain_short_name(take, mapping, line):
    mapping.write_text(HEAD.replace('source = "shop"', line) + FIELDS)

    with pytest.raises(FileError, match=r"^The mapping's “source” must be a name of at most 30 of a-z, 0-9 and -"):
        take({})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('source = "shop"', ""), "The mapping lacks “source”."),
        (('id = "No"', ""), "The mapping lacks “fields.id”."),
        (('id = "No"', "id = 3"), "The mapping's “fields.id” must be the name of a column or a table."),
        (('id = "No"', 'id = ""'), "The mapping's “fields.id.column” must be a text that is not empty."),
        (
            ('id = "No"', 'id = { constant = "1" }'),
            "The mapping's “fields.id.constant” is not known. What can stand there: column.",
        ),
        (
            ('team = "Group"', 'team = { column = "Group", colour = "red" }'),
            "The mapping's “fields.team.colour” is not known. What can stand there: column, constant, default.",
        ),
        (
            ('team = "Group"', 'team = { column = "Group", constant = "A" }'),
            "The mapping's “fields.team” needs one of column or constant, and only one.",
        ),
        (
            ('team = "Group"', 'team = { default = "A" }'),
            "The mapping's “fields.team” needs one of column or constant, and only one.",
        ),
        (
            ('subject = "About"', 'subject = { template = "no column" }'),
            'The mapping\'s “fields.subject.template” must be a text with columns in braces, such as "{Type}: '
            '{Descriptor}".',
        ),
        (
            ('"1" = "urgent"', '"1" = "very urgent"'),
            "The mapping's “fields.priority.map.1” must be one of low, normal, high, urgent.",
        ),
        (
            ('"Mail" = "email"', '"Mail" = "email", "MAIL" = "web"'),
            "The mapping's “fields.channel.map” has “MAIL” twice; large and small letters are the same.",
        ),
        (
            ('status = "State"', 'status = { column = "State", default = "gone" }'),
            "The mapping's “fields.status.default” must be one of new, open, pending, on_hold, resolved, closed.",
        ),
        (
            ('status = "State"', 'status = { constant = "open", map = {} }'),
            "The mapping's “fields.status.map” says what cells mean; a constant has none.",
        ),
        (('missing = ["-"]', 'missing = "-"'), "The mapping's “missing” must be a list of texts."),
        (
            ('"%d.%m.%Y"', '"%H:%M"'),
            "The mapping's “moments” has “%H:%M”, which tells no moment. A pattern has at least %Y (or %y), %m (or "
            "%b, %B) and %d; iso and epoch stand alone.",
        ),
        (
            ('missing = ["-"]', 'time_zone = "Berlin"'),
            "The mapping's “time_zone”: “Berlin” is not a time zone. Use a name such as Europe/Berlin.",
        ),
        (
            ('missing = ["-"]', 'delimiter = ";;"'),
            'The mapping\'s “delimiter” must be one character, such as "," or ";" or "\\t".',
        ),
        (
            ('missing = ["-"]', 'encoding = "base64"'),
            "The mapping's “encoding” must be the name of an encoding, such as utf-8 or cp1252.",
        ),
        (
            ('missing = ["-"]', 'ignore_before = "2000-01-01"'),
            "The mapping's “ignore_before” must be a date without quotation marks, such as 2000-01-01.",
        ),
        (('tags = "Words"', 'tags = { column = "Words", separator = "" }'),
         "The mapping's “fields.tags.separator” must be a text that is not empty."),
        (('team = "Group"', 'team = "Grupe"'), "The file lacks columns in its first line: grupe."),
    ],
)  # fmt: skip
def test_mapping_is_refused_with_a_sentence_that_names_the_key(take, mapping, change, sentence):
    text = HEAD + FIELDS
    assert text.count(change[0]) == 1
    mapping.write_text(text.replace(*change))

    with pytest.raises(FileError) as refusal:
        take({})

    assert str(refusal.value) == sentence
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("extra", "key"), [("colour = 1", "colour"), ("[fields.colour]\ncolumn = 'No'", "fields.colour")]
)
def test_keys_nobody_knows_are_refused(take, mapping, extra, key):
    mapping.write_text(f"{extra}\n{HEAD}{FIELDS}" if "[" not in extra else f"{HEAD}{FIELDS}\n{extra}")

    with pytest.raises(FileError, match=f"^The mapping's “{key}” is not known. What can stand there: "):
        take({})


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"a = 1\na = 2", b"[" * 5000, b"#" * 1_000_001])
def test_what_is_no_mapping_is_refused_with_a_sentence(take, mapping, content):
    mapping.write_bytes(content)

    with pytest.raises(FileError, match=r"^The (mapping|file “mapping”) "):
        take({})


def test_header_with_a_column_twice_is_refused(take, mapping):
    mapping.write_text(HEAD + MINIMUM)

    with pytest.raises(FileError, match="twice in its first line: about"):
        take(text="No,About,ABOUT,Opened\n1,a,b,02.03.2026\n")


def test_command_needs_a_mapping(db, tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("No\n1\n")

    with pytest.raises(CommandError, match="“mapping” is missing"):
        call_command("import_tickets", "csv", str(path))


def test_example_in_the_docs_is_a_mapping(db, tmp_path, settings):
    path = tmp_path / "complaints.csv"
    columns = [
        "Unique Key", "Created Date", "Closed Date", "Agency", "Complaint Type", "Descriptor", "Location Type",
        "Status", "Resolution Action Updated Date", "Borough", "Open Data Channel Type",
    ]  # fmt: skip
    cells = ["1", "03/02/2026 01:02:03 PM", "", "DOHMH", "Illegal Animal", "Rooster", "Store", "Open", "", "", "PHONE"]
    path.write_text("\n".join([",".join(columns), ",".join(cells)]))
    example = settings.BASE_DIR / "docs" / "examples" / "nyc311.toml"

    call_command("import_tickets", "csv", str(path), "--with", f"mapping={example}", verbosity=0)

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.status, ticket.channel) == ("Illegal Animal: Rooster", Status.OPEN, Channel.PHONE)
    assert ticket.created_at == datetime(2026, 3, 2, 13, 2, 3, tzinfo=ZoneInfo("America/New_York"))
