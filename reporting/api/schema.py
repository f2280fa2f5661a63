"""How answers and parameters look in the OpenAPI description. Nothing is computed from it."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from reporting import periods
from reporting.query import CLOCKS, COMPARISONS, SORTABLE, WORD_FILTERS, parameters_of


class DatesSerializer(serializers.Serializer):
    to = serializers.DateField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        # A field cannot be called "from" in a class body.
        return {"from": serializers.DateField(), **super().get_fields()}


class PeriodSerializer(DatesSerializer):
    timezone = serializers.CharField()
    days = serializers.IntegerField()


class ComparisonSerializer(DatesSerializer):
    kind = serializers.ChoiceField(choices=["previous", "year"])


class ScopeSerializer(serializers.Serializer):
    level = serializers.ChoiceField(choices=["desk", "team", "self"])
    teams = serializers.ListField(child=serializers.IntegerField())


class ColumnSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    group = serializers.CharField(allow_blank=True)


class SectionSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.DictField())
    total = serializers.DictField(allow_null=True)


class ReportSerializer(serializers.Serializer):
    report = serializers.CharField()
    period = PeriodSerializer()
    comparison = ComparisonSerializer(allow_null=True)
    filters = serializers.DictField()
    scope = ScopeSerializer()
    as_of = serializers.DateTimeField()
    sections = SectionSerializer(many=True)


class SummarySerializer(ReportSerializer):
    metrics = serializers.DictField()


def parameters(report_key: str) -> list[OpenApiParameter]:
    """The query parameters of a report."""
    return [_PARAMETERS[name] for name in parameters_of(report_key)]


def all_parameters() -> list[OpenApiParameter]:
    """The query parameters of any report."""
    return list(_PARAMETERS.values())


def _one(name: str, description: str, choices=None) -> OpenApiParameter:
    return OpenApiParameter(name, str, description=description, enum=choices)


def _filter(name: str) -> OpenApiParameter:
    if choices := WORD_FILTERS.get(name):
        return OpenApiParameter(
            name, str, many=True, enum=[choice.slug for choice in choices], description="Repeatable."
        )
    without = "" if name == "team" else " `none` selects tickets without one."
    return OpenApiParameter(name, str, many=True, description=f"Id, repeatable.{without}")


_PARAMETERS = {
    "from": OpenApiParameter("from", str, description="First local day, YYYY-MM-DD. Together with `to`."),
    "to": OpenApiParameter("to", str, description="Last local day, included."),
    "period": _one("period", f"A preset, default 30d: {', '.join(periods.PRESET_TITLES)}, or any `Nd`."),
    "timezone": _one("timezone", "IANA zone of the local days, default your own."),
    "compare": _one("compare", "What the period is compared with, default previous.", COMPARISONS),
    "clock": _one("clock", "The clock of durations, default service.", CLOCKS),
    **{name: _filter(name) for name in ("team", "agent", "category", "priority", "channel", "organization", "tag")},
    "granularity": _one("granularity", "Size of the buckets, default auto.", periods.GRANULARITIES),
    "sort": _one("sort", f"A column, with - for descending: {', '.join(SORTABLE)}."),
}
