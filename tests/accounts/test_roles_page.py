"""The page "Roles and capabilities"."""

import re
from html import unescape

import pytest
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role
from accounts.models import Membership
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

ROLES = "/roles"
HEADS = ["Customer", "Agent", "Team lead", "Manager", "Analyst", "Administrator"]
OWN, SELF, ALL, NO = "own teams", "self only", "all", "–"
REQUESTS = "own requests (status only)"
# By hand, after the specification.
TABLE = {
    "view_summary": [NO, OWN, OWN, ALL, ALL, ALL],
    "view_performance": [NO, OWN, OWN, ALL, ALL, ALL],
    "view_trends": [NO, OWN, OWN, ALL, ALL, ALL],
    "view_agents": [NO, SELF, OWN, ALL, ALL, ALL],
    "view_ratings": [NO, SELF, OWN, ALL, NO, ALL],
    "view_tickets": [REQUESTS, OWN, OWN, ALL, NO, ALL],
    "export_reports": [NO, NO, OWN, ALL, ALL, ALL],
    "schedule_reports": [NO, NO, OWN, ALL, NO, ALL],
    "work_tickets": [NO, OWN, OWN, ALL, NO, ALL],
    "import_tickets": [NO, NO, NO, "yes", NO, "yes"],
    "manage_api_tokens": [NO, "yes", "yes", "yes", "yes", "yes"],
    "manage_desk": [NO, NO, NO, "yes", NO, "yes"],
    "manage_people": [NO, NO, NO, NO, NO, "yes"],
    "view_audit": [NO, NO, NO, NO, NO, "yes"],
}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def matrix(response) -> dict[str, list[str]]:
    """The cells of the table as a reader sees them, by the capability's short name."""
    body = re.search(r'(?s)<table class="sticky matrix">.*?<tbody>(.*?)</tbody>', response.text)[1]
    rows = re.findall(r"(?s)<tr><th scope=\"row\">.*?<small>(\w+)</small></th>(.*?)</tr>", body)
    return {name: [words(cell) for cell in re.findall(r"(?s)<td.*?</td>", cells)] for name, cells in rows}


def own(response) -> dict[str, str]:
    """What stands under "What you may do", but for what the reader may not."""
    found = re.search(r'(?s)<dl class="own">(.*?)</dl>', response.text)[1]
    pairs = re.findall(r"(?s)<dt>(.*?)</dt><dd>(.*?)</dd>", found)
    labels = {capability.label: capability.value for capability in Capability}
    return {labels[words(title)]: words(told) for title, told in pairs if words(told) != "– no"}


@pytest.fixture
def page_for(client):
    def page_for(person):
        client.force_login(person)
        return client.get(ROLES)

    return page_for


def test_the_table_is_the_matrix(page_for):
    response = page_for(UserFactory())

    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', response.text)
    assert [words(head).removesuffix(" yours") for head in heads] == ["Capability", *HEADS]
    assert matrix(response) == TABLE


def test_the_table_can_be_read_out(page_for):
    html = page_for(UserFactory()).text
    table = re.search(r'(?s)<table class="sticky matrix">.*?</table>', html)[0]

    assert "<caption" in table
    assert table.count('scope="row"') == len(TABLE)
    assert table.count('scope="col"') == 1 + len(HEADS)
    assert re.findall(r'scope="colgroup" colspan="(\d)"', table) == ["1", "2", "3"]


def test_a_customer_may_see_their_own_requests(page_for):
    response = page_for(UserFactory())

    assert own(response) == {"view_tickets": REQUESTS}
    assert "You hold no role." in words(response.text)
    assert "An administrator of your desk can grant more" in words(response.text)


def test_an_agent_is_told_teams_by_name_and_no_others(page_for):
    TeamFactory(name="Secret")
    agent = person_with(Role.AGENT, TeamFactory(name="Billing"))
    Membership.objects.create(user=agent, team=TeamFactory(name="access"), role=Role.AGENT)

    response = page_for(agent)

    both = "access, Billing"
    assert own(response) == {
        "view_summary": both,
        "view_performance": both,
        "view_trends": both,
        "view_agents": f"self only in {both}",
        "view_ratings": f"self only in {both}",
        "view_tickets": both,
        "work_tickets": both,
        "manage_api_tokens": "yes",
    }
    assert "Agent, Billing" in words(response.text)
    assert "Secret" not in response.text


def test_a_lead_in_one_team_and_agent_in_another_sees_how_far_each_goes(page_for):
    person = person_with(Role.LEAD, TeamFactory(name="Billing"))
    Membership.objects.create(user=person, team=TeamFactory(name="Access"), role=Role.AGENT)

    told = own(page_for(person))

    assert told["view_agents"] == "Billing; self only in Access"
    assert told["export_reports"] == "Billing"


def test_a_single_grant_is_in_it(page_for):
    person = UserFactory()
    assign_perm(Capability.EXPORT_REPORTS, person, TeamFactory(name="Billing"))

    assert own(page_for(person)) == {"view_tickets": REQUESTS, "export_reports": "Billing"}


def test_a_role_for_the_whole_desk_reaches_all(page_for):
    told = own(page_for(person_with(Role.ADMINISTRATOR)))

    assert set(told) == set(Capability.values)
    assert (told["view_tickets"], told["view_audit"]) == ("all teams", "yes")


def test_a_superuser_holds_no_role_and_may_do_everything(page_for):
    response = page_for(UserFactory(is_superuser=True))

    assert set(own(response)) == set(Capability.values)
    assert "You may do everything in all teams, whatever your roles." in words(response.text)


def test_names_are_text(page_for):
    agent = person_with(Role.AGENT, TeamFactory(name="<img src=x onerror=alert(1)>"))

    assert "<img" not in page_for(agent).text


def test_whoever_is_not_signed_in_is_sent_to_do_so(client):
    assert client.get(ROLES)["Location"] == f"/sign-in?next={ROLES}"


def test_no_parameter_changes_it(page_for, client):
    # Nothing is asked here; an address with more to it is the same page.
    person = UserFactory()

    assert own(page_for(person)) == own(client.get(ROLES, {"user": "1"}))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_as_many_queries_for_many_teams_as_for_one(client, count, django_assert_num_queries):
    person = UserFactory()
    for _ in range(count):
        Membership.objects.create(user=person, team=TeamFactory(), role=Role.AGENT)
    client.force_login(person)

    # Session, person, one for the grants, roles, teams; where each comes from, which are roles and single grants.
    with django_assert_num_queries(7):
        client.get(ROLES)


def test_it_is_linked_from_the_menu_and_from_a_refusal(client):
    client.force_login(person_with(Role.AGENT, TeamFactory()))

    overview, refused = client.get("/support/reports/overview"), client.get("/audit")

    assert overview.text.count('href="/roles"') == 1
    assert refused.text.count('href="/roles"') == 2
