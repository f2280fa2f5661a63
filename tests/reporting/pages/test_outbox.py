"""The outbox: everybody's own mail, where there is no mail server."""

import pytest
from django.core.mail import EmailMessage

from accounts.capabilities import Role
from memberpulse.outbox import EmailBackend
from tests.factories import person_with
from tests.reporting.pages.reading import page, titles_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mails(settings, tmp_path, lead):
    settings.OUTBOX_DIR = tmp_path / "mail"
    ours = EmailMessage("Yours", "See https://desk.example.org/x <b>now</b>", to=[lead.email.upper()])
    EmailBackend().send_messages([ours, EmailMessage("Not yours", "Hidden", to=["other@example.org"])])


def test_everybody_sees_the_mail_to_themselves(as_lead, mails):
    response = as_lead.get("/support/outbox")

    assert [mail.subject for mail in response.context["mails"]] == ["Yours"]
    assert '<a href="https://desk.example.org/x" rel="nofollow">' in response.text
    assert "&lt;b&gt;now&lt;/b&gt;" in response.text


def test_mail_to_others_pushes_nobodys_own_out(as_lead, mails, monkeypatch):
    monkeypatch.setattr("reporting.views.outbox.SHOWN_AT_MOST", 1)

    assert [mail.subject for mail in as_lead.get("/support/outbox").context["mails"]] == ["Yours"]


def test_an_administrator_sees_all_mail(client, mails):
    client.force_login(person_with(Role.ADMINISTRATOR))

    assert [mail.subject for mail in client.get("/support/outbox").context["mails"]] == ["Not yours", "Yours"]


def test_with_a_mail_server_there_is_no_outbox(as_lead, settings):
    settings.HAS_OUTBOX = False

    assert as_lead.get("/support/outbox").status_code == 404
    places = as_lead.get(page("overview")).context["frame"]["places"]
    assert titles_of(places) == ["Tickets", "Reports", "Exports", "Schedules"]
