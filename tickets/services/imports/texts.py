"""Text from a file, fit for a page, a database and a download."""

import re

# NUL, and what stands for bytes that are no UTF-8: PostgreSQL keeps neither.
_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


def printable(text: str, limit: int | None = None) -> str:
    """``text`` with "�" where it holds what is no text, cut to ``limit`` characters."""
    shown = _UNPRINTABLE.sub("\ufffd", text)
    return shown if limit is None or len(shown) <= limit else f"{shown[: limit - 1]}…"
