"""No page says anything that is not in the language files: it is asked for in a language that marks every text."""

import csv
import gettext
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import get_args

import django
import pytest
from django.contrib import admin, auth
from django.contrib.auth.password_validation import password_validators_help_texts
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import trans_real

from accounts.capabilities import Role
from reporting.answers import answer
from reporting.models import Schedule
from reporting.renderers.csv import write_csv
from reporting.reports.sections import Unit
from tests.factories import (
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tests.languages import CATALOGUE, Message, messages_of, write_compiled
from tests.tickets.imports.browsing import MAPPING, page_of, press, send
from tickets.choices import SlaMetric, Status
from tickets.models import ImportRun
from tickets.services import desk

# What is the same in every language: names, codes, units; and what was kept in the desk's language.
_NAMES = "|".join(
    (
        *(
            "MemberPulse Support Reporting",
            "MemberPulse",
            r"Europe/\w+",
            "UTC",
            "English",
            "Deutsch",
            "CSV",
            "PDF",
            "XLSX",
        ),
        *("h", "min", "d", "s", "p90", r"mp_\w*", r"\w+_\w+", r"\w+@\w+\.\w+", r"P\d*", "nothing"),
        *("Agent", "Manager, whole desk", "agent", "manager", "memberships"),
        # What parameters take.
        *("today", "yesterday", r"\d+[dm]", "all", "csv", "pdf", "created", "due", "updated"),
        # Of the admin's template, and of the importers: what their companions are called.
        *("Search", "True", "False", "None", "users", "groups", "organizations", "ratings", "metric events", "mapping"),
        *("Users", "Groups", "Organizations", "Ratings", "Metric events"),
    )
)


@pytest.fixture
def marked(tmp_path, settings):
    """A language in which every text stands in brackets."""
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    messages = {message.key: message for message in (*_texts_of_django(), *messages_of(CATALOGUE))}
    write_compiled(map(_in_brackets, messages.values()), folder / "django.mo")
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    _forget_texts()
    yield "de"
    _forget_texts()


def _texts_of_django() -> Iterator[Message]:
    """The admin's and the forms' own, as far as Django has them in German."""
    for package in (django, admin, auth):
        file = Path(package.__file__).parent / ("conf/locale" if package is django else "locale")
        compiled = gettext.GNUTranslations((file / "de/LC_MESSAGES/django.mo").open("rb"))
        for key in compiled._catalog:
            one = key if isinstance(key, str) else key[0]
            context, _, text = one.rpartition("\x04")
            if text and (isinstance(key, str) or key[1] == 0):
                plural = {} if isinstance(key, str) else {"msgid_plural": text}
                yield Message(texts={"msgctxt": context, "msgid": text, **plural})


def _forget_texts() -> None:
    trans_real._translations = {}
    trans_real._default = None
    translation.activate("en")


def _in_brackets(message: Message) -> Message:
    context, one, many = message.key
    if context in ("date", "ordinal"):
        return message
    texts = {"msgctxt": context, "msgid": one, "msgid_plural": many, "msgstr[0]": _words_in_brackets(one)}
    return Message(texts=texts | ({"msgstr[1]": _words_in_brackets(many)} if many else {}))


def _words_in_brackets(text: str) -> str:
    """Not so what stands for values, nor markup: what is put there must be in brackets itself."""
    parts = re.split(r"(%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]*>)", text)
    return "".join(part if place % 2 or not part else f"⟦{part}⟧" for place, part in enumerate(parts))


@pytest.fixture
def named_desk(db):
    """Tickets of all kinds, whose names stand in brackets like texts."""
    team = TeamFactory(name="⟦team⟧")
    agent = person_with(Role.AGENT, team, name="⟦agent⟧")
    manager = person_with(Role.MANAGER, name="⟦manager⟧", is_superuser=True, is_staff=True, language="de")
    for metric in SlaMetric:
        SlaTargetFactory(metric=metric, seconds=7200)
    requester = RequesterFactory(name="⟦requester⟧")
    things = {
        "subject": "⟦subject⟧",
        "team": team,
        "category": CategoryFactory(name="⟦category⟧"),
        "organization": OrganizationFactory(name="⟦organization⟧"),
        "requester": requester,
        "assignee": agent,
    }
    solved, open_ = make_ticket(**things), make_ticket(**things)
    TagFactory(name="⟦tag⟧")
    desk.reply(ticket=solved, actor=agent, body="⟦reply⟧")
    desk.add_note(ticket=solved, actor=agent, body="⟦note⟧")
    desk.set_status(ticket=solved, actor=agent, status=Status.RESOLVED)
    return manager, solved, open_


def words_of(body: str) -> list[str]:
    """What a page says outside of brackets: its texts, and what is read aloud of it."""
    body = re.sub(r"(?s)<(script|style|datalist|textarea|code)\b.*?</\1>|<!--.*?-->", " ", body)
    # Names of places, by the libraries that have them.
    body = re.sub(r'(?s)<select name="(?:time_?zone|zone|country|region)".*?</select>', " ", body)
    read = re.findall(r'\b(?:aria-label|title|placeholder|alt|data-unsent|data-copied)="([^"]*)"', body)
    read += re.findall(r'<input type="submit"[^>]*\bvalue="([^"]*)"', body)
    with translation.override("de"):
        body = body.replace(" ".join(password_validators_help_texts()), "")  # Django's own texts
    texts = [unescape(text) for text in (*read, *re.split(r"<[^>]*>", body))]
    return sorted({left for text in texts if re.search(r"[^\W\d_]{2,}", left := _outside(text))})


def assert_all_is_in_the_files(body: str, *, but: tuple[str, ...] = ()) -> None:
    left = [words for words in words_of(body) if words not in but]
    assert not left, "\n".join(left)


def _outside(text: str) -> str:
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = shorter
    with translation.override("de"):
        calendar = [str(word) for words in (MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR) for word in words.values()]
    dates = "|".join(sorted(map(re.escape, calendar), key=len, reverse=True))
    return re.sub(rf"\b({_NAMES}|{dates})\b", " ", text).strip()


REPORTS = ("overview", "performance", "agents", "trends")
PAGES = [
    *(f"/support/reports/{name}" for name in REPORTS),
    *(f"/support/reports/{name}?period=12m&compare=year&clock=wall&priority=high" for name in REPORTS),
    "/support/reports/agents?charts=all&sort=-csat",
    "/support/reports/trends?granularity=week&compare=none",
    "/support/reports/overview?behind=summary.resolution_rate.period.value",
    "/support/reports/overview?behind=summary.first_response_time.period.count",
    "/support/reports/overview?behind=summary.nothing",
    "/support/reports/performance?behind=performance.tickets_by_status.total.tickets",
    "/support/reports/definitions",
    "/support/reports/exports",
    "/support/reports/schedules",
    "/support/reports/schedules/new",
    "/support/outbox",
    "/support/tickets",
    "/support/tickets?due=missed&q=nothing",
    "/support/tickets/new",
    "/support/requests",
    "/tokens",
    "/roles",
    "/audit",
    "/audit?person=nobody@example.org",
    "/password",
    "/password-reset/sent",
]
REFUSED = {
    "/support/reports/overview?from=2026-02-01&to=2026-01-01": 400,
    "/support/reports/overview?period=never": 400,
    "/support/reports/trends?from=2010-01-01&to=2026-01-01": 400,
    "/support/tickets?page=99": 400,
    "/support/tickets?sort=nothing": 400,
    "/audit?from=2026-02-01&to=2026-01-01": 400,
    "/nowhere": 404,
}


@pytest.fixture
def as_manager(named_desk, marked):
    client = Client()
    client.force_login(named_desk[0])
    return client


@pytest.mark.parametrize(("address", "status"), [*((page, 200) for page in PAGES), *REFUSED.items()])
def test_a_page_says_nothing_that_is_not_in_the_files(as_manager, address, status):
    response = as_manager.get(address)
    assert response.status_code == status
    assert_all_is_in_the_files(response.text)


def test_a_ticket_says_nothing_that_is_not_in_the_files(as_manager, named_desk):
    for ticket in named_desk[1:]:
        assert_all_is_in_the_files(as_manager.get(reverse("tickets:ticket", args=[ticket.number])).text)


def test_an_empty_desk_says_nothing_that_is_not_in_the_files(db, marked):
    client = Client()
    client.force_login(UserFactory(name="⟦root⟧", is_superuser=True, language="de"))
    for address in PAGES:
        assert_all_is_in_the_files(client.get(address).text)


def test_who_is_not_signed_in_is_asked_in_the_browsers_language(db, marked):
    client = Client(headers={"accept-language": "de"})
    for address in ("/sign-in", "/password-reset", "/password-reset/sent", "/password-reset/x/y"):
        assert_all_is_in_the_files(client.get(address).text)
    assert_all_is_in_the_files(client.post("/sign-in", {}).text)
    refused = client.post("/sign-in", {"username": "nobody@example.org", "password": "wrong"})
    assert_all_is_in_the_files(refused.text)
    assert_all_is_in_the_files(client.post("/password-reset", {"email": "nothing"}).text)


def test_what_is_not_in_ones_role_is_refused_in_ones_language(db, marked):
    client = Client()
    client.force_login(UserFactory(name="⟦nobody⟧", language="de"))
    response = client.get("/support/reports/agents")
    assert response.status_code == 403
    assert_all_is_in_the_files(response.text)


# What programs read in a file, as in the API: units in headings, yes and no.
_SAME_FOR_ALL = rf"\(({'|'.join(get_args(Unit))})\)|^(true|false)$"


@pytest.mark.parametrize("report_key", ["summary", "performance", "agents", "trends"])
def test_a_file_says_nothing_that_is_not_in_the_files(named_desk, marked, report_key):
    manager, file = named_desk[0], io.BytesIO()
    with translation.override(marked):
        report = answer(report_key, user=manager, params={"period": ["30d"], "compare": ["year"]})[report_key]
        write_csv(report, file, person=manager)

    cells = {cell for row in csv.reader(file.getvalue().decode("utf-8-sig").splitlines()) for cell in row}
    left = {words for cell in cells if re.search(r"[^\W\d_]{2,}", words := _outside(re.sub(_SAME_FOR_ALL, "", cell)))}
    assert left == set()


SCHEDULE = {
    "name": "⟦schedule⟧", "report": "summary", "period": "7d", "format": "csv", "every": "month", "month_day": "3",
    "at": "07:00", "zone": "UTC",
}  # fmt: skip
# Each address with what is sent there, well and badly; what is said of it is on the page that it leads to.
SENT = [
    ("/tokens", {}),
    ("/tokens", {"name": "⟦token⟧", "days": "30", "is_read_only": "on"}),
    ("/password", {}),
    ("/password", {"old_password": "a", "new_password1": "b", "new_password2": "c"}),
    ("/support/reports/exports/new", {"report": "summary", "format": "csv", "email": "on"}),
    ("/support/reports/exports/new", {"report": "summary", "format": "doc"}),
    ("/support/reports/views/new", {"report": "trends", "name": "⟦view⟧", "period": "7d", "priority": "high"}),
    ("/support/reports/views/new", {"report": "trends", "name": ""}),
    ("/support/reports/schedules/new", {}),
    ("/support/reports/schedules/new", {**SCHEDULE, "month_day": "", "at": "noon"}),
    ("/support/tickets/new", {}),
    ("/support/tickets/new", {"subject": "⟦new⟧", "email": "nothing", "team": "0"}),
    ("/support/tickets/{number}/reply", {"own": "0"}),
    ("/support/tickets/{number}/merge", {"into": "nothing", "revision": "1"}),
    ("/support/tickets/{number}/take", {"revision": "99"}),
    ("/support/tickets/{number}/spam", {"revision": "{revision}"}),
    ("/support/tickets/{number}/delete", {"revision": "{revision}"}),
    ("/support/tickets/{number}/take", {"revision": "{revision}"}),
    ("/admin/accounts/user/add/", {}),
    ("/admin/accounts/user/", {"action": "invite", "_selected_action": "{person}", "index": "0"}),
    ("/admin/accounts/user/{person}/deactivate/", {}),
    ("/admin/accounts/team/{team}/permissions/", {"user": "nobody@example.org"}),
    ("/admin/tickets/calendar/add/", {"monday": "nothing", "country": "DE", "own_days": "nothing"}),
    ("/admin/tickets/calendar/add/", {"teams": "{team}", "monday": "22:00-6:00", "tuesday": "5:00-7:00"}),
    ("/admin/tickets/slatarget/add/", {"limit": "nothing"}),
    ("/admin/tickets/category/add/", {}),
]


@pytest.mark.parametrize(("address", "sent"), SENT)
def test_what_is_said_of_what_was_sent_is_in_the_files(as_manager, named_desk, address, sent):
    _manager, _solved, ticket = named_desk
    words = {"number": ticket.number, "revision": ticket.revision, "person": ticket.assignee_id, "team": ticket.team_id}
    told = {name: value.format(**words) for name, value in sent.items()}
    response = as_manager.post(address.format(**words), told, follow=True)
    assert response.status_code < 500
    assert response.status_code != 404, address
    assert_all_is_in_the_files(response.text)


def test_a_schedule_and_what_is_done_with_it_say_nothing_that_is_not_in_the_files(as_manager, named_desk):
    sent = {**SCHEDULE, "recipients": named_desk[0].pk}
    assert_all_is_in_the_files(as_manager.post("/support/reports/schedules/new", sent, follow=True).text)
    schedule = f"/support/reports/schedules/{Schedule.objects.get().pk}"
    assert_all_is_in_the_files(as_manager.get(schedule).text)
    for act in ("pause", "resume", "preview", "delete"):
        assert_all_is_in_the_files(as_manager.post(f"{schedule}/{act}", follow=True).text)


IMPORTED = "⟦Key⟧;⟦What⟧;⟦Opened⟧\n1;⟦subject⟧;2026-01-01 10:00\n2;⟦subject⟧;2026-01-02 10:00\n"
MARKED_MAPPING = re.sub(r"\b(Key|What|Opened)\b", r"⟦\1⟧", MAPPING).split("resolved_at")[0]


def test_an_import_says_nothing_that_is_not_in_the_files(as_manager, settings, tmp_path, monkeypatch):
    settings.IMPORT_DIR = tmp_path / "imports"
    monkeypatch.setattr("tickets.services.imports.starting.hint", lambda run: None)
    refused = send(as_manager, b"", kind="csv", mapping="nothing")
    assert_all_is_in_the_files(refused.text)
    send(as_manager, IMPORTED.encode(), name="⟦file⟧.csv", kind="csv", mapping=MARKED_MAPPING)
    run = ImportRun.objects.get()

    # The words of a mapping are the same in all languages; and a team is made for what has none.
    assert_all_is_in_the_files(as_manager.get(page_of(run)).text, but=("id", "subject", "Unassigned"))
    press(as_manager, run, "import", mapping=MARKED_MAPPING)
    assert_all_is_in_the_files(as_manager.get(page_of(run)).text)
    as_manager.post(page_of(run, "cancel"))
    assert_all_is_in_the_files(as_manager.get(page_of(run)).text)


ADMIN = [
    "/admin/",
    *(f"/admin/accounts/{model}/" for model in ("user", "team", "apitoken")),
    *(f"/admin/reporting/{model}/" for model in ("export", "metricevent")),
    *(
        f"/admin/tickets/{model}/"
        for model in (
            *("calendar", "slatarget", "category", "tag", "organization", "requester", "teampolicy", "survey"),
            *("importrun", "ticket", "ticketevent", "rating", "rejudging"),
        )
    ),
    *(f"/admin/accounts/{model}/add/" for model in ("user", "team")),
    *(f"/admin/tickets/{model}/add/" for model in ("calendar", "slatarget", "teampolicy", "importrun")),
    "/admin/tickets/importrun/add/?format=zendesk",
    "/admin/tickets/importrun/add/?format=csv",
    "/admin/tickets/slatarget/in-force/",
    "/admin/tickets/ticket/{number}/change/",
    "/admin/accounts/user/{person}/change/",
    "/admin/accounts/user/{person}/sees/",
    "/admin/accounts/user/{person}/deactivate/",
    "/admin/accounts/team/{team}/change/",
    "/admin/accounts/team/{team}/permissions/",
    "/admin/accounts/team/{team}/permissions/user-manage/{person}/",
]


@pytest.mark.parametrize("address", ADMIN)
def test_the_admin_says_nothing_that_is_not_in_the_files(as_manager, named_desk, address):
    _manager, _solved, ticket = named_desk
    words = {"number": ticket.number, "person": ticket.assignee_id, "team": ticket.team_id}
    response = as_manager.get(address.format(**words))
    assert response.status_code == 200
    assert_all_is_in_the_files(response.text)
