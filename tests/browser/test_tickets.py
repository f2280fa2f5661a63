"""Tickets as people work on them: by keyboard, without script, on a phone, in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.capabilities import Role
from tests.browser.conftest import PASSWORD
from tests.factories import (
    CategoryFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric, Status
from tickets.models import Ticket
from tickets.services import desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
HOSTILE = '"><img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture
def team(transactional_db):
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=3600)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    return TeamFactory(name="Billing")


@pytest.fixture
def agent(team):
    return person_with(Role.AGENT, team, email="ada@example.org", name="Ada Byron")


@pytest.fixture
def ticket(team, agent):
    """A ticket with something of everything, whose names mean harm."""
    person_with(Role.AGENT, team, name=f"Bob {HOSTILE}")
    ticket = make_ticket(
        team=team,
        subject=f"Invoice {HOSTILE}",
        requester=RequesterFactory(name=f"Rita {HOSTILE}"),
        category=CategoryFactory(name=f"Bills {HOSTILE}"),
        tags=[TagFactory(name=f"tag {HOSTILE[:40]}")],
        body=HOSTILE,
        at=timezone.now() - timezone.timedelta(hours=30),
    )
    desk.reply(ticket=ticket, actor=agent, body="Which invoice?", status=Status.PENDING)
    desk.add_note(ticket=ticket, actor=agent, body="Asked the bookkeeper.")
    desk.reply(ticket=ticket, actor=None, body="The last one.")
    ticket.refresh_from_db()
    return ticket


def violations(page: Page) -> str:
    results = Axe().run(page)
    return results.generate_report() if results.violations_count else ""


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until what is called so has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if (
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
            ).strip()
            == name
        ):
            return
    raise AssertionError(f"Tab does not reach “{name}”.")


def test_the_whole_way_by_keyboard(page, sign_in, ticket, agent, faults):
    sign_in(agent)
    tab_to(page, "Tickets")
    page.keyboard.press("Enter")
    page.wait_for_url("**/support/tickets")
    tab_to(page, ticket.subject)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/support/tickets/{ticket.number}")
    tab_to(page, "Reply")
    page.keyboard.press("Enter")
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type("It is corrected.")
    page.keyboard.press("Tab")
    page.keyboard.type("Resolved")
    tab_to(page, "Send")
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_have_text("Your reply is sent.")
    expect(page.locator(".story .ours").last).to_contain_text("It is corrected.")
    expect(page.locator(".head .status")).to_have_text("Resolved")
    assert Ticket.objects.get(pk=ticket.pk).status == Status.RESOLVED
    assert faults == []


def test_filters_fields_and_tags_are_set_with_a_pointer(page, live_server, sign_in, ticket, agent, faults):
    sign_in(agent)
    page.goto(f"{live_server.url}/support/tickets/?q=invoice")
    page.locator("summary", has_text="Assignee").click()
    page.locator("details[open] label", has_text="Unassigned").click()
    page.locator("details[open]").get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_have_text(["Search: invoice×", "Assignee: Unassigned×"])

    page.get_by_role("link", name="Invoice").click()
    page.get_by_label("Assignee").select_option(label="Ada Byron (me)")
    page.locator(".tags summary").click()
    page.locator(".tags label").first.click()
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator(".messages")).to_have_text("Your changes are kept.")
    expect(page.locator(".story li").last).to_contain_text("removed the tag")
    assert Ticket.objects.get(pk=ticket.pk).assignee == agent
    assert faults == []


def test_who_is_second_sends_again_without_script(browser, live_server, ticket, agent):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/sign-in?next=/support/tickets/{ticket.number}")
    page.get_by_label("E-mail address").fill(agent.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Message", exact=True).fill("Long thought about.")
    page.get_by_text("Internal note", exact=True).last.click()
    desk.add_note(ticket=ticket, actor=agent, body="Quick one.")

    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody changed this ticket since you opened it.")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Long thought about.")
    expect(page.get_by_label("Internal note")).to_be_checked()
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".messages")).to_have_text("Your note is kept.")
    assert [event.body for event in ticket.events.order_by("pk")][-2:] == ["Quick one.", "Long thought about."]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_nothing_bars_the_way(page, live_server, sign_in, ticket, agent, faults, scheme, width):
    """No violation of any of axe's rules, no page wider than its window, nothing in the console."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    sign_in(agent)
    problems = []

    for path in ("/support/tickets/", f"/support/tickets/{ticket.number}", "/support/tickets/new", "/support/requests"):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        for table in page.locator("details.data > summary").all():
            table.click()
        problems.append(violations(page))
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path

    assert problems == [""] * 4
    assert faults == []


def test_what_is_refused_bars_nothing_either(page, live_server, sign_in, ticket, agent):
    sign_in(agent)
    page.goto(f"{live_server.url}/support/tickets/{ticket.number}")
    page.get_by_role("button", name="Send").click()
    refused = violations(page)
    page.goto(f"{live_server.url}/support/tickets/?team=999")

    assert [refused, violations(page)] == ["", ""]
