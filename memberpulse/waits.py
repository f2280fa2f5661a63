"""How long is waited before something is tried again: divided by TIME_SPEEDUP, as every limit in the settings is."""

from datetime import timedelta

from django.conf import settings


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count / settings.TIME_SPEEDUP)
