"""The mail that asks for a rating: planned with a resolution, sent once if that still stands, part of the history."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.utils import timezone

from accounts.capabilities import Role
from memberpulse import outbox
from memberpulse.mail import message_id_of
from reporting.models import MetricEvent, MetricKind
from tests.factories import RequesterFactory, TeamFactory, make_ticket, person_with
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.models import Requester, Survey, TeamPolicy, TicketEvent
from tickets.services import desk, rating_links, surveys
from tickets.services.intake import EventDraft, TicketDraft, take_in
from tickets.tasks import send_surveys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def clock():
    """Stands still at ``NOW`` unless it is moved."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def states() -> list[str]:
    return list(Survey.objects.order_by("next_try_at").values_list("state", flat=True))


def told(ticket) -> list[TicketEvent]:
    return list(ticket.events.filter(kind=EventKind.SURVEY_SENT))


# --- Planning ---------------------------------------------------------------------------------------------------------


def test_a_resolution_plans_a_survey(clock, resolved):
    ticket = resolved()

    survey = Survey.objects.get()
    assert (survey.ticket, survey.state, survey.resolved_at, survey.next_try_at) == (
        ticket,
        Survey.State.WAITING,
        NOW,
        NOW + HOUR,
    )
    assert survey.message_id == message_id_of(f"survey-{survey.pk}")
    assert mail.outbox == []


def test_a_team_without_a_policy_asks_for_nothing(resolved):
    resolved(team=TeamFactory())

    assert states() == []


def test_a_policy_can_leave_surveys_out(asking_team, resolved):
    TeamPolicy.objects.update(sends_surveys=False)
    resolved()

    assert states() == []


@pytest.mark.parametrize("email", ["", "nonsense", "a@example.org, b@example.org", "a@example.org\nBcc: b@example.org"])
def test_who_has_no_address_is_not_asked(resolved, email):
    requester = RequesterFactory()
    Requester.objects.update(email=email)
    requester.refresh_from_db()
    resolved(requester=requester)

    assert states() == []


def test_a_ticket_without_a_requester_asks_nobody(resolved):
    resolved(requester=None)

    assert states() == []


def test_a_reply_that_resolves_plans_one_too(asking_team, ann):
    ticket = make_ticket(team=asking_team, requester=RequesterFactory())
    desk.reply(ticket=ticket, actor=ann, body="Done.", status=Status.RESOLVED)

    assert states() == [Survey.State.WAITING]


def test_closing_an_open_ticket_is_a_resolution(asking_team, ann):
    ticket = make_ticket(team=asking_team, requester=RequesterFactory())
    desk.set_status(ticket=ticket, actor=ann, status=Status.CLOSED)

    assert states() == [Survey.State.WAITING]


def test_closing_a_resolved_ticket_is_none(clock, asking_team, ann, resolved):
    TeamPolicy.objects.update(sends_surveys=False)
    ticket = resolved()
    TeamPolicy.objects.update(sends_surveys=True)
    clock.shift(HOUR)

    desk.set_status(ticket=ticket, actor=ann, status=Status.CLOSED)

    assert states() == []


def test_nobody_is_asked_about_what_was_imported(asking_team):
    first = {"team": asking_team.pk, "priority": Priority.NORMAL, "channel": Channel.EMAIL, "assignee": None}
    events = [
        EventDraft(NOW, EventKind.CREATED, Writer.REQUESTER, data=first),
        EventDraft(NOW + HOUR, EventKind.STATUS, Writer.AGENT, value=Status.RESOLVED),
    ]
    take_in([TicketDraft("old-desk", "1", "", "Printer on fire", events, requester=RequesterFactory())])

    assert states() == []


def test_resolved_again_is_asked_about_once(clock, ann, resolved):
    ticket = resolved()
    clock.shift(HOUR / 2)
    desk.set_status(ticket=ticket, actor=ann, status=Status.OPEN)
    clock.shift(HOUR / 4)
    desk.set_status(ticket=ticket, actor=ann, status=Status.RESOLVED)

    first, second = Survey.objects.order_by("resolved_at")
    assert (first.state, first.reason, second.state) == (
        Survey.State.DROPPED,
        "The ticket was reopened.",
        Survey.State.WAITING,
    )
    clock.shift(HOUR)
    surveys.deliver_due()
    assert len(mail.outbox) == 1


def test_a_mail_that_may_be_on_its_way_counts_as_asked(clock, ann, resolved):
    """What was handed to a server that then did not answer may have been taken."""
    ticket = resolved()
    Survey.objects.update(attempt=1)
    desk.set_status(ticket=ticket, actor=ann, status=Status.OPEN)
    clock.shift(HOUR)
    desk.set_status(ticket=ticket, actor=ann, status=Status.RESOLVED)

    assert states() == [Survey.State.WAITING]


@pytest.mark.parametrize(("later", "planned"), [(timedelta(days=30) - SECOND, 1), (timedelta(days=30), 2)])
def test_a_ticket_is_asked_about_once_in_30_days(clock, ann, resolved, later, planned):
    ticket = resolved()
    clock.shift(HOUR)
    surveys.deliver_due()
    sent_at = timezone.now()
    desk.set_status(ticket=ticket, actor=ann, status=Status.OPEN)
    clock.move_to(sent_at + later)

    desk.set_status(ticket=ticket, actor=ann, status=Status.RESOLVED)

    assert Survey.objects.count() == planned


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_it_is_sent_when_it_is_due_and_not_before(clock, resolved):
    resolved()

    clock.move_to(NOW + HOUR - SECOND)
    send_surveys()
    assert mail.outbox == []

    clock.move_to(NOW + HOUR)
    send_surveys()
    send_surveys()
    assert len(mail.outbox) == 1


def test_mail_asks_in_plain_words(settings, clock, resolved):
    settings.SITE_URL, settings.DESK_TIME_ZONE = "https://desk.example.org", "Europe/Berlin"
    ticket = resolved(subject="Printer on fire")
    clock.shift(HOUR)
    surveys.deliver_due()

    (message,) = mail.outbox
    survey = Survey.objects.get()
    link = rating_links.link_to(survey.pk)
    assert link.startswith("https://desk.example.org/rate/")
    assert message.to == [ticket.requester.email]
    assert message.subject == f"How did we do? #{ticket.pk} Printer on fire"
    assert message.extra_headers == {"Message-ID": survey.message_id, "Auto-Submitted": "auto-generated"}
    assert message.body == (
        "Hello Rita,\n\n"
        "we have marked your request as resolved:\n\n"
        f"#{ticket.pk} Printer on fire\n"
        "Resolved on 20 Nov 2026, 10:00 (Europe/Berlin)\n\n"
        "How happy are you with our help? Open the line that fits:\n\n"
        f"1 – very unhappy\n{link}?score=1\n\n"
        f"2 – unhappy\n{link}?score=2\n\n"
        f"3 – so-so\n{link}?score=3\n\n"
        f"4 – happy\n{link}?score=4\n\n"
        f"5 – very happy\n{link}?score=5\n\n"
        "Nothing is sent before you press the button on the page that opens. There you can also add a few words. "
        "You need no account, and the links work for 30 days.\n\n"
        "Thank you!\nMemberPulse Support\n\n"
    )
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert [html.count(f'href="{link}?score={score}"') for score in range(1, 6)] == [1] * 5
    assert html.count("http") == 5


def test_names_and_subjects_stay_one_line_and_text(clock, resolved):
    subject = "Bill\r\nBcc: all@example.org\n\nhttps://evil.example/\u202e <img src=x onerror=alert(1)> " + "x" * 200
    resolved(subject=subject, requester=RequesterFactory(name="Rita\n\nPay here: https://evil.example"))
    clock.shift(HOUR)
    surveys.deliver_due()

    (message,) = mail.outbox
    ((html, _),) = message.alternatives
    assert len(message.subject) == 200
    assert message.subject.isprintable()
    assert message.message()["Bcc"] is None
    assert message.body.splitlines()[0] == "Hello Rita Pay here: https://evil.example,"
    assert [line for line in message.body.splitlines() if line.startswith(("Bcc", "https://evil"))] == []
    assert ("<img" in html, "&lt;img src=x" in html) == (False, True)


def _forget(ticket, ann) -> None:
    ticket.requester.email = ""
    ticket.requester.save()


CHANGES = {
    "The ticket was reopened.": lambda ticket, ann: desk.set_status(ticket=ticket, actor=ann, status=Status.OPEN),
    "The team does not ask for ratings any more.": lambda ticket, ann: TeamPolicy.objects.update(sends_surveys=False),
    "The requester has no e-mail address any more.": _forget,
    "The resolution has been rated already.": lambda ticket, ann: desk.rate(ticket=ticket, score=5),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_what_has_changed_meanwhile_drops_it(clock, ann, resolved, reason):
    ticket = resolved()
    CHANGES[reason](ticket, ann)
    clock.shift(HOUR)

    surveys.deliver_due()

    survey = Survey.objects.get()
    assert (mail.outbox, survey.state, survey.reason) == ([], Survey.State.DROPPED, reason)
    assert told(ticket) == []


@pytest.mark.parametrize("gone", [desk.delete, desk.mark_spam, lambda **who: desk.merge(into=make_ticket(), **who)])
def test_nobody_is_asked_about_an_excluded_ticket(clock, ann, resolved, gone):
    gone(ticket=resolved(), actor=ann)
    clock.shift(HOUR)

    surveys.deliver_due()

    survey = Survey.objects.get()
    assert (mail.outbox, survey.state) == ([], Survey.State.DROPPED)
    assert survey.reason == "The ticket was deleted, marked as spam or merged into another."


def test_a_ticket_closed_since_is_still_asked_about(clock, ann, resolved):
    ticket = resolved()
    clock.shift(HOUR)
    desk.set_status(ticket=ticket, actor=ann, status=Status.CLOSED)

    surveys.deliver_due()

    assert (len(mail.outbox), states()) == (1, [Survey.State.SENT])


def test_the_team_that_has_it_now_decides(clock, ann, resolved):
    """The policy of the team that took the ticket over holds, as it does for closing."""
    ticket = resolved()
    desk.move(ticket=ticket, actor=ann, team=TeamFactory())
    clock.shift(HOUR)

    surveys.deliver_due()

    assert (mail.outbox, states()) == ([], [Survey.State.DROPPED])


def test_a_server_that_says_later_is_asked_again(clock, mail_server, resolved):
    resolved()
    mail_server += [SMTPDataError(451, b"greylisted")]
    clock.shift(HOUR)
    surveys.deliver_due()
    survey = Survey.objects.get()
    assert (mail.outbox, survey.state, survey.reason) == ([], Survey.State.WAITING, "451 greylisted")

    clock.shift(timedelta(minutes=1))
    surveys.deliver_due()

    assert (len(mail.outbox), states()) == (1, [Survey.State.SENT])


def test_an_address_that_is_refused_is_given_up(clock, mail_server, resolved):
    ticket = resolved()
    mail_server += [SMTPRecipientsRefused({ticket.requester.email: (550, b"nobody here")})]
    clock.shift(HOUR)
    surveys.deliver_due()
    clock.shift(timedelta(days=1))
    surveys.deliver_due()

    survey = Survey.objects.get()
    assert (mail.outbox, survey.state, survey.reason) == ([], Survey.State.REFUSED, "550 nobody here")
    assert told(ticket) == []


# --- The history ------------------------------------------------------------------------------------------------------


def test_the_history_tells_of_it_once_and_it_is_counted_for_who_resolved(clock, ann, resolved):
    ticket = resolved()
    clock.shift(HOUR)
    desk.assign(ticket=ticket, actor=ann, assignee=person_with(Role.AGENT, ticket.team))

    surveys.deliver_due()
    surveys.deliver_due()

    (event,) = told(ticket)
    assert (event.at, event.writer, event.actor, event.data) == (
        NOW + HOUR,
        Writer.AUTOMATIC,
        None,
        {"resolved_at": int(NOW.timestamp())},
    )
    (counted,) = MetricEvent.objects.filter(kind=MetricKind.SURVEYED)
    assert (counted.agent, counted.team, counted.met) == (ann, ticket.team, False)


def test_one_history_that_cannot_be_told_holds_no_other_up(monkeypatch, clock, resolved):
    broken, sound = resolved(), resolved()
    clock.shift(HOUR)
    write = surveys.write
    monkeypatch.setattr(surveys, "write", lambda changes: 1 / 0 if changes[0].ticket == broken else write(changes))

    surveys.deliver_due()
    assert (len(mail.outbox), told(broken), len(told(sound))) == (2, [], 1)

    monkeypatch.setattr(surveys, "write", write)
    clock.shift(HOUR)
    surveys.deliver_due()
    assert (len(mail.outbox), [event.at for event in told(broken)]) == (2, [NOW + HOUR])


# --- Killed, and many at once -----------------------------------------------------------------------------------------


@pytest.fixture
def mailbox(settings, tmp_path):
    """The Message-IDs of what arrived, from a mail server that outlives the process of the sender."""
    settings.EMAIL_BACKEND, settings.OUTBOX_DIR = "memberpulse.outbox.EmailBackend", tmp_path
    return lambda: [message["Message-ID"] for message in outbox.messages()]


def send_and_be_killed(owner: str, name: str, monkeypatch) -> None:
    """Sends in a process of its own, which kills itself right after the function ``name`` returned."""
    connections.close_all()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        return
    try:
        module = __import__(owner, fromlist=[name])
        function = getattr(module, name)

        def then_die(*args, **kwargs):
            function(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(module, name, then_die)
        surveys.deliver_due()
    finally:
        os._exit(1)


@pytest.mark.django_db(transaction=True)
def test_killed_after_the_server_took_it_sends_the_same_again_and_tells_once(monkeypatch, mailbox, resolved):
    ticket = resolved()
    Survey.objects.update(next_try_at=timezone.now())

    send_and_be_killed("memberpulse.mail", "_hand_over", monkeypatch)

    surveys.deliver_due()
    assert (len(mailbox()), states(), told(ticket)) == (1, [Survey.State.WAITING], [])
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        surveys.deliver_due()
        surveys.deliver_due()
    assert mailbox() == [Survey.objects.get().message_id] * 2
    assert (states(), len(told(ticket))) == ([Survey.State.SENT], 1)


@pytest.mark.django_db(transaction=True)
def test_killed_before_the_history_tells_sends_nothing_again(monkeypatch, mailbox, resolved):
    ticket = resolved()
    Survey.objects.update(next_try_at=timezone.now())

    send_and_be_killed("memberpulse.mail", "deliver_due", monkeypatch)
    assert (len(mailbox()), states(), told(ticket)) == (1, [Survey.State.SENT], [])

    surveys.deliver_due()
    survey = Survey.objects.get()
    assert (len(mailbox()), [event.at for event in told(ticket)]) == (1, [survey.sent_at.replace(microsecond=0)])


@pytest.mark.django_db(transaction=True)
def test_many_senders_send_one_mail_and_tell_once(mailbox, resolved):
    ticket = resolved()
    Survey.objects.update(next_try_at=timezone.now())

    def send(_) -> None:
        try:
            surveys.deliver_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as senders:
        list(senders.map(send, range(16)))

    assert (len(mailbox()), len(told(ticket))) == (1, 1)
