"""What every planned mail has in common; how it is tried again is told by the tests of those that use it."""

import pytest

from memberpulse.mail import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Umsatz\r\nBcc: all@example.org", "Umsatz Bcc: all@example.org"),
        ("a\tb\x00c\x7fd", "a bcd"),
        ("tricky\u202egnp.exe", "trickygnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\u2028lines\u2029more\x85end", "two lines more end"),
        ("plain – 1–31 Oct 2026", "plain – 1–31 Oct 2026"),
    ],
)
def test_header_is_one_line_of_what_is_seen(text, line):
    assert one_line(text) == line
