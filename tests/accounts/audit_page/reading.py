"""Rows that a test adds to the audit log, and what it reads of them on the page and in the file."""

import csv
import io
import re
from datetime import UTC, datetime
from html import unescape

from django.utils import timezone

from accounts.models import AuditEvent, AuditKind

LOG, FILE = "/audit", "/audit.csv"
NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "GET /a\r\nSet-Cookie: b",
    "\x1b[31mred",
    "a\u202eb",
    '"quoted", with; comma',
    "<img src=x onerror=alert(1)>",
]


def add(subject: str = "", *, kind: AuditKind = AuditKind.REFUSED, at: datetime | None = None, **fields) -> AuditEvent:
    return AuditEvent.objects.create(subject=subject, kind=kind, at=at or timezone.now(), **fields)


def shown(response) -> list[str]:
    return [row.event.subject for row in response.context["rows"]]


def text(response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def cells(response) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))
