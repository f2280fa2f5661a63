"""Non-interference: what somebody is answered depends on nothing that they may not see.

One world is a small desk; the other differs from it in foreign tickets, people, teams, exports, grants, tokens, mails
and audit rows alone. Both get the same questions, among them ones with ids that are foreign in one world and absent in
the other, and must give the same answers, byte for byte. Exempt by name: the clock, which is held, ids of requests,
numbers of new tickets, 429, 503 and health.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reporting.answers import REPORTS
from reporting.models import Export
from reporting.query import FILTERS, SORTABLE
from reporting.services import exports
from tests.worlds.asking import Answer, Ask, Asker, without_a_trace
from tests.worlds.desk import IDENTITIES, NOW, World, build
from tests.worlds.foreign import MANY_MAILS, Foreign, changes, foreign_to, mail_to, make
from tickets.models import Ticket
from tickets.views import listing

pytestmark = pytest.mark.django_db

# Shrinking takes longer than reading what was drawn.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
ABSENT = 987_654_321
ABSENT_UUID = "12345678-1234-4123-8123-123456789abc"
READERS = [name for name in IDENTITIES if name != "customer"]
PARTIAL = [name for name in READERS if not IDENTITIES[name].sees_all]
EXPORTERS = ["lead", "lead and agent", "exporter", "analyst", "manager"]
PAGES = {"summary": "overview", "performance": "performance", "agents": "agents", "trends": "trends"}
STAFF = ["staff lead", "staff manager"]


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world(settings, tmp_path, monkeypatch) -> World:
    settings.EXPORT_DIR, settings.OUTBOX_DIR = tmp_path / "exports", tmp_path / "mail"
    monkeypatch.setattr("reporting.services.exports.requesting.hint", lambda export_id: None)
    # So that a handful of tickets has several pages, and others' mail could crowd out one's own.
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    monkeypatch.setattr("reporting.views.outbox.SHOWN_AT_MOST", MANY_MAILS)
    # Whether the export service is at work is its health, which is exempt.
    monkeypatch.setattr("reporting.services.exports.problems._somebody_works", lambda now, since: True)
    return build()


@pytest.fixture
def same_answers(world):
    """Checks, for many foreign changes, that what ``questions(data, foreign)`` draws is answered alike in both worlds.

    What is asked is drawn in the other world, so that it can name what is new there.
    """
    askers = {name: Asker(world.people[name]) for name in IDENTITIES}
    for asker in askers.values():
        asker.sign_in()

    def check(identities: Iterable[str], questions: Callable[..., Iterable], ask=None, often=()) -> None:
        ask = ask or (lambda asker, question: asker.ask(question))

        @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], phases=_PHASES)
        @given(st.sampled_from(list(identities)), st.data())
        def run(identity: str, data) -> None:
            asker, foreign = askers[identity], foreign_to(world, identity)
            drawn = data.draw(changes(identity, often), label="foreign changes")
            with without_a_trace():
                make(foreign, drawn)
                asked = list(questions(data, foreign))
                found = [ask(asker, question) for question in asked]
            for question, there in zip(asked, found, strict=True):
                here = asker.remember(question, lambda question=question: ask(asker, question))
                assert here == there, f"{identity}: {question}"

        run()

    return check


# --- What may be asked: own things, foreign ones and ones that are not there ---


def _ids(foreign: Foreign, name: str) -> st.SearchStrategy[str]:
    """Ids for a filter of that name, with the words that it takes beside."""
    world = foreign.world
    things = {
        "team": [*world.teams.values(), *foreign.teams],
        "agent": [*world.people.values(), *foreign.strangers * 4],
        "assignee": [*world.people.values(), *foreign.strangers],
        "category": world.categories.values(),
        "organization": world.organizations.values(),
        "tag": world.tags.values(),
    }.get(name, ())
    words = {"priority": ["low", "high"], "channel": ["web", "email"], "assignee": ["me", "none"]}.get(name, ["none"])
    return st.sampled_from([*(str(thing.pk) for thing in things), *words, str(ABSENT)])


def _pairs(data, foreign: Foreign, names: Iterable[str], most: int) -> list[tuple[str, str]]:
    chosen = data.draw(st.lists(st.sampled_from(list(names)), max_size=most, unique=True), label="filters")
    return [(name, data.draw(_ids(foreign, name), label=name)) for name in chosen]


_ALL_TIME = (("period", "all"),)
_PERIODS = [
    (), _ALL_TIME, (("period", "7d"),), _ALL_TIME, (("period", "12m"),), (("period", "last_month"),),
    (("from", "2026-09-01"), ("to", "2026-11-10")),
]  # fmt: skip


def _reports(data, foreign: Foreign, path: str, report: str) -> Iterable[Ask]:
    """A report as a whole, and with a question of any kind."""
    yield Ask(path, data.draw(st.sampled_from(_PERIODS), label="period"))
    yield Ask(path, _report_params(data, foreign, report))


def _report_params(data, foreign: Foreign, report: str) -> tuple[tuple[str, str], ...]:
    pairs = [*data.draw(st.sampled_from(_PERIODS), label="period"), *_pairs(data, foreign, FILTERS, 2)]
    for name, values in {"compare": ["year", "none"], "clock": ["wall"]}.items():
        if value := data.draw(st.sampled_from(["", "", *values]), label=name):
            pairs.append((name, value))
    if report == "trends":
        pairs.append(("granularity", data.draw(st.sampled_from(["auto", "day", "week", "month"]))))
    if report == "agents":
        sort = data.draw(st.sampled_from(SORTABLE), label="sort")
        pairs.append(("sort", data.draw(st.sampled_from([sort, f"-{sort}"]))))
    return tuple(pairs)


# --- Reports ---


@pytest.mark.parametrize("report", REPORTS)
def test_report_in_the_api(same_answers, report):
    def questions(data, foreign):
        yield from _reports(data, foreign, f"/api/tickets/reports/{report}", report)

    same_answers(READERS, questions, often=("desk role", "rename team"))


@pytest.mark.parametrize(
    ("report", "address"),
    PAGES.items(),
)
def test_report_page(same_answers, report, address):
    def questions(data, foreign):
        yield from _reports(data, foreign, f"/support/reports/{address}", report)

    same_answers(READERS, questions)


# Cells of every sort: events, tickets, rates, means, what stands open, opinions, a missing thing, all others, a total.
CELLS = [
    ("summary", "open_tickets", "period", "value"),
    ("summary", "first_response_time", "period", "mean_seconds"),
    ("summary", "resolution_rate", "comparison", "value"),
    ("summary", "csat", "period", "value"),
    ("summary", "backlog_by_age", "total", "tickets"),
    ("performance", "tickets_by_category", "none", "tickets"),
    ("performance", "resolution_time", "period", "tickets"),
    ("performance", "sla_account", "response", "missed_open"),
    ("agents", "agents", "total", "resolutions"),
    ("agents", "agents", "total", "ratings"),
    ("agents", "agents", "ID", "responses"),
    ("trends", "category_trends", "other", "created"),
    ("trends", "hours_of_week", "2", "h11"),
]


def test_rows_behind_a_figure(same_answers):
    def questions(data, foreign):
        report, section, row, column = data.draw(st.sampled_from(CELLS), label="cell")
        row = data.draw(_ids(foreign, "agent"), label="row") if row == "ID" else row
        cell = (("report", report), ("section", section), ("row", row), ("column", column))
        yield Ask("/api/tickets/reports/tickets", (*cell, *_ALL_TIME, ("limit", "2")))
        yield Ask("/api/tickets/reports/tickets", (*cell, *_report_params(data, foreign, report)))
        figure = ("behind", f"{report}.{section}.{row}.{column}")
        yield Ask(f"/support/reports/{PAGES[report]}", (figure, *_report_params(data, foreign, report)))
        yield Ask("/support/reports/tickets.csv", (figure, *_ALL_TIME))

    same_answers(READERS, questions, often=("desk role", "rename team"))


# --- Exports ---


def _export_ids(data, foreign: Foreign) -> str:
    own = foreign.world.own_exports(foreign.asker)
    return str(data.draw(st.sampled_from([*(export.pk for export in [*own, *foreign.exports]), ABSENT_UUID])))


def test_exports_in_the_api(same_answers):
    def questions(data, foreign):
        api, uuid = "/api/tickets/reports", _export_ids(data, foreign)
        report = data.draw(st.sampled_from(list(REPORTS)))
        body = (("report", report), ("format", "csv"), *_report_params(data, foreign, report))
        yield Ask(f"{api}/exports")
        yield Ask(f"{api}/exports/{uuid}")
        yield Ask(f"{api}/exports/{uuid}/download")
        yield Ask(f"{api}/exports/{uuid}", method="DELETE")
        yield Ask(f"{api}/export", body, "POST", as_json=True, makes=True)

    same_answers(IDENTITIES, questions, often=("export",))


def test_exports_in_the_portal(same_answers):
    def questions(data, foreign):
        pages, uuid = "/support/reports/exports", _export_ids(data, foreign)
        report = data.draw(st.sampled_from(list(REPORTS)))
        form = (("report", report), ("format", "pdf"), ("email", "on"), *_report_params(data, foreign, report))
        yield Ask(pages, (("page", data.draw(st.sampled_from(["1", "2", "x"]))),))
        yield Ask(f"{pages}/{uuid}", (("as", "row"),))
        yield Ask(f"{pages}/{uuid}")
        yield Ask(f"{pages}/{uuid}/download")
        yield Ask(f"{pages}/{uuid}/delete", method="POST")
        yield Ask(f"{pages}/new", form, "POST", makes=True)

    same_answers(IDENTITIES, questions, often=("export",))


def test_schedules(same_answers):
    def questions(data, foreign):
        pages, report = "/support/reports/schedules", data.draw(st.sampled_from(list(REPORTS)))
        filters = _report_params(data, foreign, report)
        when = (("every", "week"), ("weekday", "0"), ("at", "07:00"), ("zone", "Asia/Kathmandu"))
        people = [foreign.asker.pk, *(one.pk for one in [*foreign.strangers, *foreign.writers]), 999_999]
        chosen = data.draw(st.lists(st.sampled_from(people), min_size=1, max_size=2, unique=True))
        form = (("name", "Week"), ("report", report), ("period", "last_week"), ("format", "csv"), *when)
        yield Ask(pages)
        yield Ask(f"{pages}/new", (("report", report), *filters))
        yield Ask(
            f"{pages}/new",
            (*form, *(pair for pair in filters if pair[0] in FILTERS), *(("recipients", str(pk)) for pk in chosen)),
            "POST",
            makes=True,
        )
        yield Ask(pages)

    same_answers([identity for identity in IDENTITIES if not IDENTITIES[identity].sees_all], questions)


@pytest.mark.parametrize("file_format", ["csv", "pdf"])
def test_file_and_its_mail(same_answers, file_format):
    def questions(data, foreign):
        report = data.draw(st.sampled_from(list(REPORTS)))
        yield report, _report_params(data, foreign, report)

    def ask(asker, question):
        report, pairs = question
        params: dict[str, list[str]] = {}
        for name, value in pairs:
            params.setdefault(name, []).append(value)
        with without_a_trace():
            return _made(asker.user, report, file_format, params)

    same_answers(EXPORTERS, questions, ask)


def _made(user, report: str, file_format: str, params: dict) -> tuple:
    """What became of an export: its file, its row and its mail, or the refusal."""
    mail.outbox.clear()
    try:
        export = exports.request_export(user=user, report_key=report, file_format=file_format, params=params)
    except Exception as refusal:
        return type(refusal).__name__, str(refusal), getattr(refusal, "errors", None)
    exports.build(export.pk)
    export = Export.objects.get(pk=export.pk)
    (letter,) = mail.outbox
    told = f"{letter.subject}\n{letter.to}\n{letter.body}\n{letter.alternatives}".replace(str(export.pk), "UUID")
    content = exports.open_download(user=user, export_id=export.pk)
    return b"".join(content.streaming_content), content["Content-Disposition"], export.row_count, export.params, told


# --- Tickets ---

_LIST = {
    "status": ["unresolved", "open", "new", "resolved", "closed"],
    "due": ["missed", "1h", "72h"],
    "excluded": ["deleted", "spam", "merged"],
    "q": ["printer", "printer", "Password", "ada", "dee@example.com", "unseen", "%", "#", "kim"],
    "sort": ["created", "due", "-due", "updated", "-updated"],
    "page": ["1", "2", "3", "4", "9"],
}


def _number(data, foreign: Foreign) -> int:
    # What is new is absent in the world as it is.
    known = [*foreign.world.tickets.values(), *foreign.tickets[3:] * 3]
    return data.draw(st.sampled_from([*(ticket.pk for ticket in known), ABSENT]), label="number")


def test_list_of_tickets(same_answers):
    def questions(data, foreign):
        pairs = _pairs(data, foreign, ("team", "assignee", "category", "priority", "tag", "channel"), 2)
        for name in data.draw(st.lists(st.sampled_from(list(_LIST)), max_size=3, unique=True), label="more"):
            numbers = [str(_number(data, foreign)), f"#{_number(data, foreign)}"] if name == "q" else []
            pairs.append((name, data.draw(st.sampled_from([*_LIST[name], *numbers]), label=name)))
        yield Ask("/support/tickets")
        yield Ask("/support/tickets", (("q", data.draw(st.sampled_from(_LIST["q"]))),))
        yield Ask("/support/tickets", tuple(pairs))

    same_answers([*IDENTITIES, *PARTIAL], questions)


def test_page_of_a_ticket(same_answers):
    def questions(data, foreign):
        yield Ask(f"/support/tickets/{_number(data, foreign)}")
        yield Ask(f"/support/tickets/{_number(data, foreign)}/reply")
        # Those that hang together with foreign ones.
        together = data.draw(st.sampled_from(["duplicate", "waiting"]))
        yield Ask(f"/support/tickets/{foreign.world.tickets[together].pk}")

    same_answers(IDENTITIES, questions, often=("retitle", "member", "work"))


def _alike(asker: Asker, question: Ask, foreign: int) -> Answer:
    """The answer to a question with a foreign id in it, which is the answer to the same with an absent one."""
    ids = re.compile(rf"(?<![\w.-])(?:{foreign}|{ABSENT})(?![\w.-])")
    answers = []
    for one in (foreign, ABSENT):
        data = tuple((name, value.replace("ID", str(one))) for name, value in question.data)
        answer = asker.ask(replace(question, path=question.path.replace("ID", str(one)), data=data))
        headers = tuple((name, ids.sub("ID", value)) for name, value in answer.headers if name != "Content-Length")
        answers.append(replace(answer, body=ids.sub("ID", answer.body), headers=headers, cookies=()))
    assert answers[0] == answers[1], question
    return answers[0]


def test_foreign_ticket_is_answered_like_an_absent_one(same_answers):
    """Within one world too, whatever is asked of it."""

    def questions(data, foreign):
        number = data.draw(st.sampled_from([ticket.pk for ticket in foreign.tickets]), label="number")
        somewhere = data.draw(st.sampled_from(["", "/reply", "/change", "/merge", "/take", "/spam", "/delete"]))
        own = Ticket.objects.get(pk=foreign.world.tickets["answered"].pk)
        into = (("revision", str(own.revision)), ("into", "ID"))
        yield Ask(f"/support/tickets/ID{somewhere}", method="POST" if somewhere else "GET"), number
        yield Ask("/support/requests/ID", method=data.draw(st.sampled_from(["GET", "POST"]))), number
        yield Ask(f"/support/tickets/{own.pk}/merge", into, "POST"), number
        admin = data.draw(st.sampled_from(["change", "history", "delete"]))
        yield Ask(f"/admin/tickets/ticket/ID/{admin}/"), number
        yield Ask("/support/tickets", (("q", "ID"),)), number

    same_answers([*PARTIAL, "staff lead", "customer"], questions, lambda asker, found: _alike(asker, *found))


@pytest.mark.parametrize("name", ["team", "agent", "category", "organization", "tag"])
def test_foreign_id_is_answered_like_an_absent_one(same_answers, name):
    """In reports, exports and the list of tickets: not a valid choice, whether or not there is such a thing."""

    def questions(data, foreign):
        world = foreign.world
        things = {
            "team": foreign.teams,
            "agent": foreign.strangers,
            "category": [world.categories["Moves"]],
            "organization": [world.organizations["Elsewhere"]],
            "tag": [world.tags["unseen"]],
        }[name]
        thing, report = data.draw(st.sampled_from(things)).pk, data.draw(st.sampled_from(list(PAGES)))
        wish = (("report", report), ("format", "csv"))
        yield Ask(f"/api/tickets/reports/{report}", ((name, "ID"),)), thing
        yield Ask(f"/support/reports/{PAGES[report]}", ((name, "ID"),)), thing
        cell = (("report", "summary"), ("section", "open_tickets"), ("row", "period"), ("column", "value"))
        yield Ask("/api/tickets/reports/tickets", (*cell, (name, "ID"))), thing
        yield Ask("/support/tickets", (({"agent": "assignee"}.get(name, name), "ID"),)), thing
        yield Ask("/api/tickets/reports/export", (*wish, (name, "ID")), "POST", as_json=True), thing
        yield Ask("/support/reports/exports/new", (*wish, (name, "ID")), "POST"), thing

    same_answers(PARTIAL, questions, lambda asker, found: _alike(asker, *found), often=("team", "member"))


def test_work_on_a_ticket(same_answers):
    def questions(data, foreign):
        ticket = Ticket.objects.get(pk=data.draw(st.sampled_from([one.pk for one in foreign.world.tickets.values()])))
        revision = ("revision", str(ticket.revision))
        field = data.draw(st.sampled_from(["team", "assignee", "category", "tag"]))
        name = {"tag": "tags"}.get(field, field)
        value = data.draw(_ids(foreign, field))
        seen = [(f"initial-{name}", "0"), ("status", "open"), ("priority", "normal"), ("initial-status", "open")]
        yield Ask(f"/support/tickets/{ticket.pk}/change", (revision, (name, value), *seen), "POST")
        into = str(_number(data, foreign))
        yield Ask(f"/support/tickets/{ticket.pk}/merge", (revision, ("into", into)), "POST")
        reply = (revision, ("body", "Hello"), ("kind", "public"), ("status", ""))
        yield Ask(f"/support/tickets/{ticket.pk}/reply", reply, "POST")
        yield Ask(f"/support/tickets/{ticket.pk}/take", (revision,), "POST")

    same_answers(IDENTITIES, questions)


def test_opening_a_ticket(same_answers):
    def questions(data, foreign):
        form = {
            "subject": "Printer on fire", "name": "Eve", "body": "Help", "priority": "high", "channel": "web",
            "team": data.draw(_ids(foreign, "team")), "category": data.draw(_ids(foreign, "category")),
        }  # fmt: skip
        yield Ask("/support/tickets/new")
        yield Ask("/support/tickets/new", tuple(form.items()), "POST", makes=True)

    same_answers(IDENTITIES, questions)


def test_own_requests(same_answers):
    def questions(data, foreign):
        own = ("closed", "asked")
        told = foreign.world.tickets[data.draw(st.sampled_from(own))]
        yield Ask("/support/requests", (("page", data.draw(st.sampled_from(["1", "2"]))),))
        yield Ask(f"/support/requests/{_number(data, foreign)}")
        yield Ask(f"/support/requests/{told.pk}", (("body", "More"), ("own", "0")), "POST", makes=True)

    same_answers(["customer", "customer", "lead", "manager"], questions)


# --- Around them ---


def test_frame_of_the_portal_and_who_one_is(same_answers):
    def questions(data, foreign):
        addresses = (
            "/",
            "/support",
            "/support/reports",
            "/support/reports/definitions",
            "/api/accounts/me",
            "/nowhere",
        )
        for path in addresses:
            yield Ask(path)

    same_answers(IDENTITIES, questions)


def test_outbox(same_answers, world):
    for person in (*world.people.values(), *world.people.values()):
        mail_to(person, "Yours", NOW - timedelta(minutes=5))

    same_answers(IDENTITIES, lambda data, foreign: [Ask("/support/outbox")], often=("mails",))


def test_signing_in(same_answers, world):
    """One sentence, whether an account is there, closed or somebody else's."""
    nobody = Asker(None)

    def questions(data, foreign):
        emails = [person.email for person in [*world.people.values(), *foreign.strangers]]
        email = data.draw(st.sampled_from([*emails, "new0@example.org", "absent@example.org"]))
        yield Ask("/sign-in", (("username", email), ("password", "wrong")), "POST")
        yield Ask("/sign-in", (("next", f"/support/tickets/{_number(data, foreign)}"),))
        yield Ask(f"/support/tickets/{_number(data, foreign)}")
        yield Ask("/api/tickets/reports/summary")

    def ask(asker, question):
        answer = nobody.ask(question)
        return answer.status, answer.headers, _untyped(question, answer.body)

    same_answers(["customer"], questions, ask)


def _untyped(question: Ask, body: str) -> str:
    return body.replace(dict(question.data).get("username", "\0"), "TYPED")


# --- The admin ---

_LOOKUPS = {
    "q": ["printer", "ada", "dee", "kim", "unseen"],
    "status__exact": ["2", "5"],
    "priority__exact": ["2", "3"],
    "is_spam__exact": ["1"],
    "is_deleted__exact": ["1"],
    "o": ["4", "-5.1", "6"],
    "p": ["1", "2"],
    "_facets": ["True"],
    "created_at__year": ["2026"],
    "created_at__month": ["10", "11"],
    "created_at__day": ["19"],
}


def test_tickets_in_the_admin(same_answers):
    def questions(data, foreign):
        pairs = [(f"{name}__id__exact", value) for name, value in _pairs(data, foreign, ("team", "category"), 1)]
        for name in data.draw(st.lists(st.sampled_from(list(_LOOKUPS)), max_size=3, unique=True), label="more"):
            values = [*_LOOKUPS[name], str(_number(data, foreign))] if name == "q" else _LOOKUPS[name]
            pairs.append((name, data.draw(st.sampled_from(values), label=name)))
        yield Ask("/admin/tickets/ticket/")
        yield Ask("/admin/tickets/ticket/", tuple(pairs))

    same_answers(STAFF, questions)


def test_one_ticket_in_the_admin(same_answers):
    def questions(data, foreign):
        number = _number(data, foreign)
        kind = ContentType.objects.get_for_model(Ticket).pk
        for path in ("change", "history", "delete"):
            yield Ask(f"/admin/tickets/ticket/{number}/{path}/")
        yield Ask(f"/admin/r/{kind}/{number}/")

    same_answers(STAFF, questions)


def test_other_pages_of_the_admin(same_answers):
    def questions(data, foreign):
        models = (
            "accounts/user", "accounts/team", "accounts/membership", "accounts/apitoken", "reporting/export",
            "reporting/metricevent", "tickets/ticketevent", "tickets/rating", "tickets/survey", "tickets/calendar",
        )  # fmt: skip
        field = data.draw(st.sampled_from(
            ("accounts membership user", "accounts membership team", "tickets requester user", "tickets ticket team",
             "tickets teampolicy team", "tickets requester organization", "reporting export requested_by")
        ))  # fmt: skip
        names = zip(("app_label", "model_name", "field_name"), field.split(), strict=True)
        yield Ask("/admin/")
        yield Ask("/admin/tickets/")
        yield Ask(f"/admin/{data.draw(st.sampled_from(models))}/")
        yield Ask("/admin/autocomplete/", (*names, ("term", data.draw(st.sampled_from(["", "k", "z", "new"])))))

    same_answers(STAFF, questions)
