"""The portal's pages of tickets: the list, one ticket, what is done to it, and how it is counted."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Capability, Role
from accounts.models import TeamGroupObjectPermission
from tests.factories import (
    CalendarFactory,
    CategoryFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status
from tickets.models import Requester, Ticket, TicketEvent
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in
from tickets.views import listing, question

pytestmark = pytest.mark.django_db

LIST = "/support/tickets"
NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
ACTIONS = ("reply", "change", "take", "reopen", "merge", "spam", "no-spam", "delete", "restore")
HOSTILE = '<img src=x onerror="alert(1)">'


def page_of(ticket: Ticket, action: str = "") -> str:
    return f"{LIST}/{ticket.number}" + (f"/{action}" if action else "")


def text(response) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"(?s)<(script|svg|datalist|option)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def listed(response) -> list[Ticket]:
    return [row.ticket for row in response.context["found"].rows]


def events_of(ticket: Ticket) -> list[tuple[str, int | None]]:
    """What happened after the creation, in order."""
    return [(EventKind(event.kind).slug, event.value) for event in ticket.events.order_by("at", "pk")[1:]]


def told(response) -> list[str]:
    return [f"{entry.author} {entry.words}" for entry in response.context["story"]]


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def agent(team):
    return person_with(Role.AGENT, team, name="Ada Byron")


@pytest.fixture
def as_agent(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def ticket(team):
    return make_ticket(team=team, requester=RequesterFactory(name="Rita Wu"), body="It burns.")


# --- Who ---


def test_three_people_get_what_their_role_opens(client, agent, ticket):
    member, stranger = agent, UserFactory()
    addresses = (LIST, f"{LIST}/", page_of(ticket), f"{LIST}/new")

    assert [client.get(address).status_code for address in addresses] == [302] * 4
    client.force_login(member)
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    client.force_login(stranger)
    assert [client.get(address).status_code for address in addresses] == [403] * 4


def test_tickets_stand_first_in_the_top_bar(as_agent, client):
    places = [(place.title, place.is_on) for place in as_agent.get(LIST).context["frame"]["places"]]
    client.force_login(person_with(Role.ANALYST))
    analysts = [place.title for place in client.get("/support/reports/overview").context["frame"]["places"]]

    assert places == [("Tickets", True), ("Reports", False), ("Outbox", False)]
    assert analysts == ["Reports", "Exports", "Outbox"]


@pytest.mark.parametrize(
    "action", ["", "reply", "change", "take", "reopen", "merge", "spam", "no-spam", "delete", "restore"]
)
def test_a_foreign_ticket_is_not_there(as_agent, action):
    foreign = make_ticket(subject="Secret")
    ask = as_agent.post if action else as_agent.get

    answers = [ask(page_of(foreign, action)), ask(page_of(Ticket(pk=999_999), action))]

    assert [response.status_code for response in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert events_of(foreign) == []


def test_without_the_right_to_work_a_ticket_is_only_read(as_agent, ticket):
    TeamGroupObjectPermission.objects.filter(permission__codename=Capability.WORK_TICKETS).delete()

    response = as_agent.get(page_of(ticket))
    answer = as_agent.post(page_of(ticket, "reply"), {"revision": ticket.revision, "body": "Hello", "kind": "public"})

    assert re.findall(r"<form[^>]*action=\"([^\"]*)\"", response.text) == ["/language", "/sign-out"]
    assert answer.status_code == 403
    assert "“Work on tickets”" in text(answer)
    assert events_of(ticket) == []


# --- The list ---


def test_the_list_shows_the_teams_of_the_scope_without_what_is_excluded(as_agent, agent, team):
    shown = make_ticket(team=team)
    spam, deleted, duplicate = (make_ticket(team=team) for _ in range(3))
    make_ticket(subject="Foreign")
    desk.mark_spam(ticket=spam, actor=agent)
    desk.delete(ticket=deleted, actor=agent)
    desk.merge(ticket=duplicate, into=shown, actor=agent)

    assert listed(as_agent.get(LIST)) == [shown]
    assert listed(as_agent.get(LIST, {"excluded": "spam"})) == [spam]
    assert set(listed(as_agent.get(LIST, {"excluded": ["deleted", "merged"]}))) == {deleted, duplicate}


@pytest.fixture
def many(at_now, agent, team):
    """Tickets by name that differ in one thing each from the plain one."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, priority=Priority.URGENT, seconds=3600, clock=Clock.WALL)
    billing, tag = CategoryFactory(name="Invoices"), TagFactory(name="outage")
    hour = timedelta(hours=1)
    tickets = {
        "plain": make_ticket(team=team, at=NOW - 30 * hour),
        "mine": make_ticket(team=team, assignee=agent, at=NOW - 29 * hour),
        "billed": make_ticket(team=team, category=billing, at=NOW - 28 * hour),
        "tagged": make_ticket(team=team, tags=[tag, TagFactory(name="later")], at=NOW - 27 * hour),
        "called": make_ticket(team=team, channel=Channel.PHONE, at=NOW - 26 * hour),
        "missed": make_ticket(team=team, priority=Priority.URGENT, at=NOW - 25 * hour),
        "urgent": make_ticket(team=team, priority=Priority.URGENT, at=NOW - hour / 4),
        "solved": make_ticket(team=team, at=NOW - 24 * hour),
    }
    desk.set_status(ticket=tickets["solved"], actor=agent, status=Status.RESOLVED, at=NOW - 20 * hour)
    return tickets


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"status": "resolved"}, ["solved"]),
        ({"status": ["unresolved", "resolved"], "assignee": "me"}, ["mine"]),
        ({"status": "unresolved", "priority": "urgent"}, ["urgent", "missed"]),
        ({"due": "missed"}, ["missed"]),
        ({"due": "1h"}, ["urgent"]),
        ({"channel": "phone"}, ["called"]),
        ({"category": "none", "tag": "none", "priority": "normal", "status": "new"}, ["called", "mine", "plain"]),
        ({"assignee": "none", "due": "24h"}, ["urgent"]),
    ],
)
def test_filters_choose(as_agent, many, params, names):
    assert listed(as_agent.get(LIST, params)) == [many[name] for name in names]


def test_filters_by_id_choose(as_agent, agent, team, many):
    category, tags = many["billed"].category_id, many["tagged"].tags.values_list("pk", flat=True)

    assert listed(as_agent.get(LIST, {"category": category})) == [many["billed"]]
    # Both tags: one ticket, listed once.
    assert listed(as_agent.get(LIST, {"tag": list(tags)})) == [many["tagged"]]
    assert listed(as_agent.get(LIST, {"assignee": [agent.pk]})) == [many["mine"]]
    assert as_agent.get(LIST, {"team": team.pk}).context["found"].count == 8


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("-created", ["urgent", "solved", "missed"]),
        ("created", ["plain", "mine", "billed"]),
        ("due", ["missed", "urgent", "solved"]),
        ("-updated", ["plain", "urgent", "solved"]),
    ],
)
def test_sorting(as_agent, agent, many, sort, names):
    desk.add_note(ticket=many["plain"], actor=agent, body="Looked at it", at=NOW)

    assert listed(as_agent.get(LIST, {"sort": sort}))[:3] == [many[name] for name in names]


@pytest.mark.parametrize("searched", ["invoice w", "rita", "RITA@", "#{number}", " {number} "])
def test_search_finds_subject_number_and_requester(as_agent, team, searched):
    wanted = make_ticket(
        team=team, subject="Invoice wrong", requester=RequesterFactory(name="Rita Wu", email="rita@x.org")
    )
    make_ticket(team=team, subject="Something else")
    make_ticket(subject="Invoice wrong", requester=wanted.requester)

    response = as_agent.get(LIST, {"q": searched.format(number=wanted.number)})

    assert listed(response) == [wanted]
    assert "Search:" in text(response)


@pytest.mark.parametrize("searched", ["%", "_", "(", "9" * 30, "’; --", "²"])
def test_search_takes_every_letter_as_it_is(as_agent, ticket, searched):
    response = as_agent.get(LIST, {"q": searched})

    assert response.status_code == 200
    assert listed(response) == []
    assert "No ticket fits this selection" in text(response)


def test_what_is_on_stands_in_chips_that_remove_it(as_agent, team):
    response = as_agent.get(LIST, {"status": ["open", "pending", "new"], "q": "printer", "sort": "due", "page": "1"})

    filters = response.context["filters"]
    assert [(chip.title, chip.chip) for chip in filters.active] == [("Status", "Open, Pending + 1")]
    assert filters.active[0].clear == f"{LIST}?q=printer&sort=due"
    assert filters.clear == f"{LIST}?sort=due"
    assert [view.title for view in filters.views if view.is_on] == []
    assert [view.title for view in as_agent.get(filters.views[1].href).context["filters"].views if view.is_on] == [
        "Open"
    ]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"status": "asleep"}, "Status: This is not a valid choice."),
        ({"team": "1 OR 1=1"}, "Team: This is not a valid choice."),
        ({"assignee": "999999"}, "Assignee: This is not a valid choice."),
        ({"due": ["1h", "4h"]}, "due: Give this once."),
        ({"page": "0"}, "Page: Give a whole number from 1."),
        ({"page": "x"}, "Page: Give a whole number from 1."),
        ({"page": "7"}, "Page: There is 1 page."),
        (
            {"page": "201"},
            "Page: Only the first 200 pages can be opened. Choose a filter, or sort the other way round.",
        ),
        ({"sort": "name"}, "Sort: Choose one of -created, created, due, -due, -updated, updated."),
        ({"q": "x" * 201}, "Search: Search for at most 200 letters of plain text."),
        ({"q": "\0"}, "Search: Search for at most 200 letters of plain text."),
        ({"colour": "red"}, "colour: This is not a parameter."),
    ],
)
def test_what_cannot_be_used_is_said_with_a_way_on(as_agent, ticket, params, sentence):
    response = as_agent.get(LIST, {**params, "priority": "normal"})

    assert response.status_code == 400
    assert sentence.removeprefix("due: ") in text(response)
    assert response.context["filters"].without_fault == f"{LIST}?priority=normal"
    assert ticket.subject not in response.text


@pytest.mark.parametrize("name", ["team", "assignee", "category", "tag"])
def test_a_foreign_value_is_refused_like_one_that_does_not_exist(as_agent, ticket, name):
    foreign = {"assignee": UserFactory(), "category": CategoryFactory(), "tag": TagFactory(), "team": TeamFactory()}
    make_ticket(team=foreign["team"], assignee=foreign["assignee"], category=foreign["category"])
    key = str(foreign[name].pk)

    answers = [as_agent.get(LIST, {name: value}) for value in (key, "999999")]

    assert [response.status_code for response in answers] == [400, 400]
    chip = name.capitalize() + ": {} ×"
    assert text(answers[0]).replace(chip.format(key), "") == text(answers[1]).replace(chip.format(999_999), "")
    assert str(foreign[name]) not in answers[0].text


def test_nobody_foreign_is_offered(as_agent, agent, ticket):
    make_ticket(assignee=UserFactory(name="Foreigner"), category=CategoryFactory(name="Theirs"))
    ours = person_with(Role.LEAD, ticket.team, name="Leo Lead")

    offered = {
        popover.name: [choice.title for choice in popover.choices.shown]
        for popover in as_agent.get(LIST).context["filters"].popovers
    }

    assert offered["assignee"] == ["Me", "Unassigned", agent.name, ours.name]
    assert offered["category"] == ["Uncategorised"]
    assert offered["team"] == ["Billing"]


def test_pages_turn_and_keep_the_question(as_agent, team, monkeypatch):
    for module in (listing, question):
        monkeypatch.setattr(module, "PAGE_SIZE", 2)
    tickets = [make_ticket(team=team) for _ in range(5)]

    first, last = (as_agent.get(LIST, {"sort": "created", "page": page}) for page in ("", "3"))

    assert listed(first) == tickets[:2]
    assert listed(last) == tickets[4:]
    assert first.context["found"].next.href == f"{LIST}?sort=created&page=2"
    assert "1–2 of 5 tickets" in text(first)
    assert "Page 3 of 3 Previous" in text(last)


def test_deep_pages_are_not_linked(as_agent, team, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    for module in (listing, question):
        monkeypatch.setattr(module, "PAGES_AT_MOST", 2)
    for _ in range(3):
        make_ticket(team=team)

    response = as_agent.get(LIST, {"page": "2"})

    assert response.context["found"].next is None
    assert "Page 2 of 2; older ones are found by a filter" in text(response)
    assert as_agent.get(LIST, {"page": "3"}).status_code == 400


def test_a_large_desk_is_not_sorted_by_change_before_it_is_filtered(as_agent, team, monkeypatch):
    monkeypatch.setattr(listing, "SORTED_BY_CHANGE_AT_MOST", 1)
    urgent, _ = make_ticket(team=team, priority=Priority.URGENT), make_ticket(team=team)

    whole = as_agent.get(LIST, {"sort": "updated"})
    part = as_agent.get(LIST, {"sort": "updated", "priority": "urgent"})

    assert whole.status_code == 400
    assert "Choose a filter first: so many tickets (2) cannot be sorted by their latest change." in text(whole)
    assert listed(part) == [urgent]


def test_an_empty_desk_says_what_to_do(as_agent):
    assert "No tickets yet" in text(as_agent.get(LIST))
    assert "Clear filters" in text(as_agent.get(LIST, {"status": "closed"}))


def test_the_number_of_queries_does_not_grow_with_the_list(as_agent, agent, team):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get(LIST)
        return len(captured)

    def one_more():
        person = person_with(Role.AGENT, team)
        ticket = make_ticket(
            team=team, assignee=person, category=CategoryFactory(), requester=RequesterFactory(), tags=[TagFactory()]
        )
        desk.reply(ticket=ticket, actor=agent, body="Where?", status=Status.PENDING)

    one_more()
    with_one = queries()
    one_more()
    one_more()

    # Session, person, and all that they may see; teams, people, categories, tags to choose from; how many,
    # which, and the tickets; of those that may be paused the history, calendars and targets.
    assert (with_one, queries()) == (13, 13)


@pytest.mark.parametrize(
    ("seconds_ago", "words", "look"),
    [
        (0, "in 8 h", ""),
        (8 * 3600 - 3600, "in 1 h", ""),
        (8 * 3600 - 3599, "in 1 h", "warn"),
        (8 * 3600, "in 0 s", "warn"),
        (8 * 3600 + 1, "missed 1 s ago", "bad"),
        (11 * 3600, "missed 3 h ago", "bad"),
    ],
)
def test_due_in_words(as_agent, at_now, team, seconds_ago, words, look):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    make_ticket(team=team, at=NOW - timedelta(seconds=seconds_ago))

    (row,) = as_agent.get(LIST).context["found"].rows

    assert (row.due.text, row.due.look, row.due.metric) == (words, look, SlaMetric.RESOLUTION)


def test_the_first_target_to_come_due_is_named_and_what_waits_is_paused(as_agent, agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=2 * 3600)
    fresh = make_ticket(team=team, at=NOW)
    waiting = make_ticket(team=team, at=NOW - timedelta(hours=1))
    desk.reply(ticket=waiting, actor=agent, body="Which printer?", status=Status.PENDING, at=NOW)
    solved = make_ticket(team=team, at=NOW - timedelta(hours=2))
    desk.set_status(ticket=solved, actor=agent, status=Status.RESOLVED, at=NOW)

    rows = as_agent.get(LIST).context["found"].rows

    assert [(row.ticket, row.due.text, row.due.metric) for row in rows] == [
        (fresh, "in 2 h", SlaMetric.FIRST_RESPONSE),
        (waiting, "paused", SlaMetric.RESOLUTION),
        (solved, "–", None),
    ]


# --- One ticket ---


def test_the_story_is_told_in_order_and_in_words(as_agent, agent, at_now, team):
    other = TeamFactory(name="Technical")
    person_with(Role.AGENT, other, name="Tom")
    requester = RequesterFactory(name="Rita Wu")
    ticket = make_ticket(team=team, requester=requester, body="It burns.", at=NOW - timedelta(hours=1))
    desk.assign(ticket=ticket, actor=agent, assignee=agent)
    desk.reply(ticket=ticket, actor=agent, body="Which one?", status=Status.PENDING)
    desk.add_note(ticket=ticket, actor=agent, body="Not again")
    desk.reply(ticket=ticket, actor=None, body="The red one")
    desk.set_priority(ticket=ticket, actor=agent, priority=Priority.URGENT)
    desk.set_category(ticket=ticket, actor=agent, category=CategoryFactory(name="Printers"))
    desk.set_tags(ticket=ticket, actor=agent, tags=[TagFactory(name="fire")])
    desk.move(ticket=ticket, actor=agent, team=other)
    desk.move(ticket=ticket, actor=agent, team=team)

    response = as_agent.get(page_of(ticket))

    assert told(response) == [
        "Rita Wu opened this ticket",
        "Ada Byron took it",
        "Ada Byron replied",
        "Ada Byron changed the status from New to Pending",
        "Ada Byron wrote an internal note",
        "Rita Wu replied",
        "Rita Wu changed the status from Pending to Open",
        "Ada Byron changed the priority from Normal to Urgent",
        "Ada Byron set the category to Printers",
        "Ada Byron added the tag fire",
        "Ada Byron moved it from Billing to Technical",
        "Ada Byron took it from Ada Byron",
        "Ada Byron moved it from Technical to Billing",
    ]
    assert [entry.look for entry in response.context["story"] if entry.body] == ["theirs", "ours", "internal", "theirs"]
    # The agent's zone is Berlin's.
    assert "Rita Wu opened this ticket 20 Nov 2026, 09:15" in text(response)


def test_an_event_from_before_the_creation_is_a_data_fault(as_agent, agent, team):
    ticket = make_ticket(team=team, at=NOW - timedelta(days=1))
    desk.reply(ticket=ticket, actor=agent, body="Early", at=NOW - timedelta(days=3))

    assert "Data fault The source gave 17 Nov 2026, 10:15" in text(as_agent.get(page_of(ticket)))


@pytest.fixture
def rated(team, agent):
    """A ticket that Ada's colleague resolved and that was rated."""
    colleague = person_with(Role.AGENT, team, name="Bob Roe")
    ticket = make_ticket(team=team, requester=RequesterFactory(name="Rita Wu"), at=NOW - timedelta(hours=3))
    desk.reply(ticket=ticket, actor=colleague, body="Done", status=Status.RESOLVED, at=NOW - timedelta(hours=2))
    desk.rate(ticket=ticket, score=2, comment="Too slow for me", at=NOW - timedelta(hours=1))
    return ticket, colleague


def test_a_rating_is_shown_to_whom_it_is_credited_and_to_leads(client, agent, team, rated):
    ticket, colleague = rated

    def sees(person) -> bool:
        client.force_login(person)
        response = client.get(page_of(ticket))
        assert ("Too slow for me" in response.text) == ("Rita Wu rated it 2 of 5" in told(response))
        return "Too slow for me" in response.text

    assert [sees(person) for person in (agent, colleague, person_with(Role.LEAD, team))] == [False, True, True]


def test_a_ticket_without_anything_is_shown_too(as_agent, team):
    ticket = make_ticket(team=team)

    response = as_agent.get(page_of(ticket))

    assert response.status_code == 200
    assert told(response) == ["The requester opened this ticket"]


def test_related_tickets_are_linked_where_they_may_be_seen(as_agent, agent, team):
    ours, theirs = make_ticket(team=team, subject="Survivor"), make_ticket(subject="Foreign survivor")
    first, second = make_ticket(team=team), make_ticket(team=team)
    manager = person_with(Role.MANAGER)
    desk.merge(ticket=first, into=ours, actor=manager)
    desk.merge(ticket=second, into=theirs, actor=manager)

    seen, unseen, survivor = (as_agent.get(page_of(one)) for one in (first, second, ours))

    assert f'href="{page_of(ours)}">#{ours.number} Survivor</a>' in seen.text
    assert "This ticket was merged into a ticket of another team" in text(unseen)
    assert "Foreign survivor" not in unseen.text
    assert page_of(theirs) not in unseen.text
    assert f'href="{page_of(first)}"' in survivor.text


def test_the_page_takes_as_many_queries_for_a_long_story(as_agent, agent, team):
    def queries(ticket: Ticket) -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get(page_of(ticket))
        return len(captured)

    short, long = make_ticket(team=team), make_ticket(team=team)
    for _ in range(3):
        person = person_with(Role.AGENT, team)
        desk.assign(ticket=long, actor=person, assignee=person)
        desk.set_category(ticket=long, actor=person, category=CategoryFactory())
        desk.set_tags(ticket=long, actor=person, tags=[TagFactory()])

    # Session, person, and all that they may see; the ticket, its tags, its relatives; events, calendars,
    # targets; names; teams, people, categories, tags.
    assert (queries(short), queries(long)) == (14, 14)


def test_names_are_text_and_nothing_else(as_agent, agent, team):
    agent.name = HOSTILE
    agent.save()
    ticket = make_ticket(
        team=team,
        subject=HOSTILE,
        requester=RequesterFactory(name=HOSTILE),
        category=CategoryFactory(name=HOSTILE),
        tags=[TagFactory(name=HOSTILE)],
        assignee=agent,
        body=HOSTILE,
    )
    desk.add_note(ticket=ticket, actor=agent, body="</textarea><script>alert(1)</script>")

    for address in (LIST, f"{LIST}?q=%3Cimg", page_of(ticket), f"{LIST}/new"):
        response = as_agent.get(address)
        assert (response.status_code, "<img src=x" in response.text, "<script>" in response.text) == (200, False, False)


# --- What is done to it ---


def send(client, ticket: Ticket, action: str, **fields):
    return client.post(page_of(ticket, action), {"revision": ticket.revision, **fields})


def change(client, ticket: Ticket, **fields):
    """Sends the form of fields as a browser does: with what it was filled in with, and what was changed."""
    ticket.refresh_from_db()
    form = client.get(page_of(ticket)).context["forms"]["change"]
    seen = {name: form[name].initial for name in form.fields if name != "revision"}
    data = {f"initial-{name}": value for name, value in seen.items()} | seen | fields
    return client.post(page_of(ticket, "change"), {"revision": ticket.revision, **data})


def test_a_reply_is_sent_and_the_ticket_taken_up(as_agent, ticket):
    response = send(as_agent, ticket, "reply", body="On my way", kind="public", status="")

    assert (response.status_code, response["Location"]) == (302, page_of(ticket) + "#main")
    assert events_of(ticket) == [("public_reply", None), ("status", Status.OPEN)]
    assert "Your reply is sent." in text(as_agent.get(page_of(ticket)))


def test_a_reply_sets_the_status_in_one_go(as_agent, ticket):
    send(as_agent, ticket, "reply", body="Done", kind="public", status="resolved")

    assert events_of(ticket) == [("public_reply", None), ("status", Status.RESOLVED)]


def test_a_note_answers_nothing(as_agent, ticket):
    send(as_agent, ticket, "reply", body="Ask Bob", kind="internal", status="on_hold")

    ticket.refresh_from_db()
    assert events_of(ticket) == [("internal_note", None), ("status", Status.ON_HOLD)]
    assert ticket.first_responded_at is None


def test_who_writes_second_is_told_and_keeps_the_text(as_agent, ticket):
    colleague = person_with(Role.AGENT, ticket.team, name="Bob Roe")
    desk.reply(ticket=ticket, actor=colleague, body="I have it")

    response = send(as_agent, ticket, "reply", body="Half an hour of writing", kind="internal", status="pending")

    assert response.status_code == 409
    assert "Somebody changed this ticket since you opened it." in text(response)
    assert '<textarea name="body"' in response.text
    assert ">Half an hour of writing</textarea>" in response.text
    assert response.context["forms"]["reply"]["kind"].value() == "internal"
    assert response.context["forms"]["reply"]["status"].value() == "pending"
    assert told(response)[1] == "Bob Roe replied"
    assert events_of(ticket) == [("public_reply", None), ("status", Status.OPEN)]
    # Having looked, they send it.
    assert f'name="revision" value="{ticket.revision + 1}"' in response.text


def test_a_form_sent_twice_is_one_reply(as_agent, ticket):
    answers = [send(as_agent, ticket, "reply", body="Once", kind="public", status="") for _ in range(2)]

    assert [response.status_code for response in answers] == [302, 409]
    assert TicketEvent.objects.filter(ticket=ticket, kind=EventKind.PUBLIC_REPLY).count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "  ", "kind": "public"}, "Write something first."),
        ({"body": "x" * 100_001, "kind": "public"}, "Write at most 100,000 letters."),
        ({"body": "a\0b", "kind": "public"}, "Null characters are not allowed."),
        ({"body": "Hello", "kind": "public", "status": "new"}, "Select a valid choice."),
        ({"body": "Hello", "kind": "public", "revision": "soon"}, "Open the ticket again, then repeat your change."),
        ({"body": "Hello", "kind": "public", "revision": ""}, "Open the ticket again, then repeat your change."),
    ],
)
def test_a_reply_that_cannot_be_sent_says_why(as_agent, ticket, fields, sentence):
    response = send(as_agent, ticket, "reply", **fields)

    assert response.status_code == 400
    assert sentence in text(response)
    assert events_of(ticket) == []


def test_fields_are_changed_together(as_agent, agent, ticket):
    category, tag = CategoryFactory(), TagFactory()

    response = change(
        as_agent, ticket, assignee=agent.pk, priority="high", category=category.pk, tags=[tag.pk], status="open"
    )

    assert response.status_code == 302
    assert events_of(ticket) == [
        ("assigned", agent.pk),
        ("priority", Priority.HIGH),
        ("category", category.pk),
        ("tags", None),
        ("status", Status.OPEN),
    ]


def test_what_nobody_changed_leaves_no_trace(as_agent, ticket):
    change(as_agent, ticket)

    assert events_of(ticket) == []
    assert "Nothing was changed." in text(as_agent.get(page_of(ticket)))


def test_a_ticket_is_moved_to_a_team_one_works_in_and_given_to_who_works_there(as_agent, agent, ticket):
    other, foreign = TeamFactory(name="Technical", agents=[agent]), TeamFactory(name="Secret service")
    as_agent.force_login(agent)
    offered = dict(as_agent.get(page_of(ticket)).context["forms"]["change"].fields["team"].choices)

    refused = change(as_agent, ticket, team=foreign.pk)
    moved = change(as_agent, ticket, team=other.pk)

    assert set(offered.values()) == {"Billing", "Technical"}
    assert (refused.status_code, moved.status_code) == (400, 302)
    assert "Secret service" not in refused.text
    assert events_of(ticket) == [("team", other.pk)]


def test_people_of_the_team_are_offered(as_agent, agent, ticket):
    colleague, stranger = person_with(Role.AGENT, ticket.team, name="Bob Roe"), UserFactory()
    offered = as_agent.get(page_of(ticket)).context["forms"]["change"].fields["assignee"].choices

    refused = change(as_agent, ticket, assignee=stranger.pk)

    assert [title for _, title in offered] == ["Unassigned", "Ada Byron (me)", colleague.name]
    assert refused.status_code == 400


def test_a_stale_form_overwrites_nothing_and_keeps_what_was_chosen(as_agent, ticket):
    form = as_agent.get(page_of(ticket)).context["forms"]["change"]
    seen = {name: form[name].initial for name in form.fields if name != "revision"}
    stale = {f"initial-{name}": value for name, value in seen.items()} | seen | {"revision": ticket.revision}
    lead = person_with(Role.LEAD, ticket.team)
    desk.set_priority(ticket=ticket, actor=lead, priority=Priority.URGENT)
    desk.set_status(ticket=ticket, actor=lead, status=Status.CLOSED)

    response = as_agent.post(
        page_of(ticket, "change"), {**stale, "assignee": "none", "category": "none", "team": seen["team"]}
    )
    category = CategoryFactory(name="Chosen")
    second = as_agent.post(page_of(ticket, "change"), {**stale, "category": category.pk})

    assert (response.status_code, second.status_code) == (409, 409)
    again = second.context["forms"]["change"]
    # Chosen by this writer; set by the other one meanwhile.
    assert (again["category"].value(), again["priority"].value(), again["status"].value()) == (
        str(category.pk),
        "urgent",
        "closed",
    )
    assert set(again.changed_data) - {"revision"} == {"category"}
    assert events_of(ticket) == [("priority", Priority.URGENT), ("status", Status.CLOSED)]


def test_only_moves_that_exist_are_offered_and_taken(as_agent, ticket, agent):
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED)
    offered = as_agent.get(page_of(ticket)).context["forms"]["change"].fields["status"].choices

    reopened = change(as_agent, ticket, status="open")

    assert [value for value, _ in offered] == ["resolved", "open", "pending", "on_hold", "closed"]
    assert reopened.status_code == 302
    assert events_of(ticket)[-1] == ("status", Status.OPEN)


def test_a_closed_ticket_takes_notes_only(as_agent, ticket, agent):
    desk.set_status(ticket=ticket, actor=agent, status=Status.CLOSED)
    ticket.refresh_from_db()

    page = as_agent.get(page_of(ticket))
    refused = send(as_agent, ticket, "reply", body="Still there?", kind="public")
    noted = send(as_agent, ticket, "reply", body="Called again", kind="internal")

    assert "The ticket is closed" in text(page)
    assert (refused.status_code, noted.status_code) == (409, 302)
    assert "A closed ticket takes no more replies." in text(refused)
    assert ">Still there?</textarea>" in refused.text


def test_a_duplicate_is_merged_and_the_survivor_shown(as_agent, ticket, team):
    survivor = make_ticket(team=team)

    response = send(as_agent, ticket, "merge", into=f" #{survivor.number} ")

    assert response["Location"] == page_of(survivor) + "#main"
    assert events_of(ticket) == [("merged", survivor.pk)]


@pytest.mark.parametrize("into", ["", "soon", "²", "9" * 19, "{self}", "{foreign}", "999999"])
def test_a_merge_that_cannot_be_is_said_in_place(as_agent, ticket, into):
    foreign = make_ticket()
    number = into.format(self=ticket.pk, foreign=foreign.pk)

    response = send(as_agent, ticket, "merge", into=number)

    assert response.status_code in (400, 409)
    assert f'id="id_into" value="{number}"' in response.text
    assert events_of(ticket) == []


def test_a_foreign_number_is_refused_like_none(as_agent, ticket):
    foreign = make_ticket()

    answers = [send(as_agent, ticket, "merge", into=str(number)) for number in (foreign.pk, 999_999)]

    assert [response.context["problems"] for response in answers] == [
        {"merge": "There is no ticket with this number that you may work on."}
    ] * 2


@pytest.mark.parametrize(
    ("action", "back", "mark"), [("spam", "no-spam", "marked as spam"), ("delete", "restore", "deleted")]
)
def test_what_is_taken_out_can_be_brought_back(as_agent, ticket, action, back, mark):
    assert send(as_agent, ticket, action).status_code == 302
    taken_out, page = listed(as_agent.get(LIST)), as_agent.get(page_of(ticket))
    ticket.refresh_from_db()
    again = send(as_agent, ticket, back)

    assert taken_out == []
    assert f"This ticket is {mark}." in text(page)
    assert 'name="body"' not in page.text
    assert again.status_code == 302
    assert listed(as_agent.get(LIST)) == [ticket]


def test_a_ticket_is_taken_and_reopened_by_a_button(as_agent, agent, ticket):
    def buttons(response) -> list[str]:
        return re.findall(r'<button class="btn">(Take it|Reopen)</button>', response.text)

    fresh = buttons(as_agent.get(page_of(ticket)))
    send(as_agent, ticket, "take")
    taken = buttons(as_agent.get(page_of(ticket)))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED)
    resolved = buttons(as_agent.get(page_of(ticket)))
    ticket.refresh_from_db()
    send(as_agent, ticket, "reopen")

    assert (fresh, taken, resolved) == (["Take it"], [], ["Reopen"])
    assert events_of(ticket) == [("assigned", agent.pk), ("status", Status.RESOLVED), ("status", Status.OPEN)]


def test_an_action_with_an_old_revision_changes_nothing(as_agent, agent, ticket):
    desk.add_note(ticket=ticket, actor=agent, body="Wait")

    response = send(as_agent, ticket, "delete")

    assert response.status_code == 409
    assert "Somebody changed this ticket" in text(response)
    assert events_of(ticket) == [("internal_note", None)]


def test_the_address_of_an_action_leads_back_to_the_ticket(as_agent, ticket):
    assert as_agent.get(page_of(ticket, "reply"))["Location"] == page_of(ticket)


def test_a_form_from_elsewhere_is_not_accepted(agent, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)

    assert send(client, ticket, "reply", body="Hello", kind="public").status_code == 403
    assert events_of(ticket) == []


# --- A new one ---


def new(client, **fields):
    plain = {"category": "none", "priority": "normal", "channel": "phone"}
    return client.post(f"{LIST}/new", {**plain, **fields})


def test_a_ticket_is_opened_for_a_requester_known_by_address(as_agent, agent, team):
    known = RequesterFactory(name="Rita Wu", email="rita@example.org")

    response = new(as_agent, subject="No paper", email="RITA@example.org", team=team.pk, body="In no tray")

    ticket = Ticket.objects.get()
    assert response["Location"] == page_of(ticket)
    assert (ticket.requester, ticket.subject, ticket.channel) == (known, "No paper", Channel.PHONE)
    assert told(as_agent.get(page_of(ticket))) == ["Ada Byron opened this ticket for Rita Wu"]


@pytest.mark.parametrize(
    ("seconds", "changed", "tickets"), [(59, {}, 1), (61, {}, 2), (0, {"body": "Nor in the other"}, 2)]
)
def test_a_button_pressed_twice_opens_one_ticket(as_agent, team, time_machine, seconds, changed, tickets):
    words = {"subject": "No paper", "name": "Walk-in", "team": team.pk, "body": "In no tray"}
    time_machine.move_to("2026-11-20T09:00:00Z", tick=False)
    first = new(as_agent, **words)
    time_machine.shift(timedelta(seconds=seconds))

    second = new(as_agent, **{**words, **changed})

    assert Ticket.objects.count() == tickets
    assert (first["Location"] == second["Location"]) == (tickets == 1)


def test_a_new_requester_needs_a_name_or_an_address(as_agent, team):
    nobody = new(as_agent, subject="No paper", team=team.pk)
    somebody = new(as_agent, subject="No paper", name="Walk-in", team=team.pk)

    assert nobody.status_code == 400
    assert "Say who asks: a name, an e-mail address or both." in text(nobody)
    assert 'value="No paper"' in nobody.text
    assert somebody.status_code == 302
    assert Requester.objects.get().name == "Walk-in"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"subject": " "}, "Say in a few words what it is about."),
        ({"email": "rita"}, "This is not an e-mail address."),
        ({"priority": "top"}, "Select a valid choice."),
        ({"team": "999999"}, "Select a valid choice."),
    ],
)
def test_a_ticket_that_cannot_be_opened_says_why(as_agent, team, fields, sentence):
    response = new(as_agent, **{"subject": "No paper", "name": "Rita", "team": team.pk, **fields})

    assert response.status_code == 400
    assert sentence in text(response)
    assert (Ticket.objects.count(), Requester.objects.count()) == (0, 0)


def test_a_ticket_is_opened_in_own_teams_only(as_agent):
    foreign = TeamFactory(name="Secret service")

    response = new(as_agent, subject="No paper", name="Rita", team=foreign.pk)

    assert response.status_code == 400
    assert "Secret service" not in response.text


# --- How it is counted ---


@pytest.fixture
def worked_example(team, agent):
    """The worked example of docs/metrics.md."""
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=2 * 3600)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        offset = 2 if day < 25 else 1
        return datetime(2026, 10, day, hour - offset, minute, tzinfo=UTC)

    ticket = make_ticket(team=team, at=at(23, 16, 30))
    desk.reply(ticket=ticket, actor=agent, body="Hello", at=at(26, 10, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.PENDING, at=at(26, 11))
    desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN, at=at(26, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=at(26, 16))
    desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN, at=at(27, 9, 30))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=at(27, 12))
    return ticket


def test_each_target_is_accounted_for_to_the_second(as_agent, worked_example):
    response = as_agent.get(page_of(worked_example))

    clocks = response.context["clocks"]
    assert [
        (clock.title, clock.verdict, clock.account.service_seconds, clock.account.wall_seconds) for clock in clocks
    ] == [
        ("First response", "met", 6_300, 240_300),
        ("Resolution 1", "met", 12_600, 261_000),
        ("Resolution 2", "met", 9_000, 9_000),
    ]
    assert [(part.title, part.seconds) for part in clocks[1].sums] == [
        ("Running", 12_600),
        ("Outside working hours", 261_000 - 12_600 - 14_400),
        ("Paused", 14_400),
    ]
    shown = text(response)
    assert "Target 2 h, service hours" in shown
    assert "26 Oct 2026, 11:00:00 26 Oct 2026, 15:00:00 Paused 14,400 4 h" in shown


def test_the_bar_says_what_it_shows(as_agent, worked_example):
    body = as_agent.get(page_of(worked_example)).text
    assert 'aria-label="Resolution 1: met. Running 3 h 30 min, Outside working hours 2 d 17 h, Paused 4 h."' in body
    assert '<rect class="sp-pending" x="' in body


def test_what_ran_on_after_a_miss_is_told_apart(as_agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(hours=3))

    response, resolution = as_agent.get(page_of(ticket)), as_agent.get(page_of(ticket)).context["clocks"][1]

    assert (resolution.verdict, resolution.look) == ("missed", "bad")
    # The second that decides is the first beyond the limit.
    assert [(part.title, part.seconds) for part in resolution.sums] == [("Running", 3601), ("Past the target", 7199)]
    assert resolution.due_mark.x == "33.333%"
    assert "due 20 Nov 2026, 08:15" in unescape(response.text)


def test_a_target_ahead_shows_what_is_left(as_agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=4 * 3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(hours=1))

    _, resolution = as_agent.get(page_of(ticket)).context["clocks"]

    assert (resolution.verdict, resolution.bars[0].width, resolution.rest.x) == ("running", "25.000%", "25.000%")


def test_a_verdict_of_the_source_is_said_to_be_one(as_agent, team):
    def happened(hours: int, kind: EventKind, **fields) -> EventDraft:
        return EventDraft(at=NOW + timedelta(hours=hours), kind=kind, **fields)

    first = {"team": team.pk, "priority": 2, "channel": 1}
    events = [
        happened(-3, EventKind.CREATED, data=first),
        happened(-2, EventKind.STATUS, value=Status.RESOLVED),
        happened(-2, EventKind.IMPORTED_VERDICT, value=0),
    ]
    take_in([TicketDraft("elsewhere", "E-7", "1", "Printer", events, RequesterFactory(name="Rita Wu"))])

    response = as_agent.get(page_of(Ticket.objects.get()))

    shown = text(response)
    assert told(response) == [
        "Automatic opened this ticket for Rita Wu",
        "Automatic changed the status from New to Resolved",
        "Automatic was told by the source: resolution target missed",
    ]
    assert "Resolution missed, by the source Running 1 h Judged where the ticket was imported from" in shown
    assert "Imported from elsewhere E-7" in shown


def test_a_long_life_is_drawn_in_slices(as_agent, at_now, team):
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(days=900))

    _, resolution = as_agent.get(page_of(ticket)).context["clocks"]

    assert len(resolution.rows) > 1000
    assert len(resolution.bars) <= 400
    assert round(sum(float(bar.width.rstrip("%")) for bar in resolution.bars)) == 100


# --- Own requests ---


@pytest.fixture
def customer():
    return UserFactory(name="Rita Wu")


@pytest.fixture
def own(team, customer):
    return make_ticket(
        team=team, requester=RequesterFactory(name="Rita Wu", user=customer), actor=customer, body="It burns."
    )


@pytest.fixture
def as_customer(client, customer):
    client.force_login(customer)
    return client


def own_page(ticket: Ticket) -> str:
    return f"/support/requests/{ticket.number}"


def test_a_customer_starts_at_their_own_requests(as_customer, own, ticket):
    response = as_customer.get("/", follow=True)

    assert response.redirect_chain[-1][0] == "/support/requests"
    assert [one.number for one in response.context["requests"]] == [own.number]
    assert [place.title for place in response.context["frame"]["places"]] == ["Your requests", "Outbox"]


def test_a_customer_sees_public_words_only(as_customer, own, agent):
    desk.reply(ticket=own, actor=agent, body="Which printer?", status=Status.PENDING)
    desk.add_note(ticket=own, actor=agent, body="Not again")
    desk.set_tags(ticket=own, actor=agent, tags=[TagFactory(name="difficult")])

    response = as_customer.get(own_page(own))

    assert [(said.author, said.body) for said in response.context["messages_said"]] == [
        ("You", "It burns."),
        ("Ada Byron", "Which printer?"),
    ]
    assert ("Not again" in response.text, "difficult" in response.text, "Billing" in response.text) == (False,) * 3


def test_a_request_of_somebody_else_is_not_there(as_customer, own, ticket, agent):
    desk.delete(ticket=own, actor=agent)

    for one in (ticket, own, Ticket(pk=999_999)):
        assert as_customer.get(own_page(one)).status_code == 404
        assert as_customer.post(own_page(one), {"body": "Hello", "own": 0}).status_code == 404
    assert as_customer.get(page_of(ticket)).status_code == 403


def test_a_customers_message_reopens(as_customer, own, agent, customer):
    desk.reply(ticket=own, actor=agent, body="Done", status=Status.RESOLVED)

    response = as_customer.post(own_page(own), {"body": "Not done", "own": 1})

    assert response["Location"] == own_page(own)
    assert events_of(own)[-2:] == [("public_reply", None), ("status", Status.OPEN)]
    assert own.events.latest("pk").actor == customer


def test_a_customers_message_sent_twice_is_one(as_customer, own):
    answers = [as_customer.post(own_page(own), {"body": "Hello?", "own": 1}) for _ in range(2)]

    assert [response.status_code for response in answers] == [302, 409]
    assert ">\nHello?</textarea>" in answers[1].text
    assert events_of(own) == [("public_reply", None)]


def test_a_message_to_a_closed_request_opens_one_that_follows(as_customer, own, agent):
    desk.set_status(ticket=own, actor=agent, status=Status.CLOSED)

    response = as_customer.post(own_page(own), {"body": "Again", "own": 1}, follow=True)

    follow_up = Ticket.objects.get(follow_up_of=own)
    assert response.redirect_chain[-1][0] == own_page(follow_up)
    assert f"Request {own.number} was closed. Your message opened this one." in text(response)


def test_who_asked_the_same_stays_unseen(as_customer, own, agent, client, customer):
    other = UserFactory(name="Ola Nord")
    duplicate = make_ticket(team=own.team, requester=RequesterFactory(user=other), actor=other, body="Mine too")
    desk.merge(ticket=duplicate, into=own, actor=agent)
    client.force_login(other)

    sent = client.post(own_page(duplicate), {"body": "My account number is 7", "own": 1})
    client.force_login(customer)
    seen = client.get(own_page(own))

    assert sent["Location"] == own_page(duplicate)
    assert events_of(own) == [("public_reply", None)]
    assert [said.body for said in seen.context["messages_said"]] == ["It burns."]
    assert "Ola Nord" not in seen.text


@pytest.mark.parametrize("fields", [{"body": " ", "own": 1}, {"body": "Hello"}, {"body": "Hello", "own": "x"}])
def test_an_incomplete_message_is_not_sent(as_customer, own, fields):
    assert as_customer.post(own_page(own), fields).status_code == 400
    assert events_of(own) == []


def test_a_ticket_tells_what_can_be_done_at_its_address(client):
    ticket = make_ticket()
    client.force_login(person_with(Role.AGENT, ticket.team))

    response = client.options(page_of(ticket))

    assert (response.status_code, response["Allow"]) == (200, "GET, HEAD, OPTIONS")
