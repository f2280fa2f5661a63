"""Two people at one real server, at once: each gets their own answers, and no cache may keep one of them."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

import pytest

from tests.processes import database, installed

pytestmark = [pytest.mark.services, pytest.mark.slow]

REQUESTS, THREADS = 1_000, 8
PEOPLE = """
    from django.core.management import call_command
    from django.test import Client
    call_command("migrate", verbosity=0)

    from accounts.capabilities import Role
    from accounts.models import ApiToken
    from tests.factories import TeamFactory, make_ticket, person_with
    keys = {}
    for name, team, tickets in (("ada", "Alpha", 2), ("grace", "Beta", 5)):
        team = TeamFactory(name=f"{team} Crew")
        person = person_with(Role.LEAD, team, email=f"{name}@example.org", name=f"{name.title()} Tester")
        for number in range(tickets):
            make_ticket(team=team, subject=f"Printer of {name} on fire")
        browser = Client()
        browser.force_login(person)
        _token, secret = ApiToken.objects.create(person)
        keys[name] = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}, {"Authorization": f"Token {secret}"}
    answer(keys)
"""
# What names one of the two, or something of theirs.
MARKS = re.compile(r"ada@|grace@|Ada Tester|Grace Tester|Alpha Crew|Beta Crew|Printer of ada|Printer of grace")
PAGES = ("/support/tickets", "/support/reports/overview?period=7d", "/api/accounts/me")
CALLS = ("/api/accounts/me", "/api/tickets/reports/summary?period=7d", "/api/accounts/me")


@dataclass(frozen=True)
class Request:
    name: str
    address: str
    by: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.name} by {self.by[0][0]}: {self.address}"


@pytest.fixture
def installation(tmp_path):
    with database(tmp_path) as url:
        made = installed(tmp_path, url)
        yield made
        made.stop()


def ask(connection: HTTPConnection, address: str, headers: dict[str, str]) -> tuple[HTTPResponse, str]:
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    return response, response.read().decode()


def essence(body: str) -> object:
    """Whose answer it is: all of it but its moment, if it is JSON; else how often it names whom."""
    if not body.startswith("{"):
        return Counter(MARKS.findall(body))
    told = json.loads(body)
    told.pop("as_of", None)
    # What is compared ends where the answer does, a period earlier.
    told.get("comparison", {}).pop("end", None)
    return told


def one_after_the_other(keys: dict) -> list[Request]:
    """A round of everything, the two taking turns."""
    by_session = [(name, address, cookie) for address in PAGES for name, (cookie, _token) in keys.items()]
    by_token = [(name, address, token) for address in CALLS for name, (_cookie, token) in keys.items()]
    return [Request(name, address, tuple(by.items())) for name, address, by in [*by_session, *by_token]]


def test_each_gets_their_own_answers(installation):
    keys = installation.python(PEOPLE)
    port = installation.start_web()
    requests = one_after_the_other(keys)
    alone = HTTPConnection("127.0.0.1", port, timeout=60)
    known = {request: essence(ask(alone, request.address, dict(request.by))[1]) for request in requests}
    assert_tell_apart(known)

    def work(place: int) -> list[str]:
        """On one connection that stays open; each thread begins elsewhere in the round."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        mine = [requests[(place + turn) % len(requests)] for turn in range(REQUESTS // THREADS)]
        return [fault for request in mine for fault in faults_of(request, connection, known[request])]

    with ThreadPoolExecutor(THREADS) as pool:
        faults = [fault for found in pool.map(work, range(THREADS)) for fault in found]

    assert faults == []


def assert_tell_apart(known: dict[Request, object]) -> None:
    """Each answer speaks of its own person and of nobody else, or the comparison would show nothing."""
    for request, told in known.items():
        mine, others = ("ada", "Ada", "Alpha"), ("grace", "Grace", "Beta")
        if request.name == "grace":
            mine, others = others, mine
        assert told != next(other for one, other in known.items() if is_the_others(one, request)), request
        assert not any(word in str(told) for word in others), request
        if not request.address.startswith("/api/tickets"):
            assert any(word in str(told) for word in mine), request


def is_the_others(one: Request, request: Request) -> bool:
    same = (one.address, one.by[0][0]) == (request.address, request.by[0][0])
    return same and one.name != request.name


def faults_of(request: Request, connection: HTTPConnection, known: object) -> list[str]:
    response, body = ask(connection, request.address, dict(request.by))
    found = []
    if response.status != 200 or essence(body) != known:
        found.append(f"{request}: {response.status}, {MARKS.findall(body)[:5]}")
    kept = {word.strip() for word in response.headers.get("Cache-Control", "").split(",")}
    if not {"private", "no-store"} <= kept:
        found.append(f"{request}: Cache-Control {kept}")
    return found
