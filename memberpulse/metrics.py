"""What `/health/ready` tells in details, as numbers that Prometheus can read."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from memberpulse.access import public
from memberpulse.health import details, is_trusted

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings the ``HEALTH_TOKEN``."""
    if not is_trusted(request):
        return HttpResponse("Nothing is shown without the token of operators.\n", "text/plain", status=403)
    registry = CollectorRegistry()
    registry.register(_Collector(details()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


class _Collector:
    def __init__(self, told: Mapping[str, Any]):
        self._told = told

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value, labels in _flat(("memberpulse",), self._told):
            gauge = GaugeMetricFamily(name, "As in /health/ready.", labels=list(labels))
            gauge.add_metric(list(labels.values()), value)
            yield gauge


def _flat(path: tuple[str, ...], told: Mapping[str, Any]) -> Iterator[tuple[str, float, dict[str, str]]]:
    """Numbers under their names joined by lines; words as labels of a number that is always 1."""
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _flat((*path, name), value)
        elif isinstance(value, str):
            yield "_".join((*path, name, "info")), 1, {name: value}
        elif value is not None:
            yield "_".join((*path, name)), value, {}
