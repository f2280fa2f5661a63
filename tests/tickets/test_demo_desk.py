"""The demo desk: believable figures, and people who can sign in outside production."""

from collections import Counter
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from django.contrib.auth import authenticate, get_user
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import TokenAuthentication
from accounts.capabilities import Role
from accounts.models import ApiToken, Membership, User
from reporting.models import MetricEvent, MetricKind
from tests.tickets.test_seed_demo import NOW, rows, seed_demo
from tickets.choices import OPEN_STATUSES, EventKind, Status
from tickets.demo import seed
from tickets.demo.plan import Plan
from tickets.models import Ticket, TicketEvent

BERLIN = ZoneInfo("Europe/Berlin")
PARAMETERS = ("--tickets=400", "--months=4", "--seed=1")
PASSWORD = "tera-kovu-mipo-sadi"


@pytest.fixture(scope="module")
def _planted(django_db_setup, django_db_blocker, tmp_path_factory):
    """One demo desk for all tests of this file."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(configured, "VAR_DIR", tmp_path_factory.mktemp("var"))
        seed_demo(*PARAMETERS)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def desk(_planted, db, settings, tmp_path):
    """The demo desk; what a test changes is undone."""
    settings.VAR_DIR = tmp_path
    seed.welcome(PASSWORD, tmp_path / "welcome.txt")


def local_creations() -> list[datetime]:
    return [at.astimezone(BERLIN) for at in Ticket.objects.values_list("created_at", flat=True)]


def share_met(kind: MetricKind) -> float:
    decided = MetricEvent.objects.filter(kind=kind, at__lte=NOW.timestamp())
    return decided.filter(met=True).count() / decided.count()


def test_all_tickets_are_there(desk):
    assert Ticket.objects.filter(source="demo").count() == 400


def test_workdays_are_busier_than_weekends(desk):
    days = Counter(at.weekday() for at in local_creations())

    assert min(days[day] for day in range(5)) > 1.5 * max(days[5], days[6])


def test_most_tickets_come_in_working_hours(desk):
    by_day = [at for at in local_creations() if 8 <= at.hour < 18]

    assert 0.6 < len(by_day) / 400 < 0.95


def test_outage_week_brings_a_spike_in_one_category(desk):
    plan = Plan(400, 4, 1, NOW)
    tickets = Ticket.objects.filter(category__name="Login & access")
    begins, ends = (datetime.fromtimestamp(at, UTC) for at in plan.outage)

    in_week = tickets.filter(created_at__gte=begins, created_at__lt=ends).count()

    weeks = (NOW - plan.start).days / 7
    assert in_week > 2 * (tickets.count() - in_week) / (weeks - 1)


def test_categories_differ_in_size_and_some_tickets_have_none(desk):
    sizes = Counter(Ticket.objects.values_list("category__name", flat=True))

    assert sizes.most_common(1)[0][0] == "Billing"
    assert 0 < sizes[None] < 40
    assert len(sizes) == 12


def test_backlog_is_young_with_few_old_tickets(desk):
    backlog = Ticket.objects.filter(status__in=OPEN_STATUSES, is_spam=False, merged_into=None)
    ages = sorted((NOW - at).days for at in backlog.values_list("created_at", flat=True))

    assert 8 <= len(ages) <= 40
    assert ages[len(ages) // 2] < 14
    assert {Status.OPEN, Status.PENDING} <= set(backlog.values_list("status", flat=True))


def test_rates_are_those_of_a_decent_desk(desk):
    assert 0.88 <= share_met(MetricKind.RESOLUTION_DECIDED) <= 0.97
    assert 0.86 <= share_met(MetricKind.RESPONSE_DECIDED) <= 0.95
    assert 0.78 <= share_met(MetricKind.RATED) <= 0.94


def test_some_tickets_are_reopened_moved_merged_and_spam(desk):
    kinds = Counter(TicketEvent.objects.values_list("kind", flat=True))

    assert 4 <= MetricEvent.objects.filter(kind=MetricKind.REOPENED).count() <= 40
    assert min(kinds[kind] for kind in (EventKind.TEAM, EventKind.MERGED, EventKind.SPAM, EventKind.PRIORITY)) > 0


def test_merged_ticket_repeats_the_one_that_survives(desk):
    merged = Ticket.objects.exclude(merged_into=None).select_related("merged_into")

    assert merged.count() > 0
    for ticket in merged:
        survivor = ticket.merged_into
        assert (survivor.subject, survivor.requester) == (ticket.subject, ticket.requester)
        assert (survivor.created_at <= ticket.created_at, survivor.is_excluded) == (True, False)


def test_no_event_lies_in_the_future_or_before_its_creation(desk):
    assert not TicketEvent.objects.filter(at__gt=NOW).exists()
    assert not TicketEvent.objects.filter(at__lt=F("ticket__created_at")).exists()
    # The gate would have moved such an event to the creation, and kept what it was told.
    assert not TicketEvent.objects.filter(data__has_key="reported_at").exists()


def test_stored_figures_equal_the_derived_ones(desk):
    out = StringIO()

    call_command("rebuild_metrics", "--check", stdout=out)

    assert "equals" in out.getvalue()


# --- Who can sign in --------------------------------------------------------------------------------------------------

ADDRESSES = [f"{role}@demo.example" for role in Role]


@pytest.mark.parametrize("role", Role)
def test_accounts_sign_in_and_hold_their_role(desk, role):
    user = authenticate(HttpRequest(), username=f"{role}@demo.example", password=PASSWORD)

    assert list(user.memberships.values_list("role", flat=True)) == [role]
    assert (user.is_staff, user.is_superuser) == (
        role in (Role.ADMINISTRATOR, Role.MANAGER),
        role == Role.ADMINISTRATOR,
    )


def test_nobody_else_can_sign_in(desk):
    others = User.objects.exclude(email__in=ADDRESSES)

    assert others.count() > 20
    assert not [user for user in others if user.has_usable_password()]


def test_lead_and_agent_share_a_team_and_have_tickets(desk):
    lead, agent = (User.objects.get(email=f"{role}@demo.example") for role in (Role.LEAD, Role.AGENT))

    teams = set(Membership.objects.filter(user__in=[lead, agent]).values_list("team__name", flat=True))

    assert teams == {"Billing"}
    assert min(person.assigned_tickets.count() for person in (lead, agent)) > 5


def test_production_mode_keeps_demo_accounts_out(desk, settings, client):
    client.force_login(User.objects.get(email="manager@demo.example"))
    settings.PRODUCTION = True

    assert authenticate(HttpRequest(), username="manager@demo.example", password=PASSWORD) is None
    assert not client.session.is_empty()
    assert signed_in_user(client).is_anonymous


def signed_in_user(client):
    """Whom the session of ``client`` stands for, as a request would see it."""
    request = HttpRequest()
    request.session = client.session
    return get_user(request)


def test_production_mode_refuses_tokens_of_demo_accounts(desk, settings):
    _, secret = ApiToken.objects.create(User.objects.get(email="manager@demo.example"))
    settings.PRODUCTION = True

    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate_credentials(secret.encode())


# --- Again, and in the way --------------------------------------------------------------------------------------------


def test_same_parameters_again_change_nothing(desk, tmp_path):
    before = rows()

    printed = seed_demo(*PARAMETERS)

    assert printed == "This demo desk is there already.\n"
    assert rows() == before
    assert PASSWORD in (tmp_path / "welcome.txt").read_text()
    assert authenticate(HttpRequest(), username="agent@demo.example", password=PASSWORD)


def test_password_can_be_set_anew(desk):
    seed_demo(*PARAMETERS, "--password=another-good-one")

    assert authenticate(HttpRequest(), username="agent@demo.example", password="another-good-one")


@pytest.mark.parametrize("other", ["--tickets=401", "--months=5", "--seed=2", "--until=2026-11-18T14:29+00:00"])
def test_other_parameters_are_refused(desk, other):
    with pytest.raises(CommandError, match="--tickets 400 --months 4 --seed 1 --until 2026-11-18T14:30"):
        seed_demo(*PARAMETERS, other)
