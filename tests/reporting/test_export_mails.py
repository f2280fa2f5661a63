"""The mail about an export: one, after the file is ready, with nothing in it but the way there."""

import smtplib
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import Membership, User
from reporting.models import Export, ExportMail, ExportState
from reporting.services import exports
from reporting.services.exports import mails
from reporting.services.exports.claims import Claim

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


def refused(code: int, text: bytes = b"no") -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"person@example.org": (code, text)})


NEVER = [
    refused(550),
    smtplib.SMTPSenderRefused(553, b"not you", "reports@example.org"),
    smtplib.SMTPDataError(554, b"spam"),
    smtplib.SMTPAuthenticationError(535, b"who are you"),
]
LATER = [
    refused(450),
    smtplib.SMTPDataError(451, b"greylisted"),
    smtplib.SMTPConnectError(421, b"busy"),
    smtplib.SMTPServerDisconnected("gone after DATA"),
    TimeoutError("timed out"),
    ConnectionRefusedError(111, "Connection refused"),
]


def test_mail_says_where_the_file_is_and_nothing_of_what_is_in_it(settings, built, manager):
    settings.SITE_URL = "https://desk.example.org"
    with time_machine.travel(NOW, tick=False):
        export = built(manager, "agents", "pdf", period="last_month")

    (message,) = mail.outbox
    ((html, _kind),) = message.alternatives
    link = f"https://desk.example.org/support/reports/exports/{export.pk}/download"
    assert message.to == [manager.email]
    assert message.subject == "Your export is ready: Agent Report, 1–31 Oct 2026"
    assert message.body == (
        "Your export is ready.\n\n"
        "Agent Report, 1–31 Oct 2026 (PDF)\n\n"
        f"Download it here, signed in as yourself:\n{link}\n\n"
        "It is kept until 28 Nov 2026, 10:15 (Europe/Berlin).\n\n"
        "MemberPulse Support Reporting\n\n"
    )
    assert f'<a href="{link}">' in html


def test_file_and_mail_are_in_the_language_of_who_gets_them(built, export_dir, manager):
    User.objects.filter(pk=manager.pk).update(language="de")
    with time_machine.travel(NOW, tick=False):
        built(manager, "agents", "csv", period="last_month")

    (message,) = mail.outbox
    assert message.subject == "Ihr Export ist fertig: Agentenbericht, 1.–31. Okt 2026"
    assert "Er wird bis 28. Nov 2026, 10:15 (Europe/Berlin) aufbewahrt." in message.body
    assert '<html lang="de">' in message.alternatives[0][0]
    (file,) = export_dir.iterdir()
    assert "Bericht,Agentenbericht" in file.read_text(encoding="utf-8-sig")


def test_mail_has_a_message_id_of_its_own_for_ever(built, manager):
    export = built(manager)

    domain = parseaddr(mail.outbox[0].from_email)[1].partition("@")[2]
    assert mail.outbox[0].message()["Message-ID"] == f"<export-{export.pk}-ready@{domain}>"
    assert ExportMail.objects.get().state == ExportMail.State.SENT


def test_who_wants_none_gets_none(built, manager):
    assert built(manager, wants_email=False).state == ExportState.READY
    assert mail.outbox == []


def test_mail_follows_the_commit(monkeypatch, built, manager):
    states = []
    monkeypatch.setattr("memberpulse.mail._hand_over", lambda message: states.append(Export.objects.get().state))

    built(manager)

    assert states == [ExportState.READY]


@pytest.mark.parametrize("error", NEVER, ids=lambda error: type(error).__name__)
def test_server_that_says_never_is_asked_once(mail_server, built, manager, error):
    mail_server += [error]

    export = built(manager)

    letter = ExportMail.objects.get()
    assert (export.state, letter.state, letter.attempt) == (ExportState.READY, ExportMail.State.REFUSED, 1)
    assert letter.reason[:3].isdigit()
    assert exports.words_for(export) == "Ready here; mail to you was refused."


@pytest.mark.parametrize("error", LATER, ids=lambda error: type(error).__name__)
def test_server_that_says_later_is_asked_again(mail_server, built, manager, error):
    mail_server += [error]

    export = built(manager)
    assert (export.state, exports.words_for(export), mail.outbox) == (ExportState.READY, "Ready", [])

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        exports.sweep()
    assert len(mail.outbox) == 1
    assert ExportMail.objects.get().state == ExportMail.State.SENT


def test_pauses_grow_and_then_it_is_given_up(mail_server, built, manager):
    mail_server += [TimeoutError("timed out")] * 6
    tries = []
    with time_machine.travel(NOW, tick=False) as clock:
        built(manager)
        while (letter := ExportMail.objects.get()).state == ExportMail.State.WAITING:
            tries.append(int((letter.next_try_at - timezone.now()).total_seconds() // 60))
            clock.move_to(letter.next_try_at - timedelta(seconds=1))
            exports.sweep()
            assert ExportMail.objects.get().attempt == letter.attempt
            clock.move_to(letter.next_try_at)
            exports.sweep()
        said = exports.words_for(Export.objects.get())

    assert tries == [1, 5, 15, 60, 240]
    assert (letter.state, letter.attempt, letter.reason) == (ExportMail.State.REFUSED, 6, "timed out")
    assert said == "Ready here; mail to you was refused."


def test_sender_that_dies_is_followed_by_another_with_the_same_message_id(monkeypatch, built, manager):
    class Killed(BaseException):
        pass

    def die(message):
        mail.outbox.append(message)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("memberpulse.mail._hand_over", die)
        with pytest.raises(Killed):
            built(manager)

    exports.sweep()
    assert len(mail.outbox) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        exports.sweep()
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == second


def test_who_lost_access_meanwhile_is_told_nothing(mail_server, built, lead):
    mail_server += [TimeoutError()]
    built(lead)
    Membership.objects.filter(user=lead).delete()

    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        exports.sweep()

    letter = ExportMail.objects.get()
    assert (mail.outbox, letter.state) == ([], ExportMail.State.REFUSED)
    assert letter.reason == "Your access changed before this finished."


def test_failure_is_told_once_with_its_reason(ask, manager):
    export = ask(manager)
    Claim.take(export.pk).fail("TIMEOUT")

    exports.sweep()
    exports.sweep()

    (message,) = mail.outbox
    assert "Took longer than 10 minutes. Narrow the range.\n" in message.body


def test_mail_that_cannot_be_made_holds_no_other_one_up(monkeypatch, ask, manager, lead):
    for export in (ask(manager), ask(lead)):
        Claim.take(export.pk).fail("TIMEOUT")
    make, broken = mails._message, [ValueError("broken")]

    def message(letter):
        if broken:
            raise broken.pop()
        return make(letter)

    monkeypatch.setattr(mails, "_message", message)
    exports.sweep()

    assert len(mail.outbox) == 1
