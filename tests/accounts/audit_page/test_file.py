"""The audit log as a file: the rows of all pages, and a row of its own in the log."""

import pytest

from accounts.models import AuditEvent, AuditKind
from tests.accounts.audit_page.reading import FILE, HOSTILE, add, cells

pytestmark = pytest.mark.django_db


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
