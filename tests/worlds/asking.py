"""Asking as somebody who is signed in, without a trace, and answers without what differs anyway."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.models import User

# Held by name: what differs with every request.
_CSRF = re.compile(r'(name="csrfmiddlewaretoken" value=")\w{64}"')
_COOKIES_OF_CHANCE = ("csrftoken", "sessionid")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Ask:
    """One request. ``makes``: it makes something new, which has a number or an id that is nobody's business."""

    path: str
    data: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    as_json: bool = False
    makes: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path} {urlencode(self.data)}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]
    body: str
    # Of a list in the admin: its rows, how many there are, and what its filters offer.
    rows: str = ""


@dataclass
class Asker:
    """Somebody with a browser, who is signed in from before anything changes; nobody without a ``user``."""

    user: User | None
    # What the world as it is has answered: it does not change.
    known: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def client(self) -> Client:
        """One for all, since whoever is new reads all static files first."""
        return Client()

    def sign_in(self) -> None:
        self.client.force_login(self.user)

    def ask(self, ask: Ask) -> Answer:
        session = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        try:
            with without_a_trace():
                return _answer(ask, _send(self.client, ask))
        finally:
            self.client.cookies = SimpleCookie({session.key: session.value} if session else {})

    def remember(self, key: Any, find: Callable[[], Any]) -> Any:
        if key not in self.known:
            self.known[key] = find()
        return self.known[key]


@contextmanager
def without_a_trace() -> Iterator[None]:
    """Takes back what was written, to the database and to files."""
    before = _files()
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        after = _files()
        for path in after.keys() - before.keys():
            path.unlink()
        for path in before.keys() - after.keys():
            path.write_bytes(before[path])


def _files() -> dict[Path, bytes]:
    folders = (settings.OUTBOX_DIR, settings.EXPORT_DIR)
    return {path: _content(path) for folder in folders if folder.exists() for path in folder.iterdir()}


@cache
def _content(path: Path) -> bytes:
    """Files are written once, under names that are never used again."""
    return path.read_bytes()


def _send(client: Client, ask: Ask):
    if ask.method == "GET":
        return client.get(f"{ask.path}?{urlencode(ask.data)}" if ask.data else ask.path)
    if ask.as_json:
        return getattr(client, ask.method.lower())(ask.path, dict(ask.data), content_type="application/json")
    given: dict[str, list[str]] = {}
    for name, value in ask.data:
        given.setdefault(name, []).append(value)
    return getattr(client, ask.method.lower())(ask.path, given)


def _answer(ask: Ask, response) -> Answer:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    body = content.decode("utf-8", "backslashreplace").replace(response["X-Request-ID"], "REQUEST")
    body = _CSRF.sub(r"\1", body)
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    if ask.makes:
        # Numbers of tickets are exempt, and ids of exports are drawn by lot.
        body, headers = _unnumbered(body), {name: _unnumbered(value) for name, value in headers.items()}
        headers.pop("Content-Length", None)
    # What is said on the next page may name the number of what was made.
    left_out = {*_COOKIES_OF_CHANCE, "messages"} if ask.makes else _COOKIES_OF_CHANCE
    cookies = {name: morsel.value for name, morsel in response.cookies.items() if name not in left_out}
    return Answer(
        response.status_code,
        tuple(sorted(headers.items())),
        tuple(sorted(cookies.items())),
        body,
        _rows(response),
    )


def _unnumbered(text: str) -> str:
    return re.sub(r"\b(Ticket |tickets/|requests/|#)\d+", r"\1N", _UUID.sub("UUID", text))


def _rows(response) -> str:
    """The rows of a list in the admin, how many there are, and what its filters offer."""
    context = getattr(response, "context", None)
    changelist = context.get("cl") if context is not None and "cl" in context else None
    if changelist is None:
        return ""
    offered = [
        (spec.title, [(str(choice["display"]), choice["query_string"]) for choice in spec.choices(changelist)])
        for spec in changelist.filter_specs
    ]
    rows = [row.pk for row in changelist.result_list]
    return repr((rows, changelist.result_count, changelist.full_result_count, offered))
