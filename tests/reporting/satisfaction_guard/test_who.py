"""Who is guarded: whoever may not see single agents there; and that any filter but the team withholds."""

import pytest

from accounts.capabilities import Role
from accounts.models import Membership
from accounts.scope import EVERYTHING, Scope
from reporting.answers import answer
from reporting.engine import Slice
from reporting.engine.sql import SqlEngine
from tests.factories import CategoryFactory, OrganizationFactory, TagFactory, TeamFactory, UserFactory, person_with
from tests.reporting.satisfaction_guard.rating import (
    NOW,
    OCTOBER,
    SENTENCE,
    guard_of,
    is_told,
    moment,
    rate,
    rate_enough,
    total_of,
)

pytestmark = pytest.mark.django_db


# --- With which filters ---


@pytest.mark.parametrize("name", ["agent", "category", "organization", "tag", "priority", "channel"])
def test_any_filter_but_the_team_withholds(team, viewer, others, name):
    category, organization, tag = CategoryFactory(), OrganizationFactory(), TagFactory()
    rate_enough(team, others, category=category, organization=organization, tags=[tag])
    chosen = {
        "agent": viewer.pk,
        "category": category.pk,
        "organization": organization.pk,
        "tag": tag.pk,
        "priority": "normal",
        "channel": "web",
    }

    assert is_told(viewer, **OCTOBER, team=team.pk, clock="wall")
    assert not is_told(viewer, **OCTOBER, **{name: chosen[name]})
    assert total_of(viewer, **OCTOBER, **{name: chosen[name]})["ratings"] is None


def test_every_chosen_team_has_to_be_enough_by_itself(team, viewer, others):
    second = TeamFactory(agents=[viewer])
    rate_enough(team, others)
    rate(second, others[0])

    asked = ({}, {"team": team.pk}, {"team": second.pk}, {"team": [team.pk, second.pk]})

    assert [is_told(viewer, **OCTOBER, **teams) for teams in asked] == [False, True, False, False]
    assert [total_of(viewer, **OCTOBER, **teams)["ratings"] for teams in asked] == [None, 5, None, None]


# --- Who ---


@pytest.mark.parametrize("role", [Role.LEAD, Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR])
def test_whoever_may_see_single_agents_is_told_of_one_rating(team, others, role):
    rate(team, others[0], on="2026-11-19")
    user = person_with(role, team if role == Role.LEAD else None)

    summary = answer("summary", user=user, params={"period": "7d"}, now=NOW)["summary"]

    assert (summary.metrics["csat"]["count"], summary.metrics["csat"]["withheld"]) == (1, None)
    assert [row["csat"] for row in summary.section("key_metrics_over_time").rows if row["csat"] is not None] == [1]
    assert total_of(user, period="7d")["ratings"] == 1
    assert all("withheld" not in row for section in summary.sections for row in section.rows)
    assert [section.note for section in summary.sections if SENTENCE in section.note] == []


def test_a_superuser_without_a_role_is_told(team, others):
    rate(team, others[0])

    assert is_told(UserFactory(is_superuser=True), period="all")


def test_who_leads_one_team_is_told_there_and_guarded_where_they_are_an_agent(team, viewer, others):
    led = TeamFactory(leads=[viewer])
    rate(led, others[0])
    rate_enough(team, others[:2] + others[:1])
    asked = ({}, {"team": led.pk}, {"team": team.pk}, {"team": led.pk, "priority": "normal"})

    assert [is_told(viewer, **OCTOBER, **params) for params in asked] == [False, True, False, True]
    rate(team, others[2])
    assert [is_told(viewer, **OCTOBER, **params) for params in asked] == [True, True, True, True]
    assert not is_told(viewer, **OCTOBER, priority="normal")
    assert total_of(viewer, period="30d")["ratings"] is None


def test_an_agent_who_leads_the_same_team_is_not_guarded(team, viewer, others):
    Membership.objects.create(user=viewer, team=team, role=Role.LEAD)
    rate(team, others[0])

    assert is_told(viewer, period="all")


def test_nothing_is_asked_where_nobody_is_guarded_or_the_period_decides(team, viewer):
    """There is no engine to ask."""
    rows = Slice(moment("2026-10-02"), moment("2026-11-01"), Scope(team_ids=frozenset({team.pk})))

    assert not guard_of(person_with(Role.LEAD, team)).withholds(rows)
    assert not guard_of(person_with(Role.MANAGER)).withholds(rows.with_scope(EVERYTHING))
    assert guard_of(viewer).withholds(rows)


def test_the_whole_desk_is_withheld_from_whom_it_may_not_be_told_by_agent(team, viewer, others):
    rate_enough(team, others)
    rows = Slice(moment("2026-10-01"), moment("2026-11-01"), EVERYTHING)

    assert guard_of(viewer, SqlEngine()).withholds(rows)
