"""The texts in all languages: the files are whole, and no page says anything that is not in them."""

import gettext
import os
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import django
import pytest
from django.conf import settings as django_settings
from django.contrib import admin, auth
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import trans_real

from accounts.capabilities import Role
from memberpulse import errors
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
from tests.languages import Message, messages_of, write_compiled
from tickets.choices import SlaMetric, Status
from tickets.services import desk

CATALOGUE = django_settings.LOCALE_PATHS[0] / "de" / "LC_MESSAGES" / "django.po"


# --- The files --------------------------------------------------------------------------------------------------------


def test_every_text_is_translated():
    open_texts = [message.key for message in messages_of(CATALOGUE) if not all(message.translations)]
    unsure = [message.key for message in messages_of(CATALOGUE) if "fuzzy" in message.flags]
    assert (open_texts, unsure) == ([], [])


def test_what_stands_for_values_is_the_same_in_both():
    def names(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text))

    different = [
        message.key
        for message in messages_of(CATALOGUE)
        for text in message.translations
        if names(text) != names(message.key[2] or message.key[1])
    ]
    assert different == []


def test_markup_is_the_same_in_both():
    def tags(text: str) -> list[str]:
        return sorted(re.findall(r"</?\w+", text))

    different = [m.key for m in messages_of(CATALOGUE) for text in m.translations if tags(text) != tags(m.key[1])]
    assert different == []


def test_the_compiled_file_says_what_its_source_says():
    compiled = gettext.GNUTranslations(CATALOGUE.with_suffix(".mo").open("rb"))
    for message in messages_of(CATALOGUE):
        context, one, many = message.key
        if many:
            said = [compiled.ngettext(one, many, number) for number in (1, 2)]
        elif context:
            said = [compiled.pgettext(context, one)]
        else:
            said = [compiled.gettext(one)]
        assert said == message.translations


def test_the_files_know_all_texts_of_the_code(tmp_path, settings, monkeypatch):
    if not shutil.which("xgettext"):
        refuse = pytest.fail if os.environ.get("REQUIRE_SERVICES") == "1" else pytest.skip
        refuse("The texts of the code are found by xgettext: install gettext.")
    fresh = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    fresh.parent.mkdir(parents=True)
    settings.LOCALE_PATHS = [tmp_path]
    monkeypatch.chdir(settings.BASE_DIR)
    ignored = ["memberpulse/locale", ".venv", "var", "tests"]
    call_command("makemessages", locale=["de"], ignore_patterns=ignored, verbosity=0)

    assert {m.key for m in messages_of(fresh)} == {m.key for m in messages_of(CATALOGUE)}


def test_every_code_of_a_refusal_has_a_title():
    def kinds(kind: type) -> list[type]:
        return [kind, *(each for below in kind.__subclasses__() for each in kinds(below))]

    known = {message.key[1] for message in messages_of(CATALOGUE)}
    titles = {kind.default_code.replace("-", " ").capitalize() for kind in kinds(errors.Refusal)}
    assert titles - known == set()


# --- The pages --------------------------------------------------------------------------------------------------------

# What is the same in every language: names, codes, units; and what was kept in the desk's language.
_NAMES = "|".join(
    (
        *("MemberPulse", r"Europe/\w+", "UTC", "English", "Deutsch", "CSV", "PDF", "XLSX"),
        *("h", "min", "d", "s", "p90", r"mp_\w*", r"\w+_\w+", r"\w+@\w+\.\w+", r"P\d*", "nothing"),
        *("Agent", "Manager, whole desk", "agent", "manager"),
        # Of the admin's template, and of the importers: what their companions are called.
        *("Search", "True", "False", "users", "groups", "organizations", "ratings", "metric events", "mapping"),
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
    body = re.sub(r"(?s)<(script|style|datalist|textarea|code|select)\b.*?</\1>|<!--.*?-->", " ", body)
    read = re.findall(r'\b(?:aria-label|title|placeholder|alt|data-unsent|data-copied)="([^"]*)"', body)
    with translation.override("de"):
        body = body.replace(" ".join(password_validators_help_texts()), "")  # Django's own texts
    texts = [unescape(text) for text in (*read, *re.split(r"<[^>]*>", body))]
    return sorted({left for text in texts if re.search(r"[^\W\d_]{2,}", left := _outside(text))})


def assert_all_is_in_the_files(body: str) -> None:
    left = words_of(body)
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
    "/support/reports/overview?from=2026-02-01&to=2026-01-01",
    "/support/reports/overview?behind=summary.resolution_rate.value",
    "/support/reports/performance?behind=performance.tickets_by_status.total.tickets",
    "/support/definitions",
    "/support/exports",
    "/support/schedules",
    "/support/schedules/new",
    "/support/tickets",
    "/support/tickets?due=missed&q=nothing",
    "/support/tickets?page=99",
    "/support/tickets/new",
    "/support/requests",
    "/tokens",
    "/roles",
    "/audit",
    "/password",
    "/password-reset",
    "/nowhere",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_says_nothing_that_is_not_in_the_files(named_desk, marked, address):
    manager, *_tickets = named_desk
    client = Client()
    client.force_login(manager)
    response = client.get(address)
    assert response.status_code in (200, 400, 404), response.status_code
    assert_all_is_in_the_files(response.text)


def test_a_ticket_says_nothing_that_is_not_in_the_files(named_desk, marked):
    manager, *tickets = named_desk
    client = Client()
    client.force_login(manager)
    for ticket in tickets:
        assert_all_is_in_the_files(client.get(reverse("tickets:ticket", args=[ticket.number])).text)


def test_who_is_not_signed_in_is_asked_in_the_browsers_language(db, marked):
    assert_all_is_in_the_files(Client().get("/sign-in", headers={"accept-language": "de"}).text)


def test_what_is_not_in_ones_role_is_refused_in_ones_language(db, marked):
    client = Client()
    client.force_login(UserFactory(name="⟦nobody⟧", language="de"))
    response = client.get("/support/reports/agents")
    assert response.status_code == 403
    assert_all_is_in_the_files(response.text)


ADMIN = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/team/",
    "/admin/accounts/team/add/",
    "/admin/tickets/calendar/",
    "/admin/tickets/calendar/add/",
    "/admin/tickets/slatarget/",
    "/admin/tickets/slatarget/add/",
    "/admin/tickets/category/",
    "/admin/tickets/teampolicy/",
    "/admin/tickets/importrun/",
    "/admin/tickets/importrun/add/",
    "/admin/tickets/ticket/",
]


@pytest.mark.parametrize("address", ADMIN)
def test_the_admin_says_nothing_that_is_not_in_the_files(named_desk, marked, address):
    manager, *_tickets = named_desk
    client = Client()
    client.force_login(manager)
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    assert_all_is_in_the_files(response.text)
