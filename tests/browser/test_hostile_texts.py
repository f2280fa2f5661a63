"""Texts that somebody made to be run, in every name and subject, in a real browser: they are shown, none runs."""

from datetime import time

import pytest
from django.utils import timezone

from accounts.capabilities import Role
from reporting.models import SavedView
from reporting.services import schedules
from tests.factories import (
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric
from tickets.services import desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

# Each sets a mark if it runs: as an element, out of an attribute, of SVG, of a script's or style's text, of a template
# literal, by an address, as an entity that is read twice, and by what parsers mend.
TEXTS = (
    "<script>ran=1</script>",
    "</script><script>ran=1</script>",
    "<img src=x onerror=ran=1>",
    '"><img src=x onerror=ran=1>',
    "'><svg onload=ran=1>",
    '" onfocus=ran=1 autofocus x="',
    "</title><script>ran=1</script>",
    "</svg></text><script>ran=1</script>",
    "</template></textarea></style><img src=x onerror=ran=1>",
    "javascript:ran=1",
    "${ran=1}{{ran=1}}",
    "&lt;img src=x onerror=ran=1&gt;",
    "<svg><animate onbegin=ran=1 attributeName=x></svg>",
    "<math><mglyph><style></math><img src=x onerror=ran=1>",
    "--><img src=x onerror=ran=1><!--",
    "]]><script>ran=1</script>",
)
PAGES = [
    *(f"/support/reports/{name}" for name in ("overview", "performance", "agents", "trends")),
    "/support/reports/overview?behind=summary.open_tickets.period.value",
    "/support/reports/agents?behind=agents.agents.total.assigned",
    "/support/reports/schedules",
    "/support/reports/schedules/new",
    "/support/tickets",
    "/support/tickets/{number}",
]


@pytest.fixture
def hostile_desk(transactional_db):
    """The person to sign in as, and the number of a ticket, of a desk whose every text is hostile."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=7200)
    for text in TEXTS:
        team = TeamFactory(name=text)
        agent = person_with(Role.AGENT, team, name=text)
        organization = OrganizationFactory(name=text)
        ticket = make_ticket(
            team=team,
            assignee=agent,
            subject=text,
            body=text,
            category=CategoryFactory(name=text),
            organization=organization,
            requester=RequesterFactory(name=text),
        )
        ticket.tags.add(TagFactory(name=text))
        ticket = desk.reply(ticket=ticket, actor=agent, body=text, at=timezone.now())
    manager = person_with(Role.MANAGER, name=TEXTS[0])
    SavedView.objects.bulk_create(
        SavedView(owner=manager, name=text, report_key="summary", params={}) for text in TEXTS
    )
    for text in TEXTS:
        wish = schedules.Wish(text, "summary", "csv", {}, [manager], "day", time(7), "UTC")
        schedules.save_schedule(owner=manager, wish=wish)
    return manager, ticket.pk


def test_no_text_runs_in_any_page(page, live_server, sign_in, hostile_desk, faults):
    manager, number = hostile_desk
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    sign_in(manager)

    for path in PAGES:
        page.goto(live_server.url + path.format(number=number))
        page.wait_for_load_state("networkidle")
        for floating in page.locator("details:is(.menu, .tip) > summary:visible").all():
            floating.press("Enter")
            floating.press("Escape")
        for table in page.locator("details.data > summary:visible").all():
            table.press("Enter")
        for plot in page.locator(".plot[data-ready]").all():
            plot.focus()
            page.keyboard.press("End")
        assert page.evaluate("typeof window.ran") == "undefined", path
        assert page.get_by_text(TEXTS[0]).count() > 0, path
    # Exchanged within the page, too.
    page.goto(f"{live_server.url}/support/reports/overview")
    page.locator("#open_tickets .fig a").click()
    page.locator("#behind .rows").wait_for()

    assert page.evaluate("typeof window.ran") == "undefined"
    assert faults == []
