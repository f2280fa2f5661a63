"""How long is waited before something is tried again. All of it is divided by TIME_SPEEDUP, as in the settings."""

from datetime import timedelta

from django.conf import settings

# Minutes, each the wait before one more try.
STORAGE = (1, 5)
MAIL = (1, 5, 15, 60, 240)
# No mail server is given longer than this to take one mail.
MAIL_UNDER_WAY = 5
DATABASE = 0.5
DATABASE_AT_MOST = 30


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count / settings.TIME_SPEEDUP)


def before_next_hint(waited: timedelta) -> timedelta:
    """After 30 s another minute, then 2, 4 and ever 5: as long again as the export has waited, and a little."""
    first = settings.EXPORT_REPUBLISH_AFTER
    return min(max(waited + first, 2 * first), 10 * first)
