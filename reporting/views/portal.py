"""What the pages of reports share on top of the portal's: the tabs, and the right to export."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from accounts.portal import PortalView
from memberpulse.address import Address, Link
from reporting.answers import REPORTS
from reporting.query import PERIOD_FIELDS, parameters_of

PAGE_OF_REPORT = {"summary": "overview", "performance": "performance", "agents": "agents", "trends": "trends"}


def page_of(report_key: str) -> str:
    """The path of a report's page."""
    return reverse(f"reporting:{PAGE_OF_REPORT[report_key]}")


class ReportingView(PortalView):
    report_key = ""

    def frame(self) -> dict[str, Any]:
        """The top bar and the tabs: only what the person may open."""
        return {**super().frame(), **self._rights(), "tabs": self._tabs()}

    def _rights(self) -> dict[str, bool]:
        return {"may_export": self.may_export, "may_schedule": Capability.SCHEDULE_REPORTS in self.capabilities}

    @property
    def may_export(self) -> bool:
        return Capability.EXPORT_REPORTS in self.capabilities

    def _tabs(self) -> list[Link]:
        """The reports, asked the same question as this page as far as they know its words."""
        here = Address.of(self.request)
        return [
            Link(report.title, here.elsewhere(page_of(key), parameters_of(key)).link(), key == self.report_key)
            for key, report in REPORTS.items()
            if report.capability in self.capabilities
        ]

    @property
    def subject(self) -> str:
        return _("The %(title)s") % {"title": REPORTS[self.report_key].title} if self.report_key else _("This page")

    @property
    def way_out(self) -> Link:
        return Link(_("All exports"), reverse("reporting:exports"))

    @property
    def narrower(self) -> Link | None:
        if not self.report_key:
            return None
        return Link(_("Show the last 7 days"), Address.of(self.request).link(PERIOD_FIELDS, period="7d"))
