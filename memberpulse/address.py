"""A page's address, in which all that is asked stands: links change one part of it and keep the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest, QueryDict


@dataclass(frozen=True)
class Link:
    title: str
    href: str
    is_on: bool = False


class Address:
    def __init__(self, path: str, params: QueryDict):
        self.path, self.params = path, params

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        return cls(request.path, request.GET)

    @classmethod
    def with_lists(cls, path: str, values: Mapping[str, Iterable[str]]) -> Self:
        """The page at ``path`` with all ``values`` of each parameter."""
        params = QueryDict(mutable=True)
        for name, several in values.items():
            params.setlist(name, list(several))
        return cls(path, params)

    def one(self, name: str) -> str:
        """The last value given for ``name``, or ""."""
        return self.params.get(name, "")

    def all(self, name: str) -> list[str]:
        return [value for value in self.params.getlist(name) if value]

    def elsewhere(self, path: str, known: Iterable[str]) -> Self:
        """The same question on another page, as far as that page knows its words."""
        return type(self)(path, self._kept(set(self.params) - set(known)))

    def without(self, *names: str) -> Self:
        """This page without the parameters named."""
        return type(self)(self.path, self._kept(set(names)))

    def link(self, without: Iterable[str] = (), **changed: str) -> str:
        """This page with ``changed``; all other parameters stay, those ``without`` go."""
        params = self._kept({*without, *changed})
        params.update(changed)
        return f"{self.path}?{params.urlencode()}" if params else self.path

    def fields(self, without: Iterable[str] = ()) -> list[tuple[str, str]]:
        """The parameters as hidden fields of a form that sets those ``without`` itself."""
        return [(name, value) for name, values in self._kept(set(without)).lists() for value in values]

    def _kept(self, without: set[str]) -> QueryDict:
        params = self.params.copy()
        for name in list(params):
            # A field left blank says nothing; it only makes addresses long.
            if name in without or not any(params.getlist(name)):
                del params[name]
        return params
