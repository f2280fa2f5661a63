"""The calendar's form in a browser: regions follow the country, the preview comes in a tab of its own."""

import pytest

from tests.factories import TeamFactory, UserFactory
from tickets.models import Calendar

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


@pytest.fixture
def form(page, live_server):
    TeamFactory(name="Berlin")
    person = UserFactory(is_staff=True, is_superuser=True)
    # The admin has no icon of its own, and the browser asks for one.
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{live_server.url}/sign-in")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/support/**")
    page.goto(f"{live_server.url}/admin/tickets/calendar/add/")
    return page


def test_regions_follow_the_country_and_the_preview_saves_nothing(faults, form):
    regions = form.locator("#id_region option")
    assert regions.all_inner_texts() == ["The whole country"]

    form.select_option("#id_country", label="Austria")
    form.select_option("#id_region", label="Tirol")
    form.get_by_label("Teams").select_option(label="Berlin")
    with form.context.expect_page() as opened:
        form.get_by_role("button", name="Preview in a new tab").click()
    opened.value.get_by_text("Next days off, Austria, Tirol").wait_for()
    opened.value.close()

    form.select_option("#id_country", label="France")
    assert form.input_value("#id_region") == ""
    assert not Calendar.objects.exists()
    assert faults == []
