"""The demo desk itself: teams, people, working hours and promises, and those who ask for help."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.hashers import make_password

from accounts.authentication import DEMO_DOMAIN
from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from tickets.choices import Clock, Priority, SlaMetric
from tickets.demo.dice import Dice
from tickets.demo.plan import SOURCE, ZONE, Plan
from tickets.demo.topics import TOPICS
from tickets.demo.words import FAMILY_NAMES, GIVEN_NAMES, ORGANIZATIONS
from tickets.models import Calendar, Category, Organization, Requester, SlaTarget, Tag, TeamPolicy
from tickets.rules import Rules, current_rules

INBOX, INCIDENTS, CARE = "Inbox", "Incident Response", "Customer Care"
MINUTE, HOUR = 60, 3600


class Temper(NamedTuple):
    """How an agent works: their share of the team's tickets, time needed (1 is usual), ratings (0 is usual)."""

    share: float = 1.0
    pace: float = 1.0
    charm: float = 0.0


# The first of each team leads it.
AGENTS = {
    "Billing": {
        "Jonas Weber": Temper(0.7, 0.95, 0.02),
        "Priya Nair": Temper(1.4, 0.8, 0.05),
        "Lucía Fernández": Temper(1.0, 0.9, 0.03),
        "Kwame Mensah": Temper(1.0, 1.15, -0.02),
        "Ewa Nowak": Temper(0.8, 1.3, -0.05),
    },
    CARE: {
        "Nora Lindqvist": Temper(0.7, 0.9, 0.03),
        "Hannah Schmidt": Temper(1.3, 0.85, 0.04),
        "Mateo Rossi": Temper(1.0, 1.0, 0.0),
        "Fatou Diop": Temper(1.1, 0.95, 0.05),
        "Oliver Hughes": Temper(0.9, 1.35, -0.06),
        "Sophie Laurent": Temper(0.05, 1.2, 0.0),
    },
    "Technical Support": {
        "Amara Okafor": Temper(0.8, 0.85, 0.04),
        "Tomasz Zieliński": Temper(1.2, 1.05, -0.02),
        "Wei Chen": Temper(1.2, 0.9, 0.01),
        "Farid Rahimi": Temper(1.0, 1.1, 0.0),
        "Ingrid Solberg": Temper(0.9, 1.0, 0.02),
        "Diego Vargas": Temper(0.8, 1.3, -0.04),
    },
    "Onboarding": {
        "Aylin Kaya": Temper(1.2, 0.9, 0.05),
        "Daniel Cohen": Temper(0.8, 1.1, 0.0),
    },
    "Partner Desk": {
        "Grace Kim": Temper(1.0, 0.9, 0.03),
        "Marcus Johnson": Temper(1.0, 1.15, -0.01),
    },
    INCIDENTS: {
        "Chiara Romano": Temper(1.0, 0.8, 0.02),
        "Rahul Mehta": Temper(1.0, 0.9, 0.0),
        "Yuki Sato": Temper(1.0, 0.95, 0.02),
    },
}
ZONES = {"Partner Desk": "America/New_York"}

# Whom one can sign in as: the address before the @, a name and a role. Two of the agents have accounts of their own.
ACCOUNTS = {
    "administrator": ("Sofia Marchetti", Role.ADMINISTRATOR),
    "manager": ("Ines Krüger", Role.MANAGER),
    "lead": ("Jonas Weber", Role.LEAD),
    "agent": ("Priya Nair", Role.AGENT),
    "analyst": ("Kenji Tanaka", Role.ANALYST),
}

_OFFICE = [[[540, 1020]]] * 5 + [[], []]
_LONG = [[[480, 1200]]] * 5 + [[[600, 960]], []]
# Who is not named works around the clock.
WEEKS = {INBOX: _LONG, CARE: _LONG} | dict.fromkeys(
    ["Billing", "Technical Support", "Onboarding", "Partner Desk"], _OFFICE
)
HOLIDAYS = {
    "Europe/Berlin": ("01-01", "05-01", "10-03", "12-25", "12-26"),
    "America/New_York": ("01-01", "06-19", "07-04", "12-25"),
}

LIMITS = {
    SlaMetric.FIRST_RESPONSE: {
        Priority.LOW: 4 * HOUR,
        Priority.NORMAL: 2 * HOUR,
        Priority.HIGH: 1 * HOUR,
        Priority.URGENT: 30 * MINUTE,
    },
    SlaMetric.RESOLUTION: {
        Priority.LOW: 24 * HOUR,
        Priority.NORMAL: 8 * HOUR,
        Priority.HIGH: 6 * HOUR,
        Priority.URGENT: 4 * HOUR,
    },
}


class Agent(NamedTuple):
    user: User
    temper: Temper


@dataclass
class Desk:
    """What the lives of tickets need to know of the desk."""

    teams: dict[str, Team]
    agents: dict[str, list[Agent]]
    bot: User
    categories: dict[str, Category]
    tags: dict[str, Tag]
    requesters: list[Requester]
    rules: Rules


def furnish(plan: Plan) -> Desk:
    """The desk of ``plan`` in the database: made, as far as it is not there."""
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in (INBOX, *AGENTS)}
    categories = [topic.category for topic in TOPICS if topic.category]
    tags = [tag for topic in TOPICS for tag in topic.tags]
    desk = Desk(
        teams=teams,
        agents={team: list(_agents(teams[team], people)) for team, people in AGENTS.items()},
        bot=_person("Automatic answers", is_bot=True),
        categories={name: Category.objects.get_or_create(name=name)[0] for name in categories},
        tags={name: Tag.objects.get_or_create(name=name)[0] for name in [*tags, "outage", "escalated"]},
        requesters=_requesters(plan),
        rules=_promise(plan, teams),
    )
    for team in teams.values():
        # Soon enough to be seen in the outbox by whoever tries it.
        TeamPolicy.objects.get_or_create(team=team, defaults={"sends_surveys": True, "survey_delay_minutes": 1})
    for name, role in ACCOUNTS.values():
        if role not in (Role.LEAD, Role.AGENT):
            Membership.objects.get_or_create(user=_person(name), team=None, role=role)
    return desk


def _agents(team: Team, people: dict[str, Temper]) -> Iterator[Agent]:
    for place, (name, temper) in enumerate(people.items()):
        user = _person(name, time_zone=ZONES.get(team.name, ZONE.key))
        Membership.objects.get_or_create(user=user, team=team, role=Role.LEAD if place == 0 else Role.AGENT)
        yield Agent(user, temper)


def address_of(name: str) -> str:
    account = {person: word for word, (person, _) in ACCOUNTS.items()}.get(name)
    return f"{account or _plain(name)}{DEMO_DOMAIN}"


def _person(name: str, **fields) -> User:
    """Somebody of ours, who cannot sign in yet."""
    defaults = {"name": name, "password": make_password(None), **fields}
    return User.objects.get_or_create(email=address_of(name), defaults=defaults)[0]


def _plain(text: str) -> str:
    """``Tomasz Zieliński`` as ``tomasz.zielinski``."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ş", "s").replace("ł", "l"))
    return letters.encode("ascii", "ignore").decode().replace(" ", ".").replace("'", "")


def _promise(plan: Plan, teams: dict[str, Team]) -> Rules:
    """Working hours and SLA targets, in force before the first ticket."""
    since = plan.start - timedelta(days=1)
    years = range(since.year, plan.until.year + 2)
    for name, week in WEEKS.items():
        zone = ZONES.get(name, ZONE.key)
        holidays = [f"{year}-{day}" for year in years for day in HOLIDAYS[zone]]
        defaults = {"time_zone": zone, "week": week, "holidays": holidays}
        Calendar.objects.get_or_create(team=teams[name], valid_from=since, defaults=defaults)
    for target in _targets(teams):
        SlaTarget.objects.get_or_create(**target, valid_from=since)
    return current_rules()


def _targets(teams: dict[str, Team]) -> Iterator[dict]:
    for metric, limits in LIMITS.items():
        for priority, seconds in limits.items():
            yield {"metric": metric, "priority": priority, "seconds": seconds}
    partners = {"metric": SlaMetric.FIRST_RESPONSE, "priority": Priority.NORMAL, "team": teams["Partner Desk"]}
    yield {**partners, "seconds": 1 * HOUR}
    incidents = {"metric": SlaMetric.RESOLUTION, "priority": Priority.URGENT, "team": teams[INCIDENTS]}
    yield {**incidents, "clock": Clock.WALL, "seconds": 4 * HOUR}


def _requesters(plan: Plan) -> list[Requester]:
    """Those who ask for help, at organizations that are larger the earlier they are listed; a few at none."""
    dice = Dice(f"{plan.seed}/requesters")
    organizations = [Organization.objects.get_or_create(name=name)[0] for name in ORGANIZATIONS]
    drawn = [_requester(number, organizations, dice) for number in range(plan.requesters)]
    Requester.objects.bulk_create(drawn, ignore_conflicts=True, batch_size=1000)
    return list(Requester.objects.filter(source=SOURCE).order_by("pk"))


def _requester(number: int, organizations: list[Organization], dice: Dice) -> Requester:
    name = f"{dice.choice(GIVEN_NAMES)} {dice.choice(FAMILY_NAMES)}"
    organization = organizations[int(len(organizations) * dice.random() ** 2)] if dice.chance(0.94) else None
    host = _plain(organization.name).replace(".", "-") if organization else "mail"
    address = f"{_plain(name)}@{host}.example"
    return Requester(name=name, email=address, organization=organization, source=SOURCE, external_id=str(number))
