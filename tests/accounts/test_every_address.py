"""Every address declares what it needs, and rights are read in one place: found in the code, not by asking it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.views import LoginView
from django.urls import include, path

from accounts.capabilities import Capability
from memberpulse.access import PUBLIC, SIGNED_IN, access_of, public
from tests.every_address import every_address
from tests.memberpulse.processes import BASE_DIR

ROOMS = ("reporting", "tickets", "accounts", "memberpulse")

# --- Addresses --------------------------------------------------------------------------------------------------------

# Open to everybody. Whoever adds one says here why nobody has to sign in for it.
PUBLIC_ADDRESSES = {
    "favicon.ico",  # Asked for by browsers on any page, the sign-in's too.
    "accounts:sign-in",
    "accounts:language",  # Of the pages before the sign-in, too.
    "accounts:sign-out",  # Whose session is over already is out, and need not sign in for it.
    "accounts:password-reset",  # Who forgot a password cannot sign in.
    "accounts:password-reset-sent",
    "accounts:password-reset-confirm",  # The token in it is the key.
    "accounts:password-reset-complete",
    "rating:page",  # The link of a survey: the token in it is the key.
    "health/live",
    "health/ready",  # Its details need a token of their own.
    "metrics",  # All of it needs that token.
}


def undeclared(urlconf=None) -> list[str]:
    allowed = {PUBLIC, SIGNED_IN, *Capability.values}
    return [address.name for address in every_address(urlconf) if access_of(address.callback) not in allowed]


def test_every_address_declares_what_it_needs():
    assert undeclared() == [], "give these views `access`: a capability, SIGNED_IN or PUBLIC"


def test_public_addresses_are_these():
    found = {address.name for address in every_address() if access_of(address.callback) == PUBLIC}

    assert found == PUBLIC_ADDRESSES


def test_public_to_the_declaration_is_public_to_the_middleware():
    """Sign-in is asked for by Django's own middleware, which knows nothing of our declarations."""
    open_doors = {address.name for address in every_address() if not getattr(address.callback, "login_required", True)}
    # The API asks for itself, and answers 401 instead of leading to a page.
    asks_itself = {address.name for address in every_address() if hasattr(address.callback, "cls")}

    assert open_doors - asks_itself == PUBLIC_ADDRESSES


def plain(request):
    return None


def test_an_address_without_a_declaration_is_found_however_deep_it_lies():
    urlconf = [
        path("good", public(lambda request: None), name="good"),
        path("one", plain),
        path(
            "two/", include(([path("three/", include([path("<int:pk>", LoginView.as_view(), name="four")]))], "deep"))
        ),
    ]

    assert undeclared(urlconf) == ["one", "deep:four"]


def test_an_address_is_filled_in():
    (address,) = every_address([path("a/<uuid:one>/", include([path("<two>", plain)]))])

    assert address.parameters == ["one", "two"]
    assert address.path({"one": 1, "two": "b"}) == "/a/1/b"


# --- Code -------------------------------------------------------------------------------------------------------------

# Where grants are kept and asked for. Nothing else knows of guardian.
KNOWS_GUARDIAN = {"accounts/scope.py", "accounts/grants.py", "accounts/models.py"}
ASKS_GUARDIAN = {"get_objects_for_user", "get_objects_for_group", "get_perms", "ObjectPermissionChecker", "has_perms"}

# Who looks at memberships, and what for. Rights are none of it: those are asked of ``accounts.scope``.
READS_MEMBERSHIPS = {
    "accounts/models.py": "has them",
    "accounts/grants.py": "turns them into grants",
    "accounts/receivers.py": "tells grants and the audit log of them",
    "accounts/admin/people.py": "shows them in the list of people",
    "accounts/admin/lists.py": "finds people by them",
    "accounts/admin/roles.py": "is where they are given",
    "accounts/admin/teams.py": "shows who is in a team",
    "accounts/services/leaving.py": "tells what ends with an account",
    "accounts/services/sight.py": "tells where a capability comes from, once the scope says that it is there",
    "accounts/views/roles.py": "tells people their own",
    "accounts/api/views.py": "tells people their own",
    "reporting/answers.py": "whom a filter may name: who works in a team",
    "reporting/reports/question.py": "whose row a report has: who works in a team",
    "reporting/views/choices.py": "whom a filter offers: who works in a team",
    "reporting/services/schedules/keeping.py": "whom a schedule may be for: whether they get anything, the scope says",
    "tickets/views/question.py": "whom a filter offers: who works in a team",
    "tickets/views/forms.py": "who can take a ticket: who works in its team",
    "tickets/export.py": "hands a desk over",
    "tickets/importers/settle.py": "takes a desk over",
    "tickets/importers/directory.py": "takes people over",
    "tickets/demo/desk.py": "makes a demo desk",
    "tickets/demo/seed.py": "shows whom one can sign in as",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for file in sorted(Path(BASE_DIR, room).rglob("*.py")):
            if "migrations" not in file.parts:
                yield str(file.relative_to(BASE_DIR)), ast.parse(file.read_text())


def names_of(tree: ast.AST) -> Iterator[str]:
    """What a module imports, calls, reads and spells out."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                yield name


def knows_guardian(tree: ast.AST) -> bool:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return any(name.split(".")[0] == "guardian" for node in imports for name in names_of(node))


def asks_by_itself(tree: ast.AST) -> bool:
    """For an object's permission, past ``accounts.scope``: by guardian's functions or ``has_perm(…, obj)``."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    asked = any(
        getattr(call.func, "attr", "") == "has_perm" and len(call.args) + len(call.keywords) > 1 for call in calls
    )
    return asked or any(name.rpartition(".")[2] in ASKS_GUARDIAN for name in names_of(tree))


def reads_memberships(tree: ast.AST) -> bool:
    return any(
        name.rpartition(".")[2] == "Membership" or name.split("__")[0] == "memberships" for name in names_of(tree)
    )


def spreads_a_request(tree: ast.AST) -> bool:
    """``f(**request.GET)`` or ``{**request.data}``: names that a stranger chose become names of ours."""
    for node in ast.walk(tree):
        spread = []
        if isinstance(node, ast.Call):
            spread = [word.value for word in node.keywords if word.arg is None]
        if isinstance(node, ast.Dict):
            spread = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
        if any(_is_of_a_request(part) for value in spread for part in ast.walk(value)):
            return True
    return False


def _is_of_a_request(node: ast.AST) -> bool:
    """Something that comes as it was sent; ``data`` is also what many other things call theirs."""
    match node:
        case ast.Attribute(attr="GET" | "POST" | "FILES" | "COOKIES" | "META" | "query_params"):
            return True
        case ast.Attribute(attr="data" | "headers", value=ast.Name(id=owner) | ast.Attribute(attr=owner)):
            return owner == "request"
    return False


def test_only_the_places_of_grants_know_guardian():
    found = {name for name, tree in modules() if knows_guardian(tree)}

    assert {name for name in found - KNOWS_GUARDIAN if not name.startswith("accounts/admin")} == set()


def test_nothing_asks_for_the_permission_of_an_object_past_the_one_door():
    assert {name for name, tree in modules() if asks_by_itself(tree)} - {"accounts/scope.py"} == set()


def test_roles_are_read_by_those_who_say_what_for():
    """A new name here is a question: does it decide who may see what? Then it asks ``scope_for`` instead."""
    assert {name for name, tree in modules() if reads_memberships(tree)} == set(READS_MEMBERSHIPS)


def test_no_request_is_spread_into_names():
    assert [name for name, tree in modules() if spreads_a_request(tree)] == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (knows_guardian, "from guardian.shortcuts import assign_perm"),
        (knows_guardian, "def late():\n    import guardian.core"),
        (asks_by_itself, "user.has_perm('view_tickets', ticket.team)"),
        (asks_by_itself, "user.has_perm('view_tickets', obj=team)"),
        (asks_by_itself, "shortcuts.get_objects_for_user(user, 'view_tickets')"),
        (asks_by_itself, "from guardian.core import ObjectPermissionChecker as Checker"),
        (reads_memberships, "from accounts.models import Membership"),
        (reads_memberships, "user.memberships.filter(role='manager')"),
        (reads_memberships, "User.objects.filter(memberships__role='manager')"),
        (reads_memberships, "fields = ['memberships__role']"),
        (spreads_a_request, "Ticket.objects.filter(**request.GET.dict())"),
        (spreads_a_request, "Ticket(**self.request.data)"),
        (spreads_a_request, "Ticket.objects.filter(**dict(request.query_params.items()))"),
        (spreads_a_request, "{'team': 1, **request.POST}"),
    ],
)
def test_each_rule_finds_what_it_is_for(rule, code):
    assert rule(ast.parse(code))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (asks_by_itself, "user.has_perm('accounts.view_tickets')"),
        (spreads_a_request, "save(**form.cleaned_data)"),
        (spreads_a_request, "save(request.GET)"),
        (spreads_a_request, "replace(event, data={**event.data})"),
    ],
)
def test_no_rule_finds_what_is_allowed(rule, code):
    assert not rule(ast.parse(code))
