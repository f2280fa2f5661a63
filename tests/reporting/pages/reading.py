"""The addresses of the portal's report pages, and what a test reads on them."""

import re
from html import unescape

PAGES = ("overview", "performance", "agents", "trends")
CARDS = {
    "Open Tickets": "Current backlog",
    "Avg Response Time": "First response speed",
    "Resolution Rate": "% resolved in SLA",
    "CSAT Score": "Customer satisfaction",
}


def page(name: str) -> str:
    return f"/support/reports/{name}"


def text(response) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"(?s)<(script|svg|datalist)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def titles_of(links) -> list[str]:
    return [link.title for link in links]
