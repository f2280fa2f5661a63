"""The audit log's pages: they lead there and back, whatever arrives meanwhile."""

import re
from datetime import timedelta

import pytest

from accounts.views import audit
from tests.accounts.audit_page.reading import NOW, add, shown, text
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


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
