"""Public holidays of countries and their regions, as the ``holidays`` package knows them.

Asked when a calendar is saved, and never for a figure: what a later release of the package says must not change what
was counted. The package is imported inside, as it takes longer than the rest of the room.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

_SMALL_WORDS = ("And", "Of", "The")


@cache
def countries() -> dict[str, str]:
    """Names in English by code of two letters, in the order of the names."""
    from holidays import registry

    named = {entity[1]: _spaced(entity[0]) for entity in registry.COUNTRIES.values()}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _spaced(name: str) -> str:
    """``BosniaAndHerzegovina`` as ``Bosnia and Herzegovina``."""
    words = re.findall(r"[A-Z][a-z]*", name)
    return " ".join([words[0], *(word.lower() if word in _SMALL_WORDS else word for word in words[1:])])


@cache
def regions(country: str) -> dict[str, str]:
    """Names by code of the regions that have holidays of their own, in the order of the names."""
    import holidays

    entity = getattr(holidays, country)
    names = {code: code for code in entity.subdivisions}
    for alias, code in entity.subdivisions_aliases.items():
        # The first name is the one in the country's own language.
        if names.get(code) == code:
            names[code] = alias if code.isdecimal() else f"{alias} ({code})"
    return dict(sorted(names.items(), key=lambda item: item[1]))


def place(country: str, region: str = "") -> str:
    """``Germany, Bayern (BY)``; the codes where a later release of the package has dropped them."""
    name = countries().get(country, country)
    if not region:
        return name
    return f"{name}, {regions(country).get(region, region) if country in countries() else region}"


def public_holidays(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """The days on which everybody is off, with their names in English where there are any."""
    import holidays

    found = holidays.country_holidays(country, subdiv=region or None, years=years, language="en_US")
    return dict(sorted(found.items()))
