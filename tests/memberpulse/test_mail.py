"""What every planned mail has in common; what it says and when is told by the tests of those that plan it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from memberpulse.mail import deliver_due, message_for, one_line
from tests.factories import make_ticket
from tests.smtp import HANG, HANG_UP, ScriptedServer
from tickets.models import Survey


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Umsatz\r\nBcc: all@example.org", "Umsatz Bcc: all@example.org"),
        ("a\tb\x00c\x7fd", "a bcd"),
        ("tricky\u202egnp.exe", "trickygnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\u2028lines\u2029more\x85end", "two lines more end"),
        ("plain – 1–31 Oct 2026", "plain – 1–31 Oct 2026"),
    ],
)
def test_header_is_one_line_of_what_is_seen(text, line):
    assert one_line(text) == line


# --- With a mail server behind a socket -------------------------------------------------------------------------------

LATER = {
    "busy at the door": {"greet": b"421 too many connections"},
    "hangs at the door": {"greet": HANG},
    "hangs up at the door": {"greet": HANG_UP},
    "sender not now": {"MAIL": b"451 try later"},
    "recipient not now": {"RCPT": b"450 greylisted"},
    "no mail now": {"DATA": b"452 disk full"},
    "mail not now": {"taken": b"451 virus scanner is down"},
    "hangs up before the mail": {"DATA": HANG_UP},
}
NEVER = {
    "sender never": {"MAIL": b"553 who are you"},
    "recipient never": {"RCPT": b"550 nobody here"},
    "mail never": {"taken": b"554 this is spam"},
}
TAKEN = {
    "as it should": {},
    "in many lines": {"taken": b"250-queued\r\n250 as 4711"},
    "hangs up instead of saying goodbye": {"QUIT": HANG_UP},
    "hangs instead of saying goodbye": {"QUIT": HANG},
    "goodbye is an error": {"QUIT": b"421 closing"},
}
# The server has the mail, and cannot say so: all that is left is to send the same again.
UNSAID = {"hangs up after the mail": {"taken": HANG_UP}, "hangs after the mail": {"taken": HANG}}


@pytest.fixture
def serve(settings):
    """Starts a server with a script, which takes all mail of the test."""
    servers = []

    def serve(*script: dict) -> ScriptedServer:
        servers.append(ScriptedServer(list(script)))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", servers[-1].port, 0.3
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


@pytest.fixture
def send():
    """Plans a mail; each call is a run of the sender, a minute after the last."""
    ticket = make_ticket()
    planned = Survey.objects.create(
        ticket=ticket, resolved_at=ticket.created_at, next_try_at=timezone.now(), message_id="<one@desk.example>"
    )
    runs = []

    def send() -> Survey:
        runs.append(None)
        with time_machine.travel(timezone.now() + timedelta(minutes=len(runs)), tick=True):
            deliver_due(Survey.objects.all(), write=_written)
        planned.refresh_from_db()
        return planned

    return send


def _written(planned: Survey):
    return message_for(planned, to="rita@example.org", subject="Hello", text="Hello", html="<p>Hello</p>")


@pytest.mark.django_db
@pytest.mark.parametrize("fault", LATER)
def test_server_that_says_later_takes_it_the_next_time(serve, send, fault):
    server = serve(LATER[fault])

    first = send()
    assert (first.state, first.attempt, server.taken) == (Survey.State.WAITING, 1, [])
    assert first.reason
    second = send()

    assert (second.state, second.attempt, second.reason) == (Survey.State.SENT, 2, "")
    assert server.taken == [second.message_id]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", NEVER)
def test_server_that_says_never_is_not_asked_again(serve, send, fault):
    server = serve(NEVER[fault])

    first, second = send(), send()

    assert (first.state, second.attempt, server.taken) == (Survey.State.REFUSED, 1, [])
    (reply,) = NEVER[fault].values()
    assert first.reason == reply.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", TAKEN)
def test_server_that_has_it_does_not_get_it_again(serve, send, fault):
    server = serve(TAKEN[fault])

    first, _ = send(), send()

    assert (first.state, first.attempt, server.taken) == (Survey.State.SENT, 1, [first.message_id])


@pytest.mark.django_db
@pytest.mark.parametrize("fault", UNSAID)
def test_server_that_does_not_say_that_it_has_it_gets_the_same_again(serve, send, fault):
    server = serve(UNSAID[fault])

    send()
    second = send()

    assert (second.state, server.taken) == (Survey.State.SENT, [second.message_id])
    assert server.heard == [second.message_id] * 2


@pytest.mark.django_db
def test_no_server_at_all_is_asked_again(serve, send):
    serve().close()

    first = send()

    assert (first.state, first.reason) == (Survey.State.WAITING, "[Errno 111] Connection refused")
