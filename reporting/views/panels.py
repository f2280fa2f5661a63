"""Charts in their panels: heading, definition, one sentence, and the same numbers as a table."""

from dataclasses import dataclass, replace

from memberpulse.address import Link
from reporting.charts import Chart, Heat
from reporting.charts.of_sections import charts_for
from reporting.reports.definitions import DEFINITIONS, Definition
from reporting.reports.sections import Report, Section


@dataclass(frozen=True)
class Panel:
    """``css`` is the width: c4 is 4 of 12 columns; ``more`` leads to the chart with more in it, or with less."""

    section: Section
    title: str
    chart: Chart | Heat
    sentence: str = ""
    css: str = "c12"
    is_only: bool = False
    more: Link | None = None

    @property
    def id(self) -> str:
        """Where one section has several charts, their titles tell them apart."""
        return self.section.key if self.is_only else self.title.lower().replace(" ", "_")

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.section.definition]

    @property
    def heads(self) -> tuple[str, ...]:
        """The table's heads; the first, over the names of the rows, is the section's."""
        return (self.section.columns[0].title, *self.chart.table.head[1:])

    def with_(self, **changed) -> "Panel":
        return replace(self, **changed)


def panels(report: Report, section_key: str, **shown) -> list[Panel]:
    """The charts of a section, in the order in which it has them; ``shown`` is what ``charts_for`` takes."""
    section = report.section(section_key)
    return [Panel(section, figure.title, figure.chart, section.note) for figure in charts_for(section, report, **shown)]


def panel(report: Report, section_key: str, **changed) -> Panel:
    """The one chart of a section."""
    (one,) = panels(report, section_key)
    return one.with_(is_only=True, **changed)
