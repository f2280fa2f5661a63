"""Events that cannot be as they are told: put right where they count, kept as told, and found again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import UserFactory, make_ticket
from tickets.services import desk

pytestmark = pytest.mark.django_db


def test_events_before_the_creation_are_found_in_the_admin(admin_client):
    early, fine = make_ticket(), make_ticket()
    reported_at = early.created_at - timedelta(hours=1)
    desk.reply(ticket=early, actor=UserFactory(), body="Early", at=reported_at)
    desk.reply(ticket=fine, actor=UserFactory(), body="In time")

    page = admin_client.get(reverse("admin:tickets_ticketevent_changelist"), {"fault": "early"})

    assert {event.ticket for event in page.context["cl"].result_list} == {early}
    assert reported_at.replace(microsecond=0).isoformat() in page.text
