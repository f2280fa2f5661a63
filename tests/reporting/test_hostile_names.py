"""Names and values of parameters that somebody made to get behind an allowlist: refused everywhere, and never a fault.

The ways of others: lookups through relations (label-studio #5012, GHSA-rw75-m7gp-92m3), arguments of Q
(CVE-2025-64459), aliases (CVE-2026-1287); and what no address should hold.
"""

from itertools import cycle, islice, product
from random import Random
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client

from accounts.capabilities import Role
from accounts.models import User
from reporting.answers import REPORTS
from reporting.query import parameters_of
from tests.factories import CategoryFactory, TeamFactory, UserFactory, make_ticket, person_with
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

COUNT = 2000
PATHS = (
    "password", "team", "assignee", "agent", "requester", "ticket", "events", "metric_events", "ratings", "tags",
    "merged_into", "follow_ups", "user", "memberships", "requested_by", "created_at", "status", "category", "id", "pk",
)  # fmt: skip
THROUGH = (
    "", "__password", "__password__startswith", "__email", "__user__password__regex", "__memberships__role",
    "__name__gt", "__ticket__subject__contains", "__isnull", "__in", "__pk", "__score", "__exact", "__body__icontains",
    ".name", "__", "____", "__id__exact", "__year", "-", " ", "\0", "\ud800", "\u202e", "[]", "%00", "'", ';--',
    "\r\nX: y", "__date",
)  # fmt: skip
ALONE = (
    "_connector", "_negated", "_facets", "_popup", "_to_field", "_changelist_filters", "__class__", "__init__", "", " ",
    "\0", "\ud800", "format", "limit", "offset", "ordering", "fields", "cursor", "page", "page_size", "next", "_method",
    "csrfmiddlewaretoken", "e", "o", "p", "q", "all", "extra", "self", "params", "kwargs", "using", "a" * 5000,
    "x" * 300,
)  # fmt: skip
VALUES = (
    "1", "-1", "0", "", "none", "OR", "XOR", "True", "9" * 18, "9" * 40, "1" * 5000, "1,2", "1e9", "٣", "NaN", "\0",
    "a\0b", "\ud800", "pbkdf2_", "%", "_", "' OR 1=1 --", "[]", "{}", "../..", "__", "\u202e", "\x1b[2J", "é" * 400,
    "0x10", "१",
)  # fmt: skip


def corpus() -> list[tuple[str, str]]:
    """So many different pairs of a name and a value, the same ones each time."""
    names = [*ALONE, *(path + way for path, way in product(PATHS, THROUGH))]
    known = [*parameters_of("trends"), *parameters_of("agents"), "q", "page", "assignee", "due", "status", "cursor"]
    pairs = [*product(names, VALUES), *product(known, VALUES)]
    # Each name at least once.
    first = [(name, value) for name, value in zip([*names, *known], cycle(VALUES), strict=False)]
    return list(dict.fromkeys([*first, *Random(1).sample(pairs, COUNT * 2)]))[:COUNT]


def address(path: str, name: str, value: str) -> str:
    coded = (quote(text.encode("utf-8", "surrogatepass"), safe="") for text in (name, value))
    return f"{path}?{'='.join(coded)}"


@pytest.fixture
def as_staff_lead() -> Client:
    """A browser that answers faults as readers see them."""
    team = TeamFactory()
    make_ticket(team=team, category=CategoryFactory())
    client = Client(raise_request_exception=False)
    client.force_login(person_with(Role.LEAD, team, is_staff=True))
    return client


def test_corpus_has_its_size():
    assert len(set(corpus())) == COUNT


def test_reports_refuse_unknown_names_and_have_no_fault(as_staff_lead):
    for (name, value), report in zip(corpus(), cycle(REPORTS)):
        response = as_staff_lead.get(address(f"/api/tickets/reports/{report}", name, value))

        wanted = {200, 400} if name in parameters_of(report) else {400}
        assert response.status_code in wanted, (report, name, value)
        if response.status_code == 400:
            assert response["Content-Type"] == "application/problem+json"


LISTS = {
    "/api/tickets/reports/exports": {200, 400, 404},
    "/support/tickets": {200, 400},
    "/support/requests": {200},
    "/support/reports/exports": {200},
    "/support/reports/overview": {200, 400},
    "/support/reports/agents": {200, 400},
}


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_pages_have_no_fault(as_staff_lead, path):
    for name, value in islice(corpus(), list(LISTS).index(path), None, 3 * len(LISTS)):
        assert as_staff_lead.get(address(path, name, value)).status_code in LISTS[path], (name, value)


def test_lists_of_the_api_refuse_unknown_names(as_staff_lead):
    answers = [
        as_staff_lead.get("/api/tickets/reports/exports", {name: "1"}) for name in ("user", "_connector", "page")
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert answers[0].json()["errors"] == [
        {"field": "user", "code": "unknown", "detail": "This is not a parameter. Known are cursor."}
    ]


# --- The admin ---

FORBIDDEN = (
    "assignee__password__startswith", "requester__user__password", "merged_into__subject__contains", "ratings__score",
    "ratings__isnull", "metric_events__isnull", "events__body__contains", "team__memberships__user", "_connector",
    "requester", "merged_into", "source_digest__startswith", "team__name__startswith", "password", "unknown",
)  # fmt: skip


@pytest.mark.parametrize("lookup", FORBIDDEN)
def test_the_admin_refuses_lookups_that_no_filter_offers(as_staff_lead, lookup):
    assert as_staff_lead.get("/admin/tickets/ticket/", {lookup: "1"}).status_code == 400


def test_the_admin_takes_what_its_filters_offer(as_staff_lead):
    ticket = Ticket.objects.get()
    offered = {
        "team__id__exact": ticket.team_id, "category__id__exact": ticket.category_id, "status__exact": ticket.status,
        "is_spam__exact": 0, "created_at__year": ticket.created_at.year, "q": "printer", "o": "1",
    }  # fmt: skip

    response = as_staff_lead.get("/admin/tickets/ticket/", offered)

    assert list(response.context["cl"].result_list) == [ticket]


def test_tickets_in_the_admin_have_no_fault(as_staff_lead):
    for name, value in corpus()[::4]:
        response = as_staff_lead.get(address("/admin/tickets/ticket/", name, value))

        assert response.status_code in (200, 302, 400), (name, value)


def test_all_lists_of_the_admin_have_no_fault():
    client = Client(raise_request_exception=False)
    client.force_login(person_with(Role.ADMINISTRATOR, is_staff=True))
    models = [model._meta for model in admin.site._registry if admin.site._registry[model].search_fields is not None]
    UserFactory()
    for (name, value), meta in zip(corpus()[1::6], cycle(models)):
        response = client.get(address(f"/admin/{meta.app_label}/{meta.model_name}/", name, value))

        assert response.status_code in (200, 302, 400), (meta.model_name, name, value)
    assert User.objects.count() == 2


@pytest.mark.parametrize("year", ["99999", "9" * 30, "0", "-1", "x"])
def test_dates_that_no_calendar_has_are_refused(as_staff_lead, year):
    for date in ({"created_at__year": year}, {"created_at__year": "9999", "created_at__month": "12"}):
        assert as_staff_lead.get("/admin/tickets/ticket/", date).status_code in (200, 302, 400)
