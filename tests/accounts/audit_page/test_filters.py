"""The audit log's filters: what they leave, and how they refuse."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import AuditEvent, AuditKind
from tests.accounts.audit_page.reading import FILE, LOG, add, shown, text
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


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


def test_today_is_the_readers(only, at_now):
    # 20 Nov in New York still, 21 Nov in UTC.
    at_now.move_to(datetime(2026, 11, 21, 3, tzinfo=UTC))

    assert only().context["filters"].question.last == date(2026, 11, 20)
