"""Imports that need more than a file: a mapping that is typed, other exports beside it."""

import gzip
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.tickets.importers.samples import sample_path
from tests.tickets.imports.browsing import MAPPING, account_of, numbers, page_of, press, send
from tickets.models import ImportRun, ImportState, Ticket
from tickets.services import imports
from tickets.services.imports import files

pytestmark = pytest.mark.django_db


COMPLAINTS = b"""Key;Opened;Ended;What
1;2024-03-01 09:00;2024-03-01 17:00;Noise
2;2024-03-02 09:00;;Light
"""


def test_mapping_says_which_column_is_what(site, uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping=MAPPING)

    preview = site.get(page_of(run)).context["preview"]
    assert preview["columns"] == ["Key", "Opened", "Ended", "What"]
    assert preview["rows"][0] == ["1", "2024-03-01 09:00", "2024-03-01 17:00", "Noise"]
    assert preview["mapping"] == [
        ["column “key”", "id"],
        ["column “what”", "subject"],
        ["column “opened”", "created_at"],
        ["column “ended”", "resolved_at"],
    ]
    assert [(each["id"], each["subject"], each["resolved"]) for each in preview["tickets"]] == [
        ("1", "Noise", "2024-03-01 17:00"),
        ("2", "Light", ""),
    ]
    assert run.source == "csv-city"

    press(site, run, "import", mapping=MAPPING.replace("\n", "\r\n"))
    imports.work(run.pk)
    assert set(Ticket.objects.values_list("source", "external_id")) == {("csv-city", "1"), ("csv-city", "2")}


def test_mapping_can_come_as_a_file(uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping_file=SimpleUploadedFile("city.toml", MAPPING.encode()))

    assert (run.mapping, run.preview["counts"]) == (MAPPING, {"created": 2})


WRONG_MAPPINGS = {
    "none": ("", "The file “mapping” is missing: which column is what (TOML)."),
    "no TOML": ("source = ", None),
    "no fields": ('source = "city"', "The mapping lacks “fields”."),
    "a key with a typing error": (
        MAPPING + 'agnet = "Who"\n',
        None,
    ),
    "a column that is not there": (
        MAPPING.replace('"Ended"', '"Over"'),
        "The file lacks columns in its first line: over.",
    ),
    "another delimiter": (MAPPING.replace('";"', '","'), None),
}


@pytest.mark.parametrize("which", WRONG_MAPPINGS)
def test_wrong_mapping_is_told_at_its_field_and_kept(site, uploaded, which):
    mapping, sentence = WRONG_MAPPINGS[which]

    run = uploaded(COMPLAINTS, kind="csv", mapping=mapping)
    page = site.get(page_of(run))

    form = page.context["form"]
    assert list(form.errors) == ["mapping"]
    if sentence:
        assert form.errors["mapping"] == [sentence]
    assert str(files.folder_of(run.pk)) not in page.content.decode()
    assert form["mapping"].value() == mapping
    # What the file holds is shown all the same, since that is what a mapping is made from.
    assert "2024-03-01 09:00" in page.content.decode()
    assert page.context["may_start"] is False

    press(site, run, "import", mapping=MAPPING)
    run.refresh_from_db()
    assert (run.state, run.preview["error"], run.preview["counts"]) == ("previewed", None, {"created": 2})


def test_mapping_that_is_no_text_is_told_at_its_field(site):
    response = send(site, COMPLAINTS, kind="csv", mapping_file=SimpleUploadedFile("city.toml", b"\xff\xfe\x00"))

    assert (response.status_code, response.context["form"].errors) == (
        400,
        {"mapping_file": ["This is no UTF-8 text."]},
    )


def test_what_was_typed_stays_where_something_else_is_wrong(site, uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping=MAPPING)

    page = press(site, run, "preview", time_zone="Mars", mapping="# mine\n" + MAPPING)

    assert (page.status_code, list(page.context["form"].errors)) == (400, ["time_zone"])
    assert page.context["form"]["mapping"].value() == "# mine\n" + MAPPING
    assert ImportRun.objects.get().mapping == MAPPING


ZENDESK = json.dumps(
    {
        "tickets": [
            {
                "id": 7,
                "subject": "Card declined",
                "status": "open",
                "group_id": 3,
                "created_at": "2024-03-01T09:00:00Z",
                "updated_at": "2024-03-01T09:30:00Z",
            }
        ]
    }
).encode()
GROUPS = json.dumps({"groups": [{"id": 3, "name": "Payments"}]}).encode()


def test_companions_go_with_the_file(site, uploaded):
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk", groups=SimpleUploadedFile("g/groups.json", GROUPS))

    context = site.get(page_of(run)).context
    assert [(each["id"], each["team"]) for each in context["tickets"]] == [("7", "Payments")]
    assert {each["field"].name: each["given"] for each in context["fields"]}["groups"] == "groups.json"
    press(site, run, "import")
    imports.work(run.pk)

    assert Ticket.objects.get().team.name == "Payments"


def test_companion_can_be_added_after_the_preview(site, uploaded):
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk")
    assert run.preview["tickets"][0]["team"] == "Group 3"

    press(site, run, "preview", groups=SimpleUploadedFile("groups.json", GROUPS))

    run.refresh_from_db()
    assert run.preview["tickets"][0]["team"] == "Payments"


def test_wrong_companion_is_told_at_its_field(site, uploaded):
    packed = SimpleUploadedFile("groups.json", gzip.compress(GROUPS * 50)[:-9])
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk", groups=packed)

    assert site.get(page_of(run)).context["form"].errors == {
        "groups": ["The file “groups” is damaged or cut off. Nothing of it was imported."]
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [("zendesk", "zendesk_incremental_tickets.json"), ("freshdesk", "freshdesk_export.csv")],
)
def test_sample_of_another_desk_goes_all_the_way(site, done, kind, name):
    run = done(sample_path(name).read_bytes(), name=name, kind=kind)

    assert (run.state, run.counts["created"], run.counts["refused_rows"]) == (ImportState.FINISHED, 6, 0)
    assert [row[1] for row in account_of(site, run) if row[2] == "created"] == sorted(numbers(), key=int)
