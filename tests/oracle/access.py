"""Who may do what, told a second time: by hand, in plain Python, sharing nothing with the product.

``expected`` says what somebody gets at an address. A new address needs a line in ``ADDRESSES`` here, a new page of the
admin one in ``ADMIN_PAGES``.
"""

from dataclasses import dataclass, field
from functools import cache

# --- The matrix -------------------------------------------------------------------------------------------------------

ROLES = ("agent", "lead", "manager", "analyst", "administrator")
# By role in this order: all of the desk (A), own teams (T), self only (S) or nothing (-).
TABLE = {
    "view_summary": "TTAAA",
    "view_performance": "TTAAA",
    "view_trends": "TTAAA",
    "view_agents": "STAAA",
    "view_ratings": "STA-A",
    "view_tickets": "TTA-A",
    "export_reports": "-TAAA",
    "schedule_reports": "-TA-A",
    "work_tickets": "TTA-A",
    "import_tickets": "--A-A",
    "manage_api_tokens": "AAAAA",
    "manage_desk": "--A-A",
    "manage_people": "----A",
    "view_audit": "----A",
}
ALL = "all"


@dataclass(frozen=True)
class Somebody:
    """``held`` are roles with the team they are held in, None for the desk; ``grants`` single capabilities on a team.

    ``by`` is how they come: with a session, a token, a token that is read-only, or as nobody.
    """

    name: str
    held: tuple[tuple[str, str | None], ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    is_superuser: bool = False
    is_active: bool = True
    is_staff: bool = False
    by: str = "session"

    def reach(self, capability: str) -> frozenset[str] | str:
        """ALL, or the teams in which they have all of the capability, their own rows not counted."""
        if not self.is_active:
            return frozenset()
        if self.is_superuser or "A" in {self._letter(role, capability) for role, _team in self.held}:
            return ALL
        by_role = {team for role, team in self.held if self._letter(role, capability) == "T"}
        return frozenset(by_role | {team for granted, team in self.grants if granted == capability})

    def has(self, capability: str) -> bool:
        """On anything at all, be it their own rows."""
        own = self.is_active and any(self._letter(role, capability) == "S" for role, _team in self.held)
        return bool(self.reach(capability)) or own

    def reaches(self, capability: str, team: str) -> bool:
        reach = self.reach(capability)
        return reach == ALL or team in reach

    @staticmethod
    def _letter(role: str, capability: str) -> str:
        return TABLE[capability][ROLES.index(role)]


# --- Addresses --------------------------------------------------------------------------------------------------------

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _answers(others: int = 405, options: int = 200, **statuses: int) -> dict[str, int]:
    """The status for who may: by method; HEAD is like GET, and ``others`` are those that are not named."""
    answers = dict.fromkeys(METHODS, others) | {"OPTIONS": options} | statuses
    return answers | {"HEAD": statuses.get("HEAD", answers["GET"])}


def _always(status: int) -> dict[str, int]:
    return dict.fromkeys(METHODS, status)


PAGE = _answers(GET=200)
# A form that is sent empty comes back with what is missing.
FORM = _answers(GET=200, POST=400)
LEADS_ON = _always(302)
PUBLIC, SIGNED_IN = "public", "signed_in"

# By the name of an address: what it needs, what its answers are for who has that, what thing it is about.
#
# - ``ticket``: of a team, absent for who cannot see the team's tickets
# - ``request``: a ticket that somebody asked for, absent for everybody else
# - ``token``: of its owner, absent for everybody else
# - ``view``, ``schedule``: of its owner, absent for everybody else
# - ``export``: of its owner, absent for everybody else; ``file`` likewise, and only while they may see what is in it
ADDRESSES: dict[str, tuple[str, dict[str, int], str]] = {
    "favicon.ico": (PUBLIC, LEADS_ON, ""),
    "health/live": (PUBLIC, _answers(GET=200, options=405), ""),
    "health/ready": (PUBLIC, _answers(GET=200, options=405), ""),
    # Without the token of operators.
    "metrics": (PUBLIC, _answers(GET=403, options=405), ""),
    # Of no survey: the link is not there, for anybody.
    "rating:page": (PUBLIC, _always(404), ""),
    "accounts:home": (SIGNED_IN, _answers(GET=302), ""),
    "accounts:sign-in": (PUBLIC, _answers(GET=200, POST=200, PUT=200), ""),
    "accounts:sign-out": (PUBLIC, _answers(POST=302), ""),
    "accounts:language": (PUBLIC, _answers(POST=302), ""),
    "accounts:password": (SIGNED_IN, FORM, ""),
    "accounts:password-reset": (PUBLIC, _answers(GET=200, POST=200, PUT=200), ""),
    "accounts:password-reset-sent": (PUBLIC, PAGE, ""),
    "accounts:password-reset-complete": (PUBLIC, PAGE, ""),
    # By no link that was mailed.
    "accounts:password-reset-confirm": (PUBLIC, _always(410), ""),
    "accounts:tokens": ("manage_api_tokens", FORM, ""),
    "accounts:token-revoke": ("manage_api_tokens", _answers(GET=200, POST=302), "token"),
    "accounts:roles": (SIGNED_IN, PAGE, ""),
    "accounts:audit": ("view_audit", PAGE, ""),
    "accounts:audit-csv": ("view_audit", PAGE, ""),
    # --- Tickets
    "tickets:list": ("view_tickets", PAGE, ""),
    "tickets:new": ("work_tickets", FORM, ""),
    "tickets:ticket": ("view_tickets", PAGE, "ticket"),
    **{
        f"tickets:{action}": ("view_tickets", _answers(GET=302, POST=400), "worked ticket")
        for action in ("reply", "change", "merge", "take", "reopen", "spam", "no-spam", "delete", "restore")
    },
    "tickets:requests": (SIGNED_IN, PAGE, ""),
    "tickets:request": (SIGNED_IN, FORM, "request"),
    # --- Reports
    "reporting:support": (SIGNED_IN, LEADS_ON, ""),
    "reporting:home": (SIGNED_IN, _answers(GET=302), ""),
    "reporting:overview": ("view_summary", PAGE, ""),
    "reporting:performance": ("view_performance", PAGE, ""),
    "reporting:agents": ("view_agents", PAGE, ""),
    "reporting:trends": ("view_trends", PAGE, ""),
    "reporting:view-new": (SIGNED_IN, _answers(POST=400), ""),
    "reporting:view": (SIGNED_IN, _answers(GET=302), "view"),
    "reporting:view-start": (SIGNED_IN, _answers(POST=302), "view"),
    "reporting:view-delete": (SIGNED_IN, _answers(POST=302), "view"),
    # Without a figure.
    "reporting:tickets-behind": ("export_reports", _answers(GET=400), ""),
    "reporting:definitions": (SIGNED_IN, PAGE, ""),
    "reporting:exports": (SIGNED_IN, PAGE, ""),
    "reporting:export-new": ("export_reports", _answers(POST=302), ""),
    "reporting:export": (SIGNED_IN, PAGE, "export"),
    "reporting:export-download": (SIGNED_IN, PAGE, "file"),
    "reporting:export-delete": (SIGNED_IN, _answers(POST=302), "export"),
    "reporting:schedules": ("schedule_reports", PAGE, ""),
    "reporting:schedule-new": ("schedule_reports", FORM, ""),
    "reporting:schedule": ("schedule_reports", FORM, "schedule"),
    "reporting:schedule-pause": ("schedule_reports", _answers(POST=302), "schedule"),
    "reporting:schedule-resume": ("schedule_reports", _answers(POST=302), "schedule"),
    "reporting:schedule-preview": ("schedule_reports", _answers(POST=302), "schedule"),
    "reporting:schedule-delete": ("schedule_reports", _answers(POST=302), "schedule"),
    "reporting:outbox": (SIGNED_IN, PAGE, ""),
    # --- API
    "api-me": (SIGNED_IN, PAGE, ""),
    "api-tokens": ("manage_api_tokens", FORM, ""),
    "api-token": ("manage_api_tokens", _answers(GET=200, DELETE=204), "token"),
    "api-summary": ("view_summary", PAGE, ""),
    "api-performance": ("view_performance", PAGE, ""),
    "api-agents": ("view_agents", PAGE, ""),
    "api-trends": ("view_trends", PAGE, ""),
    # Without a cell.
    "api-report-tickets": ("view_tickets", _answers(GET=400), ""),
    "api-export-new": ("export_reports", _answers(POST=202), ""),
    "api-exports": (SIGNED_IN, PAGE, ""),
    "api-export": (SIGNED_IN, _answers(GET=200, DELETE=204), "export"),
    "api-export-download": (SIGNED_IN, PAGE, "file"),
    "api-views": (SIGNED_IN, FORM, ""),
    "api-view": (SIGNED_IN, _answers(GET=200, PATCH=400, DELETE=204), "view"),
    "api-schedules": ("schedule_reports", FORM, ""),
    "api-schedule": ("schedule_reports", _answers(GET=200, PUT=400, PATCH=400, DELETE=204), "schedule"),
    "api-schema": (SIGNED_IN, PAGE, ""),
    "api-docs": (SIGNED_IN, _answers(GET=200, options=405), ""),
    # --- The admin: for staff, whatever the method
    "admin:index": (SIGNED_IN, _always(200), ""),
    "admin:login": (SIGNED_IN, LEADS_ON, ""),
    "admin:logout": (SIGNED_IN, _answers(POST=302), ""),
    "admin:password_change": (SIGNED_IN, LEADS_ON, ""),
    "admin:password_change_done": (SIGNED_IN, PAGE, ""),
    # Asked for no field: nobody gets a list.
    "admin:autocomplete": (SIGNED_IN, _answers(GET=403), ""),
    "admin:jsi18n": (SIGNED_IN, PAGE, ""),
    "admin:app_list": (SIGNED_IN, _always(200), "app"),
    "admin/(?P<url>.*)$": (SIGNED_IN, _always(404), ""),
    "admin:tickets_calendar_preview": ("manage_desk", _always(200), ""),
    "admin:tickets_slatarget_in_force": ("manage_desk", _always(200), ""),
    "admin:tickets_importrun_cancel": ("import_tickets", _answers(POST=302, options=405), ""),
    "admin:tickets_importrun_again": ("import_tickets", _answers(POST=409, options=405), ""),
    "admin:tickets_importrun_progress": ("import_tickets", _answers(GET=200, options=405), ""),
    "admin:tickets_importrun_account": ("import_tickets", _answers(GET=404, options=405), ""),
    "admin:auth_user_password_change": ("manage_people", _always(200), ""),
}

# --- The admin --------------------------------------------------------------------------------------------------------

_LOOK = {"changelist": _always(200), "history": _always(200), "": _always(302)}
_SHOWN = _always(200) | {"POST": 403}
WRITTEN = _LOOK | {"add": _always(200), "change": _always(200), "delete": _always(200) | {"POST": 302}}
READ_ONLY = _LOOK | {"add": _always(403), "change": _SHOWN, "delete": _always(403)}
# What is in force is not changed any more.
VERSIONS = READ_ONLY | {"add": _always(200)}
IMPORTS = READ_ONLY | {"add": _always(200), "change": _always(200) | {"POST": 302}}
PEOPLE = WRITTEN | {
    "delete": _always(403),
    "sees": _always(200),
    "deactivate": _answers(GET=200, POST=302, options=405),
    # Of somebody active.
    "reactivate": _answers(GET=302, POST=302, options=405),
}
TEAMS = WRITTEN | {
    "permissions": _always(200),
    "permissions_manage_user": _always(200),
    "permissions_manage_group": _always(404),
}
TOKENS = WRITTEN | {"add": _always(403), "change": _SHOWN}

# By the name of a model: what its pages need, for the whole desk, and what their answers are then.
ADMIN_PAGES: dict[str, tuple[str, dict[str, dict[str, int]]]] = {
    "accounts_user": ("manage_people", PEOPLE),
    "accounts_team": ("manage_people", TEAMS),
    "accounts_apitoken": ("manage_people", TOKENS),
    "reporting_export": ("view_audit", READ_ONLY),
    "reporting_metricevent": ("view_ratings", READ_ONLY),
    "tickets_calendar": ("manage_desk", VERSIONS),
    "tickets_category": ("manage_desk", WRITTEN),
    "tickets_importrun": ("import_tickets", IMPORTS),
    "tickets_organization": ("manage_desk", WRITTEN),
    "tickets_rating": ("view_ratings", READ_ONLY),
    "tickets_rejudging": ("manage_desk", READ_ONLY),
    "tickets_requester": ("manage_desk", WRITTEN),
    "tickets_slatarget": ("manage_desk", VERSIONS),
    "tickets_survey": ("manage_desk", READ_ONLY),
    "tickets_tag": ("manage_desk", WRITTEN),
    "tickets_teampolicy": ("manage_desk", WRITTEN),
    # Open to whoever sees any ticket, with the tickets they see.
    "tickets_ticket": ("view_tickets", READ_ONLY),
    "tickets_ticketevent": ("view_ratings", READ_ONLY),
}
_OPEN_BY_TEAM = {"tickets_ticket"}


# --- What comes out ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """What is told of an address; ``model`` and ``page`` of one of the admin's."""

    needs: str
    answers: dict[str, int] = field(hash=False)
    thing: str = ""
    area: str = "portal"
    model: str = ""
    page: str = ""
    name: str = ""


class NoLineError(LookupError):
    pass


def line_of(name: str, route: str) -> Line:
    """What is told of the address, found by its name; of the admin's pages without one, by their route."""
    area = next((area for area in ("api", "admin") if route.startswith(f"{area}/")), "portal")
    if name in ADDRESSES:
        return Line(*ADDRESSES[name], area=area, name=name)
    for model, (needs, pages) in ADMIN_PAGES.items():
        for page, answers in pages.items():
            unnamed = f"admin/{model.replace('_', '/', 1)}/<path:object_id>/"
            if name == (f"admin:{model}_{page}" if page else unnamed):
                thing = "admin's ticket" if model == "tickets_ticket" and page not in ("changelist", "add") else ""
                return Line(needs, answers, thing, area, model, page)
    raise NoLineError(
        f"The address {name!r} ({route}) is not in the table. "
        "Add a line to ADDRESSES in tests/oracle/access.py, such as\n"
        f'    "{name}": (SIGNED_IN, PAGE, ""),\n'
        "with the capability that it needs, what it answers to each method for who has it, and the thing it is about; "
        "or, for all pages of a model in the admin, a line to ADMIN_PAGES there."
    )


@dataclass(frozen=True)
class Thing:
    """What an address is about: of a ``team``, of an ``owner``, or ``is_there`` not at all."""

    name: str
    team: str = ""
    owner: str = ""
    is_there: bool = True


NO_THING = Thing("")


@dataclass(frozen=True)
class Expected:
    """``names`` is the capability that a refusal tells; ``is_written_down`` says whether it is in the audit log."""

    status: int
    names: str = ""
    is_written_down: bool = False


def expected(somebody: Somebody, line: Line, method: str, thing: Thing = NO_THING) -> Expected:
    if line.needs == PUBLIC:
        return Expected(_public(somebody, line, method))
    if not somebody.is_active or somebody.by == "nobody" or (somebody.by != "session" and line.area != "api"):
        return Expected(401 if line.area == "api" else 302)
    if line.area == "admin" and not (somebody.is_staff or somebody.is_superuser):
        return Expected(403, is_written_down=True)
    if line.needs != SIGNED_IN and not _may(somebody, line):
        return Expected(403, line.needs, is_written_down=True)
    if somebody.by == "read-only token" and method not in ("GET", "HEAD", "OPTIONS"):
        return Expected(403, is_written_down=True)
    status, names = _of_thing(somebody, line, method, thing)
    return Expected(status, names, status in (403, 404))


def _public(somebody: Somebody, line: Line, method: str) -> int:
    is_in = somebody.by == "session" and somebody.is_active
    return 302 if is_in and line.name == "accounts:sign-in" else line.answers[method]


def _may(somebody: Somebody, line: Line) -> bool:
    if line.area == "admin" and line.model not in _OPEN_BY_TEAM:
        return somebody.reach(line.needs) == ALL
    if line.area == "admin":
        return bool(somebody.reach(line.needs))
    return somebody.has(line.needs)


def _of_thing(somebody: Somebody, line: Line, method: str, thing: Thing) -> tuple[int, str]:
    status = line.answers[method]
    if line.thing == "app":
        mine = [line_of(f"admin:{model}_changelist", "admin/") for model in ADMIN_PAGES if model.startswith(thing.name)]
        return (status if any(_may(somebody, one) for one in mine) else 404), ""
    if not line.thing or status == 405 or (method == "OPTIONS" and line.area != "admin"):
        return status, ""
    # An action opened is the ticket's page, wherever that leads.
    if line.thing == "worked ticket" and method != "POST":
        return status, ""
    if not _sees(somebody, line, thing):
        is_led_away = line.area == "admin" and status != 403
        return (302 if is_led_away else 403 if line.area == "admin" else 404), ""
    if line.thing == "worked ticket" and not somebody.reaches("work_tickets", thing.team):
        return 403, "work_tickets"
    return status, ""


def _sees(somebody: Somebody, line: Line, thing: Thing) -> bool:
    if not thing.is_there:
        return False
    if line.thing in ("ticket", "worked ticket", "admin's ticket"):
        return somebody.reaches("view_tickets", thing.team)
    if line.thing == "file" and not all(
        somebody.reaches(capability, thing.team) for capability in ("view_summary", "export_reports")
    ):
        return False
    return thing.owner == somebody.name


# --- Everybody --------------------------------------------------------------------------------------------------------

_IN_TEAMS = ("agent", "lead")
TEAM_CHOICES: tuple[tuple[str, ...], ...] = ((), ("ours",), ("ours", "second"))


def _held(roles: tuple[str, ...], teams: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    held: list[tuple[str, str | None]] = []
    for role in roles:
        held += [(role, team) for team in teams] if role in _IN_TEAMS else [(role, None)]
    return tuple(held)


def everybody() -> list[Somebody]:
    """Each subset of up to two roles in no, one and two teams, as staff and not; and who is a case of their own."""
    subsets = [(), *((one,) for one in ROLES)]
    subsets += [(one, other) for place, one in enumerate(ROLES) for other in ROLES[place + 1 :]]
    cases: dict = {}
    for roles in subsets:
        for teams in TEAM_CHOICES:
            # A team's role that is held in no team is none.
            cases.setdefault(_held(roles, teams), (roles, teams))
    people = [
        Somebody(f"{'+'.join(roles) or 'customer'} in {len(teams)}{' staff' * is_staff}", held, is_staff=is_staff)
        for held, (roles, teams) in cases.items()
        for is_staff in (False, True)
    ]
    administrator, lead = (("administrator", None),), (("lead", "ours"),)
    return [
        *people,
        Somebody("nobody", by="nobody"),
        Somebody("superuser", is_superuser=True, is_staff=True),
        Somebody("deactivated administrator", administrator, is_staff=True, is_active=False),
        Somebody("deactivated superuser", is_superuser=True, is_staff=True, is_active=False),
        Somebody("who may look", grants=(("view_tickets", "ours"),), is_staff=True),
        Somebody("who may look at one team and work in another", (("agent", "second"),), (("view_tickets", "ours"),)),
        Somebody("lead by token", lead, by="token"),
        Somebody("administrator by token", administrator, is_staff=True, by="token"),
        Somebody("deactivated administrator by token", administrator, is_active=False, by="token"),
        Somebody("lead by read-only token", lead, by="read-only token"),
    ]


@cache
def telling(area: str) -> frozenset[str]:
    """The names of those by whom one sees the most: one role in one team, or none; and who is a case of their own."""
    if area == "admin":
        people = {f"{role} in {0 if role not in _IN_TEAMS else 1} staff" for role in ROLES if role != "agent"}
        return frozenset({*people, "customer in 0 staff", "nobody", "who may look"})
    people = {f"{role} in {0 if role not in _IN_TEAMS else 1}" for role in ROLES}
    cases = {one.name for one in everybody()[-10:] if area == "api" or "token" not in one.by}
    return frozenset({*people, *cases, "customer in 0"} - {"deactivated superuser"})
