"""How long is waited before something about an export is tried again."""

from datetime import timedelta

from django.conf import settings

# Minutes, each the wait before one more try.
STORAGE = (1, 5)
DATABASE = 0.5
DATABASE_AT_MOST = 30


def before_next_hint(waited: timedelta) -> timedelta:
    """After 30 s another minute, then 2, 4 and ever 5: as long again as the export has waited, and a little."""
    first = settings.EXPORT_REPUBLISH_AFTER
    return min(max(waited + first, 2 * first), 10 * first)
