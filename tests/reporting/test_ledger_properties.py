"""Made-up lives through the gate: the ledger they leave, and what reports make of it, against brute force.

The oracle is tests/oracle; each property names the rule of docs/metrics.md that it shows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from accounts.scope import EVERYTHING
from memberpulse.errors import Conflict
from reporting.answers import answer
from reporting.engine import Slice
from reporting.engine.sql import SqlEngine
from reporting.ledger import check, rebuild
from reporting.models import MetricEvent, MetricKind
from reporting.reports import measures
from tests.factories import (
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tests.oracle.clocks import OPEN_SPAN, Happening, Told
from tests.oracle.desk import DAY, Asked, Row, counted, key_metrics
from tests.oracle.desk import Desk as Rows
from tests.oracle.lives import EXCLUDING, USUAL, Cast, Desk, desks, in_order, moments
from tests.oracle.telling import as_rows, draft_of, enact, event_row
from tickets.choices import EventKind, Priority, Status, Writer
from tickets.models import Ticket, TicketEvent
from tickets.services import desk as services
from tickets.services.gate import Change, EventRefused, write
from tickets.services.intake import Taken, take_in

pytestmark = pytest.mark.django_db

BY = ("team", "agent", "status", "age")


@pytest.fixture
def cast() -> Cast:
    people = [UserFactory(password="") for _ in range(2)]
    # Deleted, so that it is in no figure itself.
    survivor = make_ticket(at=datetime(2001, 1, 1, tzinfo=UTC))
    services.delete(ticket=survivor, actor=people[0])
    return Cast(
        teams=tuple(TeamFactory().pk for _ in range(3)),
        agents=tuple(person.pk for person in people),
        categories=tuple(CategoryFactory().pk for _ in range(2)),
        organizations=(OrganizationFactory().pk,),
        tags=tuple(TagFactory().pk for _ in range(2)),
        survivor=survivor.pk,
    )


# --- To and from the database ---


def _forget() -> None:
    # The ticket that another is merged into, or follows, stays as long as that one does.
    Ticket.objects.filter(follow_up_of__source="made-up").delete()
    _made_up().update(merged_into=None)
    _made_up().delete()


def _write(desk: Desk) -> Rows:
    """Writes the desk in place of that of the last example; the rows that are to be counted."""
    _forget()
    enact(desk.law)
    take_in([draft_of(told, number) for number, told in enumerate(desk.many)])
    return _expected(desk)


def _expected(desk: Desk) -> Rows:
    found = (counted(number, told, desk.law, desk.until) for number, told in enumerate(desk.many))
    return Rows(row for rows in found for row in rows)


def _stored(until: int) -> Counter[Row]:
    """The rows in the database, their tickets by the numbers they have in the desk."""
    numbers = {pk: int(number) for pk, number in _made_up().values_list("pk", "external_id")}
    tags: dict[int, set[int]] = {pk: set() for pk in numbers}
    for pk, tag in Ticket.tags.through.objects.filter(ticket__in=numbers).values_list("ticket", "tag"):
        tags[pk].add(tag)
    rows = MetricEvent.objects.filter(ticket__in=numbers)
    found = as_rows(rows, until, {pk: frozenset(chosen) for pk, chosen in tags.items()})
    return Counter(replace(row, ticket=numbers[row.ticket]) for row in found)


def _made_up():
    return Ticket.objects.filter(source="made-up")


def _each(cast: Cast, check_one: Callable, *, most: int = 2, words: Sequence[str] = USUAL) -> None:
    """Runs ``check_one(desk, data)`` for many made-up desks."""

    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(desks(cast=cast, most=most, words=tuple(words)), st.data())
    def run(desk: Desk, data) -> None:
        check_one(desk, data)

    run()


def _turns(rows: Iterable[Row]) -> list[int]:
    """Every second at which a figure may change, and the one after it."""
    turns = {t for row in rows for t in (row.at, row.until) if t is not None}
    return sorted({turn + beside for turn in turns for beside in (0, 1)})


# --- What is counted ---


def test_ledger_has_the_rows_of_the_lives(cast):
    """History first: what is counted derives from the histories and the rules alone."""

    def check_one(desk, data):
        expected = _write(desk)

        assert _stored(desk.until) == Counter(expected.rows)

    _each(cast, check_one, words=[*USUAL, "verdict", *EXCLUDING])


def test_backlog_at_any_moment_is_the_open_spans_of_it(cast):
    """Open Tickets: the tickets open at any moment, by team, agent, status and age."""

    def check_one(desk, data):
        expected, engine = _write(desk), SqlEngine()

        for end in _turns(expected.rows):
            assert engine.stock(Slice(0, end, EVERYTHING), BY) == expected.stock(Asked(0, end), BY)

    _each(cast, check_one)


def test_open_spans_of_a_ticket_neither_touch_nor_overlap_in_the_same_state(cast):
    """Open Tickets: one span per stretch in which team, assignee, status and targets of an open ticket stay."""

    def check_one(desk, data):
        _write(desk)
        spans = sorted((row for row in _stored(desk.until) if row.kind == OPEN_SPAN), key=lambda r: (r.ticket, r.at))

        for earlier, later in pairwise(spans):
            if earlier.ticket == later.ticket:
                assert earlier.until < later.at or (earlier.until == later.at and not _is_same(earlier, later))

    _each(cast, check_one)


def _is_same(one: Row, other: Row) -> bool:
    return replace(one, at=0, until=0) == replace(other, at=0, until=0)


def test_open_account_adds_up_to_the_open_tickets_at_any_moment(cast):
    """SLA account: breached + running + paused + no_target = open tickets."""

    def check_one(desk, data):
        expected, engine = _write(desk), SqlEngine()

        for end in _turns(expected.rows):
            rows = Slice(0, end, EVERYTHING)
            standing, metrics = measures.Standing(engine, rows), key_metrics(expected, Asked(0, end))
            for metric, key in (("resolution", "resolution_rate"), ("response", "first_response_rate")):
                account = measures.sla_account(engine, metric, rows, standing)
                assert account == metrics[key]
                assert sum(account["open_account"].values()) == measures.open_tickets(standing)["value"]

    _each(cast, check_one, most=2)


def test_verdicts_of_a_period_add_up(cast):
    """SLA account: missed = missed_fulfilled + missed_open, and every resolution with a verdict is in met + missed."""

    def check_one(desk, data):
        expected, engine = _write(desk), SqlEngine()
        turns = _turns(expected.rows) or [0]
        start, end = sorted(data.draw(st.tuples(st.sampled_from(turns), st.sampled_from(turns))))
        rows = Slice(start, end, EVERYTHING)
        standing, metrics = measures.Standing(engine, rows), key_metrics(expected, Asked(start, end))

        for metric, key in (("resolution", "resolution_rate"), ("response", "first_response_rate")):
            account = measures.sla_account(engine, metric, rows, standing)

            assert account == metrics[key]
            assert account["missed"] == account["missed_fulfilled"] + account["missed_open"]

    _each(cast, check_one)


def test_excluded_tickets_leave_every_row_on_every_date_and_come_back(cast):
    """Excluded everywhere: all rows of a deleted, spam or merged-away ticket go; restored, they are all there again."""

    def check_one(desk, data):
        expected, number = _write(desk), data.draw(st.integers(0, len(desk.many) - 1))
        at, ticket = desk.many[number].end, _made_up().get(external_id=number)
        what, value, undone = data.draw(
            st.sampled_from([("deleted", True, False), ("spam", 1, 0), ("merged", cast.survivor, None)])
        )

        write([Change(ticket, [event_row(Happening(at, what, value))])])

        others = Counter(row for row in expected.rows if row.ticket != number)
        assert _stored(desk.until) == others
        if undone is not None:
            write([Change(ticket, [event_row(Happening(at, what, undone))])])
            assert _stored(desk.until) == Counter(expected.rows)

    _each(cast, check_one)


def test_merge_moves_nothing_to_the_ticket_that_survives(cast):
    """Excluded everywhere: the surviving ticket keeps its own history."""

    def check_one(desk, data):
        desk = replace(desk, many=(desk.many[0], desk.many[-1]))
        expected = _write(desk)
        duplicate, survivor = _made_up().get(external_id=0), _made_up().get(external_id=1)

        write([Change(duplicate, [event_row(Happening(desk.many[0].end, "merged", survivor.pk))])])

        assert _stored(desk.until) == Counter(row for row in expected.rows if row.ticket == 1)

    _each(cast, check_one)


def test_changed_dimensions_are_on_all_rows_however_old(cast):
    """A figure counts: category, priority, organization, channel and tags apply to the whole ticket as they are now."""

    def check_one(desk, data):
        desk = replace(desk, many=desk.many[:1])
        expected = _write(desk)
        name, value = data.draw(
            st.sampled_from([
                ("category", cast.categories[0]), ("category", None), ("organization", cast.organizations[0]),
                ("channel", 3), ("tags", frozenset(cast.tags)), ("tags", frozenset()),
            ])
        )  # fmt: skip
        at = desk.told.end + DAY

        write([Change(_made_up().get(), [event_row(Happening(at, name, value))])])

        def of_then(rows: Iterable[Row]) -> Counter[Row]:
            # Before the change: a new category may bring a new target with it.
            return Counter(
                replace(row, until=None) if row.until and row.until >= at else row for row in rows if row.at < at
            )

        changed = (replace(row, **{name: value}) for row in expected.rows)
        assert of_then(_stored(at).elements()) == of_then(changed)

    _each(cast, check_one)


# --- The order of writing ---


def _ticket(told: Told, number: int) -> Ticket:
    """The ticket as it was created, with nothing of what happened to it."""
    draft = draft_of(told, number)
    ticket = Ticket(source="made-up", external_id=number, subject=draft.subject)
    created = TicketEvent(
        at=draft.events[0].at, kind=EventKind.CREATED, writer=Writer.REQUESTER, data=draft.events[0].data
    )
    write([Change(ticket, [created])])
    return ticket


def test_order_of_writing_does_not_matter(cast):
    """Equal times go by id, and all else by time: told late, early or together, the same happenings count the same."""

    def check_one(desk, data):
        desk = replace(desk, many=desk.many[:1])
        expected = _expected(desk)
        order = _keeping_ties(data.draw(st.permutations(desk.told.happenings)), desk.told)
        cuts = sorted(data.draw(st.sets(st.integers(0, len(order)), max_size=3)))
        _forget()
        enact(desk.law)
        ticket = _ticket(desk.told, 0)

        for start, end in pairwise([0, *cuts, len(order)]):
            write([Change(ticket, [event_row(each) for each in order[start:end]])])

        assert _stored(desk.until) == Counter(expected.rows)

    _each(cast, check_one, most=1)


def _keeping_ties(order: Sequence[Happening], told: Told) -> list[Happening]:
    """``order``, in which those of one second follow each other as they were told."""
    waiting: dict[int, list[Happening]] = {}
    for each in told.happenings:
        waiting.setdefault(max(each.at, told.created), []).append(each)
    return [waiting[max(each.at, told.created)].pop(0) for each in order]


def test_one_by_one_is_the_same_as_in_bulk_and_as_derived_again(cast):
    """History first: figures can be rebuilt at any time, and are then the same."""

    def check_one(desk, data):
        expected = Counter(_expected(desk).rows)
        _forget()
        enact(desk.law)

        for number, told in enumerate(desk.many):
            ticket = _ticket(told, number)
            for each in told.happenings:
                write([Change(ticket, [event_row(each)])])

        assert _stored(desk.until) == expected
        assert [compared.different for compared in check()][-1] == []
        MetricEvent.objects.all().delete()
        list(rebuild())
        assert _stored(desk.until) == expected

    _each(cast, check_one, most=1, words=[*USUAL, "verdict", *EXCLUDING])


def test_order_and_batches_of_an_import_do_not_matter(cast):
    """History first: imports in any order and in any pieces, and told again, count the same."""

    def check_one(desk, data):
        expected = Counter(_expected(desk).rows)
        order = data.draw(st.permutations(range(len(desk.many))))
        drafts = [draft_of(desk.many[number], number) for number in order]
        cut = data.draw(st.integers(0, len(drafts)))
        _forget()
        enact(desk.law)

        taken = take_in(drafts[:cut]) + take_in(drafts[cut:])

        assert taken == Taken(created=len(drafts))
        assert _stored(desk.until) == expected
        assert take_in(drafts) == Taken(unchanged=len(drafts))
        retold = [replace(draft_of(desk.many[number], number), digest="another") for number in order]
        assert take_in(retold) == Taken(changed=len(drafts))
        assert _stored(desk.until) == expected

    _each(cast, check_one, words=[*USUAL, "verdict"])


# --- Reports ---

PERIODS = (1, 2, 3, 7)
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe")


def _as_told(metrics: dict) -> dict:
    """The overview's figures without the comparison, in the shape the oracle gives them."""
    plain = {
        key: {name: value for name, value in metric.items() if name != "previous"} for key, metric in metrics.items()
    }
    plain["open_tickets"]["by_age"] = [age["value"] for age in plain["open_tickets"]["by_age"]]
    return plain


def test_overview_is_that_of_brute_force_for_any_period_and_moment(cast):
    """Key metrics: open tickets, response time, SLA accounts and CSAT of local days, half open, cut at now."""
    reader = person_with(Role.MANAGER)

    def check_one(desk, data):
        expected = _write(desk)
        turns = _turns(expected.rows) or [desk.told.created]
        now = data.draw(st.sampled_from(turns))
        zone = ZoneInfo(
            data.draw(st.sampled_from(("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe")))
        )
        last = datetime.fromtimestamp(now, zone).date() - timedelta(days=data.draw(st.integers(0, 2)))
        first = last - timedelta(days=data.draw(st.sampled_from(PERIODS)) - 1)
        clock = data.draw(st.sampled_from(("service", "wall")))
        params = {"from": first.isoformat(), "to": last.isoformat(), "timezone": zone.key, "clock": clock}

        metrics = answer("summary", user=reader, params=params, now=now)["summary"].metrics

        # The second that the answer speaks of is in it.
        asked = Asked(_midnight(first, zone), min(_midnight(last + timedelta(days=1), zone), now + 1))
        assert _as_told(metrics) == key_metrics(expected, asked, f"{clock}_seconds")

    # A median of two is their mean.
    _each(cast, check_one, most=6, words=[*USUAL, *["reply"] * 8])


def _midnight(day: date, zone: ZoneInfo) -> int:
    """The first second of the local day, looked for from the evening before."""
    t = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 16 * 3600
    while datetime.fromtimestamp(t, zone).date() < day:
        t += 900
    return t


def test_a_target_counts_as_missed_a_second_after_it_was_due_with_nothing_written(cast):
    """Missed: at the first whole second beyond the limit; a late open ticket counts as missed now."""
    engine = SqlEngine()

    def misses(metric: str, t: int) -> tuple[int, int]:
        """How many misses there are after the second ``t``, and how many tickets are breached in it."""
        rows = Slice(0, t + 1, EVERYTHING)
        account = measures.sla_account(engine, metric, rows, measures.Standing(engine, rows))
        return account["missed_open"], account["open_account"]["breached"]

    def check_one(desk, data):
        _write(replace(desk, many=desk.many[:1]))
        for ticket in _made_up():
            dues = {"response": ticket.response_due_at, "resolution": ticket.resolution_due_at}
            for metric, due in dues.items():
                if due is not None:
                    moment = int(due.timestamp())
                    before, after = misses(metric, moment), misses(metric, moment + 1)

                    assert (before, after) == ((0, 0), (1, 1))

    _each(cast, check_one, most=1)


def test_figures_of_the_past_stay_when_only_the_future_is_written(cast):
    """A figure counts what happened in the period: last month's figures change only by a named correction."""

    def check_one(desk, data):
        cut = desk.told.created + max(0, data.draw(moments))
        past = tuple(
            replace(told, happenings=tuple(each for each in told.happenings if each.at <= cut))
            for told in desk.many
            if told.created <= cut
        )

        _write(replace(desk, many=past))
        then = _figures_until(cut)
        _write(desk)

        assert _figures_until(cut) == then

    _each(cast, check_one, words=[word for word in USUAL if word != "rating"])


def _figures_until(t: int) -> dict:
    """Figures of all time up to the second ``t``, but those that say how things are now."""
    engine, rows = SqlEngine(), Slice(0, t + 1, EVERYTHING)
    standing = measures.Standing(engine, rows)
    credited = [kind for kind in MetricKind if kind not in (MetricKind.CREATED, MetricKind.OPEN_SPAN)]
    return {
        "open": measures.open_tickets(standing),
        "standing": engine.stock(rows, BY),
        "created": engine.count(MetricKind.CREATED, rows, ("team",)),
        "counts": {kind: engine.count(kind, rows, ("team", "agent")) for kind in credited},
        "responses": measures.durations(engine, MetricKind.RESPONDED, rows, "service_seconds"),
        "resolutions": measures.durations(engine, MetricKind.RESOLVED, rows, "service_seconds"),
        "accounts": [measures.sla_account(engine, metric, rows, standing) for metric in measures.DECIDED],
    }


# --- What people do ---


def test_what_people_do_counts_by_who_they_are(cast):
    """Avg Response Time: never a bot's, a note, the requester's own, though one of ours, or the opening itself."""
    ann, bob = (User.objects.get(pk=pk) for pk in cast.agents)
    for person, team in ((ann, cast.teams[0]), (ann, cast.teams[1]), (bob, cast.teams[0])):
        Membership.objects.create(user=person, team_id=team, role=Role.AGENT)
    bot = UserFactory(password="", is_bot=True)
    writers = {ann: "agent", bob: "agent", bot: "automatic", None: "requester"}
    customers = {person: RequesterFactory(user=person) for person in (ann, bob)} | {None: RequesterFactory()}
    teams = {pk: Team.objects.get(pk=pk) for pk in cast.teams}

    def do(ticket: Ticket, each: Happening, actor: User | None) -> Ticket:
        told = {"ticket": ticket, "actor": actor, "at": datetime.fromtimestamp(each.at, UTC)}
        match each.what:
            case "reply":
                return services.reply(**told, body="Hello")
            case "note":
                return services.add_note(**told, body="Hm")
            case "status":
                return services.set_status(**told, status=Status(each.value))
            case "team":
                return services.move(**told, team=teams[each.value])
            case "priority":
                return services.set_priority(**told, priority=Priority(each.value))
            case "agent":
                return services.assign(**told, assignee=each.value and User.objects.get(pk=each.value))
        return ticket

    def check_one(desk, data):
        told, whose = desk.told, data.draw(st.sampled_from(list(customers)))
        _forget()
        enact(desk.law)
        ticket = services.create_ticket(
            subject="Made up",
            team=teams[told.first["team"]],
            actor=data.draw(st.sampled_from(list(writers))),
            requester=customers[whose],
            at=datetime.fromtimestamp(told.created, UTC),
        )
        Ticket.objects.filter(pk=ticket.pk).update(source="made-up", external_id="0")
        first = _columns(ticket.pk)
        now, seen = dict(first), []
        for each in told.happenings:
            actor = data.draw(st.sampled_from([ann, ann, bob, bob, bot, None]))
            try:
                written = do(ticket, each, actor)
            except (Conflict, EventRefused):
                continue
            by, writer = actor and actor.pk, "requester" if actor and actor == whose else writers[actor]
            # A customer's message to a closed ticket is one to another, new ticket.
            if each.what == "reply" and written.pk == ticket.pk:
                seen.append(Happening(each.at, "reply", None, by, writer))
            # What one deed brings about beside itself is seen in the ticket's columns.
            before, now = now, _columns(ticket.pk)
            seen += [Happening(each.at, name, now[name], by, writer) for name in now if now[name] != before[name]]

        lived = in_order(Told(told.created, first, tuple(seen)))
        assert _stored(desk.until) == Counter(counted(0, lived, desk.law, desk.until))

    _each(cast, check_one, most=1, words=["reply", "reply", "status", "status", "note", "team", "priority", "agent"])


def _columns(pk: int) -> dict:
    ticket = Ticket.objects.get(pk=pk)
    return {
        "status": ticket.status, "team": ticket.team_id, "agent": ticket.assignee_id, "priority": ticket.priority,
        "category": ticket.category_id, "organization": ticket.organization_id, "channel": ticket.channel,
        "tags": frozenset(),
    }  # fmt: skip
