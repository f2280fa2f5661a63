"""Every address that Django answers at, found by walking the URLconf itself, the admin's included."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern, URLResolver

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")


@dataclass(frozen=True)
class Address:
    """``name`` is the view's with its namespaces; of an address without a name, the way there."""

    name: str
    route: str
    callback: Callable[..., Any]

    @property
    def parameters(self) -> list[str]:
        return [plain or named for plain, named in _PARAMETER.findall(self.route)]

    def path(self, values: Mapping[str, Any]) -> str:
        """With ``values`` in the place of its parameters, and without what only a regular expression needs."""
        route = self.route
        while found := _PARAMETER.search(route):
            end = found.end() if found[1] else _end_of_group(route, found.start())
            route = f"{route[: found.start()]}{values[found[1] or found[2]]}{route[end:]}"
        return "/" + route.replace("^", "").replace("$", "").replace("/?", "").replace("\\.", ".")


def _end_of_group(route: str, start: int) -> int:
    depth = 0
    for place in range(start, len(route)):
        depth += {"(": 1, ")": -1}.get(route[place], 0)
        if depth == 0:
            return place + 1
    raise ValueError(route)


def every_address(urlconf: Any = None) -> list[Address]:
    """Of the product's own URLconf, or of a list of patterns."""
    resolver = get_resolver() if urlconf is None else URLResolver(RegexPattern(r"^/"), urlconf)
    return list(_walk(resolver, "", ""))


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[Address]:
    for found in resolver.url_patterns:
        here = route + str(found.pattern)
        if isinstance(found, URLPattern):
            yield Address(f"{space}{found.name}" if found.name else here, here, found.callback)
        else:
            yield from _walk(found, here, f"{space}{found.namespace}:" if found.namespace else space)
