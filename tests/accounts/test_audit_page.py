"""The audit log in the portal: who sees it, what the filters leave, its pages, and the file."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role
from accounts.models import AuditEvent, AuditKind
from accounts.views import audit
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

LOG, FILE = "/audit", "/audit.csv"
NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "GET /a\r\nSet-Cookie: b",
    "\x1b[31mred",
    "a\u202eb",
    '"quoted", with; comma',
    "<img src=x onerror=alert(1)>",
]


def add(subject: str = "", *, kind: AuditKind = AuditKind.REFUSED, at: datetime | None = None, **fields) -> AuditEvent:
    return AuditEvent.objects.create(subject=subject, kind=kind, at=at or timezone.now(), **fields)


def shown(response) -> list[str]:
    return [row.event.subject for row in response.context["rows"]]


def text(response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def cells(response) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


@pytest.fixture(autouse=True)
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def administrator():
    return person_with(Role.ADMINISTRATOR, email="root@example.org", name="Rosa Root", time_zone="America/New_York")


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def only(as_administrator):
    """The log holds what the test adds, and what was there before is of kinds that it leaves out."""
    return lambda path=LOG, **params: as_administrator.get(path, {"kind": "refused", **params})


# --- Who ---


def test_administrators_see_it_and_nobody_else(client, administrator):
    people = {"anybody": None, "administrator": administrator, "customer": UserFactory()}
    people |= {role: person_with(role, TeamFactory()) for role in (Role.AGENT, Role.LEAD)}
    people |= {role: person_with(role) for role in (Role.MANAGER, Role.ANALYST)}

    answers = {}
    for name, person in people.items():
        client.logout()
        if person:
            client.force_login(person)
        answers[name] = [client.get(path).status_code for path in (LOG, f"{LOG}/", FILE)]

    assert answers.pop("administrator") == [200] * 3
    assert answers.pop("anybody") == [302] * 3
    assert set(map(tuple, answers.values())) == {(403,) * 3}


def test_the_right_to_it_on_one_team_opens_none_of_it(client):
    person = UserFactory()
    assign_perm(Capability.VIEW_AUDIT, person, TeamFactory())
    client.force_login(person)

    assert [client.get(path).status_code for path in (LOG, FILE)] == [403, 403]


def test_a_single_person_can_be_given_the_right_to_all_of_it(client):
    person = UserFactory()
    person.user_permissions.add(Permission.objects.get(codename=Capability.VIEW_AUDIT))
    client.force_login(person)

    assert client.get(LOG).status_code == 200


def test_it_stands_in_the_top_bar_of_those_who_may_see_it(as_administrator):
    places = [(place.title, place.is_on) for place in as_administrator.get(LOG).context["frame"]["places"]]

    assert ("Audit", True) in places


# --- Rows ---


def test_a_row_says_who_whom_what_when_and_where_from(only):
    add(
        "GET /audit",
        at=datetime(2026, 11, 20, 4, 30, 5, tzinfo=UTC),
        actor_id=7,
        actor="ada@example.org",
        person_id=8,
        person="eve@example.org",
        address="203.0.113.7",
        request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        details={"status": 403, "capability": "view_audit"},
    )

    seen = text(only())

    row = (
        "19 Nov 2026, 23:30:05 Refused ada@example.org eve@example.org Refused GET /audit Status 403 Capability "
        "view_audit Who ada@example.org, person 7 Whom eve@example.org, person 8 "
        "Request 7c9e6679-7425-40de-944b-e07fc1f90ae7 "
        "ada@example.org → eve@example.org · 203.0.113.7 203.0.113.7 7c9e6679-7425-40de-944b-e07fc1f90ae7"
    )
    assert seen.count(row) == 1


def test_newest_stand_first_and_the_later_written_first_among_equals(only):
    for subject in "abc":
        add(subject)
    add("older", at=NOW - timedelta(seconds=1))

    assert shown(only()) == ["c", "b", "a", "older"]


def test_colour_is_for_what_somebody_should_look_at(as_administrator):
    for kind in AuditKind:
        add(kind=kind)

    rows = as_administrator.get(LOG).context["rows"]

    assert {(row.event.kind, row.look) for row in rows if row.look} == {
        ("locked_out", "bad"),
        ("refused", "warn"),
        ("sign_in_failed", "warn"),
        ("export_refused", "warn"),
    }


def test_hostile_texts_are_text(only):
    for subject in HOSTILE:
        add(subject, actor=subject[:254], details={subject: subject})

    response = only()

    assert response.status_code == 200
    assert "<img" not in response.text


# --- Filters ---


def test_kinds_are_chosen_several_at_a_time(as_administrator):
    add("a")
    add("b", kind=AuditKind.LOCKED_OUT)
    add("c", kind=AuditKind.TOKEN_CREATED)

    assert shown(as_administrator.get(LOG, {"kind": ["refused", "locked_out"]})) == ["b", "a"]


def test_a_person_is_found_as_who_and_as_whom_by_number_and_by_address(only):
    ada = UserFactory(email="Ada@example.org")
    add("did", actor_id=ada.pk, actor="former@example.org")
    add("suffered", person_id=ada.pk, person="former@example.org")
    add("written", actor="ADA@example.org", actor_id=999)
    add("gone", person="ada@EXAMPLE.org")
    add("another", actor="ada@example.org.uk", person="xada@example.org")

    assert shown(only(person=" aDa@example.org ")) == ["gone", "written", "suffered", "did"]


def test_a_person_who_is_no_longer_there_is_found(only):
    add("did", actor="gone@example.org", actor_id=999)

    assert shown(only(person="gone@example.org")) == ["did"]


def test_wildcards_are_letters(only):
    add("a", actor="ada@example.org")

    assert [shown(only(person=text)) for text in ("%@example.org", "a_a@example.org")] == [[], []]


def test_days_are_the_readers_and_both_are_included(only):
    # Midnight in New York is 05:00 UTC, and from 1 Nov, 02:00 on, no longer 04:00.
    add("before", at=datetime(2026, 10, 31, 3, 59, 59, 999_999, tzinfo=UTC))
    add("first", at=datetime(2026, 10, 31, 4, tzinfo=UTC))
    add("last", at=datetime(2026, 11, 2, 4, 59, 59, 999_999, tzinfo=UTC))
    add("after", at=datetime(2026, 11, 2, 5, tzinfo=UTC))

    assert shown(only(**{"from": "2026-10-31", "to": "2026-11-01"})) == ["last", "first"]
    assert shown(only(**{"from": "2026-10-31"})) == ["after", "last", "first"]
    assert shown(only(to="2026-11-01")) == ["last", "first", "before"]


def test_without_dates_it_is_about_the_last_five_years(only):
    add("old", at=datetime(2021, 11, 20, 12, tzinfo=UTC))
    add("first", at=datetime(2021, 11, 21, 12, tzinfo=UTC))

    response = only()

    assert shown(response) == ["first"]
    assert "21 Nov 2021 – 20 Nov 2026, newest first" in text(response)
    assert shown(only(to="2021-11-20")) == ["old"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("203.0.113.7", ["four"]),
        ("2001:DB8:0::7", ["six"]),
        ("203.0.113.8", []),
    ],
)
def test_an_address_is_found_however_it_is_written(only, typed, found):
    add("four", address="203.0.113.7")
    add("six", address="2001:db8::7")
    add("none")

    assert shown(only(address=typed)) == found


def test_filters_add_up(only):
    add("both", actor="ada@example.org", address="203.0.113.7")
    add("one", actor="ada@example.org", address="203.0.113.8")
    add("other", actor="eve@example.org", address="203.0.113.7")

    assert shown(only(person="ada@example.org", address="203.0.113.7")) == ["both"]


BAD = [
    ({"nothing": "1"}, "nothing", "This is not a parameter."),
    ({"actor__email": "x"}, "actor__email", "This is not a parameter."),
    ({"q": "x"}, "q", "This is not a parameter."),
    ({"kind": "nothing"}, "kind", "This is not a valid choice."),
    ({"person": "ada"}, "person", "Give a whole e-mail address."),
    ({"person": "a\0@example.org"}, "person", "Give a whole e-mail address."),
    ({"person": ["a@b.org", "c@d.org"]}, "person", "Give this once."),
    ({"from": "yesterday"}, "from", "Give a day as 2026-11-21."),
    ({"from": "2026-02-30"}, "from", "Give a day as 2026-11-21."),
    ({"from": "20261101"}, "from", "Give a day as 2026-11-21."),
    ({"to": "1999-12-31"}, "to", "Give a day from 2000 to 2099."),
    ({"to": "9999-12-31"}, "to", "Give a day from 2000 to 2099."),
    ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "The first day is after the last one."),
    ({"from": "2021-11-20"}, "from", "Choose days at most 5 years apart."),
    ({"from": "2019-02-28", "to": "2024-02-29"}, "from", "Choose days at most 5 years apart."),
    ({"address": "localhost"}, "address", "Give one address, such as 203.0.113.7 or 2001:db8::7."),
    ({"address": "fe80::1%eth0"}, "address", "Give one address, such as 203.0.113.7 or 2001:db8::7."),
]
OF_THE_PAGE = [
    ({"older": "x"}, "older", "This is not a place in the log."),
    ({"newer": "1-2-3"}, "newer", "This is not a place in the log."),
    ({"older": "99999999999999999999-1"}, "older", "This is not a place in the log."),
    ({"older": "1-1", "newer": "1-1"}, "newer", "Go on to older rows or to newer ones, not to both."),
]


@pytest.mark.parametrize(("params", "field", "sentence"), BAD + OF_THE_PAGE, ids=str)
def test_what_cannot_be_used_is_said_and_stays(as_administrator, params, field, sentence):
    response = as_administrator.get(LOG, params)

    assert response.status_code == 400
    problem = response.context["filters"].problem
    assert (problem.field, problem.errors[0]["detail"]) == (field, sentence)
    assert sentence in text(response)
    for name in ("person", "from", "to", "address"):
        typed = params.get(name, "")
        kept = typed[-1] if isinstance(typed, list) else typed
        assert f'name="{name}" type="' in response.text
        assert f'value="{kept}"' in response.text
    assert "rows" not in response.context


@pytest.mark.parametrize(("params", "field", "sentence"), BAD, ids=str)
def test_the_file_is_refused_with_the_same_sentence(as_administrator, params, field, sentence):
    response = as_administrator.get(FILE, params)

    assert response.status_code == 400
    assert response.context["filters"].problem.errors[0]["detail"] == sentence
    assert not AuditEvent.objects.filter(kind=AuditKind.AUDIT_DOWNLOADED).exists()


def test_chosen_filters_are_on_in_the_page(only):
    response = only(person="ada@example.org", address="203.0.113.7")

    chips = [(chip.title, chip.text) for chip in response.context["filters"].chips]
    assert chips == [("Kind", "Refused"), ("Person", "ada@example.org"), ("Address", "203.0.113.7")]
    assert '<input type="checkbox" form="choices" name="kind" value="refused" checked>' in response.text


# --- Nothing ---


def test_an_empty_log_says_so(as_administrator, at_now):
    at_now.move_to(NOW - timedelta(days=3650))

    assert "Nothing yet" in text(as_administrator.get(LOG))


def test_filters_that_nothing_fits_say_so(only):
    assert "Nothing fits these filters" in text(only())


# --- Pages ---


@pytest.fixture
def five(monkeypatch):
    """Five rows, the middle three at the same moment, two to a page."""
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    for subject, seconds in (("a", 0), ("b", 1), ("c", 1), ("d", 1), ("e", 2)):
        add(subject, at=NOW - timedelta(minutes=1) + timedelta(seconds=seconds))


def link(response, name: str):
    return response.context[name] and response.context[name].href


def test_pages_lead_there_and_back(only, as_administrator, five):
    first = only()
    second = as_administrator.get(link(first, "older"))
    third = as_administrator.get(link(second, "older"))
    back = as_administrator.get(link(third, "newer"))
    top = as_administrator.get(link(back, "newer"))

    assert [shown(page) for page in (first, second, third, back, top)] == [
        ["e", "d"],
        ["c", "b"],
        ["a"],
        ["c", "b"],
        ["e", "d"],
    ]
    assert [bool(link(page, "newer")) for page in (first, second, third, back, top)] == [False, True, True, True, False]
    assert [bool(link(page, "older")) for page in (first, second, third, back, top)] == [True, True, False, True, True]


def test_a_full_last_page_leads_no_further(only, as_administrator, five):
    second = as_administrator.get(link(only(to="2026-11-20", person=""), "older"))
    add("0", at=NOW - timedelta(hours=1))

    third = as_administrator.get(link(second, "older"))

    assert shown(third) == ["a", "0"]
    assert link(third, "older") is None


def test_rows_that_arrive_meanwhile_shift_no_page(only, as_administrator, five):
    first = only()
    add("f")

    second = as_administrator.get(link(first, "older"))

    assert shown(second) == ["c", "b"]
    assert shown(as_administrator.get(link(second, "newer"))) == ["e", "d"]


def test_a_persons_pages_lead_there_and_back(only, as_administrator, monkeypatch):
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    ada = UserFactory(email="ada@example.org")
    for subject in "abc":
        add(subject, actor="ada@example.org", person="ada@example.org", actor_id=ada.pk, person_id=ada.pk)
    add("d", person="ada@example.org")
    add("e", actor_id=ada.pk, actor="former@example.org")

    first = only(person="ada@example.org")
    second = as_administrator.get(link(first, "older"))
    third = as_administrator.get(link(second, "older"))
    back = as_administrator.get(link(third, "newer"))

    assert [shown(page) for page in (first, second, third, back)] == [["e", "d"], ["c", "b"], ["a"], ["c", "b"]]
    assert link(third, "older") is None


def test_few_newer_rows_come_as_a_full_first_page(only, as_administrator, five):
    second = as_administrator.get(link(only(), "older"))
    third = as_administrator.get(link(second, "older"))
    place = re.search(r"newer=([\d-]+)", link(second, "newer"))[1]
    newest = re.search(r"older=([\d-]+)", link(only(), "older"))[1]

    assert shown(only(newer=place)) == ["e", "d"]
    # Only "e" is newer than "d".
    assert shown(only(newer=newest)) == ["e", "d"]
    assert shown(third) == ["a"]


def test_a_place_below_the_last_row_says_so(only, five):
    response = only(older="1-1")

    assert "Nothing older" in text(response)
    assert "older=" not in response.context["newest"]


def test_filters_stay_from_page_to_page_and_places_go_with_a_filter(only, five):
    response = only(address="", older="")
    here = only(older=re.search(r"older=([\d-]+)", link(response, "older"))[1])

    assert "kind=refused" in link(response, "older")
    assert "older=" not in here.context["filters"].clear
    assert "older=" not in here.context["filters"].kinds.clear
    assert "older=" not in here.context["file"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("params", [{}, {"person": "root@example.org"}], ids=str)
def test_the_page_takes_as_many_queries_for_many_rows_as_for_one(only, count, params, django_assert_num_queries):
    for _ in range(count):
        add(actor="root@example.org")

    # Session, person, one for the grants, one for the rows; for a person's one for who it is and four for the rows.
    with django_assert_num_queries(8 if params else 4) as queries:
        only(**params)

    assert not [query for query in queries if "COUNT(" in query["sql"] or "OFFSET" in query["sql"]]


# --- The file ---


def test_the_file_holds_the_rows_of_all_pages_in_utc(only, five, administrator):
    add(
        "GET /audit",
        actor_id=7,
        actor="ada@example.org",
        person_id=8,
        person="eve@example.org",
        address="203.0.113.7",
        request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        details={"status": 403, "name": "Zoë"},
    )

    response = only(FILE)
    header, first, *others = cells(response)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="audit-2021-11-21-2026-11-20.csv"'
    assert header == [
        "Time (UTC)", "Kind", "Who (number)", "Who", "Whom (number)", "Whom", "What", "Address", "Request", "Details",
    ]  # fmt: skip
    assert first == [
        "2026-11-20T09:15:00.000000Z",
        "refused",
        "7",
        "ada@example.org",
        "8",
        "eve@example.org",
        "GET /audit",
        "203.0.113.7",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        '{"name": "Zoë", "status": 403}',
    ]
    assert [row[6] for row in others] == ["e", "d", "c", "b", "a"]
    assert others[0] == ["2026-11-20T09:14:02.000000Z", "refused", "", "", "", "", "e", "", "", ""]


def test_the_file_holds_what_the_filters_leave(only):
    add("a", address="203.0.113.7")
    add("b", address="203.0.113.8")

    assert [row[6] for row in cells(only(FILE, address="203.0.113.7"))[1:]] == ["a"]


def test_the_pages_link_leads_to_its_file(only, as_administrator):
    add("a", address="203.0.113.7")
    add("b")

    response = as_administrator.get(only(address="203.0.113.7").context["file"])

    assert [row[6] for row in cells(response)[1:]] == ["a"]


def test_texts_in_the_file_are_shown_and_not_computed(only):
    for subject in HOSTILE:
        add(subject, actor=subject[:254])

    written = [row[6] for row in cells(only(FILE))[1:]]

    assert written == list(
        reversed([f"'{text}" if text[0] in "=+-@＝" else text for text in HOSTILE]),
    )


def test_a_download_leaves_a_row_that_is_not_in_the_file(as_administrator, only):
    add("a")

    response = as_administrator.get(FILE, {"person": "root@example.org", "from": "2026-11-01"})

    rows = cells(response)
    event = AuditEvent.objects.get(kind=AuditKind.AUDIT_DOWNLOADED)
    assert "audit_downloaded" not in [row[1] for row in rows]
    assert (event.actor, event.subject) == (
        "root@example.org",
        "from 2026-11-01, to 2026-11-20, email root@example.org",
    )
    assert event.details == {"from": "2026-11-01", "to": "2026-11-20", "email": "root@example.org"}
    assert "audit_downloaded" in [row[1] for row in cells(as_administrator.get(FILE))]


@pytest.mark.parametrize("count", [1, 3])
def test_the_file_takes_as_many_queries_for_many_rows_as_for_one(only, count, django_assert_num_queries):
    for _ in range(count):
        add()

    # Session, person, one for the grants, the latest row, the row of the download, the rows.
    with django_assert_num_queries(6):
        cells(only(FILE))


def test_the_file_of_an_empty_selection_has_its_header(only):
    assert len(cells(only(FILE))) == 1


def test_today_is_the_readers(only, at_now):
    # 20 Nov in New York still, 21 Nov in UTC.
    at_now.move_to(datetime(2026, 11, 21, 3, tzinfo=UTC))

    assert only().context["filters"].question.last == date(2026, 11, 20)
