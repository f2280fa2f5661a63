"""Whose opinion of what counts, and when: told from the life of one ticket. Shares no code with the product."""

from typing import NamedTuple


class Moment(NamedTuple):
    """What happened at ``at``, in seconds: ``resolve`` and ``assign`` by or to ``who``, ``reopen``, ``ask``, ``rate``.

    ``of`` is when the resolution was made that is asked about or rated; None where nobody says.
    """

    at: int
    what: str
    who: int | None = None
    score: int = 0
    of: int | None = None


class Opinion(NamedTuple):
    first: int
    latest: int
    of: int | None
    agent: int | None
    score: int


class Asked(NamedTuple):
    at: int
    agent: int | None
    is_answered: bool


def told(moments: list[Moment]) -> tuple[list[Opinion], list[Asked]]:
    """The opinions and the surveys, each in the order in which they were first given and sent."""
    ratings = [(place, moment) for place, moment in enumerate(moments) if moment.what == "rate"]
    about = {place: _about(moments[:place], moment) for place, moment in enumerate(moments) if moment.what != "resolve"}
    opinions = []
    for of in dict.fromkeys(about[place] for place, _ in ratings):
        given = [(place, moment) for place, moment in ratings if about[place] == of]
        (place, first), (_, last) = given[0], given[-1]
        opinions.append(Opinion(first.at, last.at, of, _agent(moments[:place], of), last.score))
    surveys = [(place, moment) for place, moment in enumerate(moments) if moment.what == "ask"]
    answered = {_answered(surveys, about, place, rating, about[place]) for place, rating in ratings}
    asked = [Asked(moment.at, _agent(moments[:place], about[place]), place in answered) for place, moment in surveys]
    return opinions, asked


def _resolutions(past: list[Moment]) -> list[tuple[int, int | None]]:
    """When each was made, and by whom; closing what is closed is none."""
    found, is_open = [], True
    for moment in past:
        if moment.what == "resolve" and is_open:
            found.append((moment.at, moment.who))
        is_open = {"resolve": False, "reopen": True}.get(moment.what, is_open)
    return found


def _about(past: list[Moment], moment: Moment) -> int | None:
    made = [at for at, _ in _resolutions(past)]
    if moment.of in made:
        return moment.of
    return made[-1] if made else None


def _agent(past: list[Moment], of: int | None) -> int | None:
    """Who made the resolution; without one, who had the ticket."""
    if of is not None:
        return [who for at, who in _resolutions(past) if at == of][-1]
    had = [moment.who for moment in past if moment.what == "assign"]
    return had[-1] if had else None


def _answered(surveys, about: dict, place: int, rating: Moment, of: int | None) -> int | None:
    """The survey that the rating answers: the last before it, of the same resolution if it says which."""
    fits = [n for n, _ in surveys if n < place and (rating.of is None or about[n] == of)]
    return fits[-1] if fits else None
