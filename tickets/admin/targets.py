"""SLA targets in the admin, and what holds now for each team and priority."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team
from memberpulse.zones import epoch
from tickets.admin.versions import VersionAdmin
from tickets.choices import CLOCK_WORDS, Priority, SlaMetric
from tickets.forms.durations import in_words
from tickets.forms.targets import SlaTargetForm
from tickets.models import Category, SlaTarget
from tickets.rules import Rules, current_rules


@admin.register(SlaTarget)
class SlaTargetAdmin(VersionAdmin):
    form = SlaTargetForm
    same = ("metric", "priority", "team", "category")
    list_display = ["metric", "for_priority", "for_team", "for_category", "limit", "state", "clock", "valid_from"]
    list_filter = ["metric", "priority", "team"]
    list_select_related = ["team", "category"]

    def get_fieldsets(self, request, obj=None):
        limit = "limit" if self._is_written(request, obj) else "limit_in_words"
        which = _(
            "The most specific target wins: one for the category before one for the team before one for the priority."
        )
        return [
            (None, {"fields": ["metric"]}),
            (_("For which tickets"), {"fields": ["priority", "team", "category"], "description": which}),
            (_("What is promised"), {"fields": ["clock", limit, "valid_from"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["limit_in_words"]

    def _is_written(self, request, obj) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    @admin.display(description=gettext_lazy("priority"), empty_value=gettext_lazy("any"), ordering="priority")
    def for_priority(self, target) -> str | None:
        return target.get_priority_display() if target.priority else None

    @admin.display(description=gettext_lazy("team"), empty_value=gettext_lazy("any"), ordering="team")
    def for_team(self, target):
        return target.team

    @admin.display(description=gettext_lazy("category"), empty_value=gettext_lazy("any"), ordering="category")
    def for_category(self, target):
        return target.category

    @admin.display(description=gettext_lazy("limit"), ordering="seconds")
    def limit(self, target) -> str:
        return in_words(target.seconds) if target.seconds else _("none any more")

    @admin.display(description=gettext_lazy("limit"))
    def limit_in_words(self, target) -> str:
        return self.limit(target)

    # --- What holds now ---

    def get_urls(self):
        in_force = self.admin_site.admin_view(self.in_force_view)
        return [path("in-force/", in_force, name="tickets_slatarget_in_force"), *super().get_urls()]

    def in_force_view(self, request):
        """The targets that bind a new ticket of each team and priority now, in the category ``?category=`` or none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = request.GET.get("category", "")
        category = Category.objects.filter(pk=number[:18]).first() if number.isdecimal() else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("SLA targets in force now"),
            "opts": self.opts,
            "category": category,
            "categories": Category.objects.all(),
            "metrics": SlaMetric.labels,
            "priority_count": len(Priority),
            "rows": _in_force(current_rules(), category.pk if category else None, epoch(timezone.now())),
        }
        return TemplateResponse(request, "admin/tickets/slatarget/in_force.html", context)


def _in_force(rules: Rules, category: int | None, at: int) -> list[dict]:
    return [
        {
            "team": team,
            "priority": priority.label,
            "limits": [_limit(rules, metric, category, team.pk, priority, at) for metric in SlaMetric],
        }
        for team in Team.objects.all()
        for priority in sorted(Priority, reverse=True)
    ]


def _limit(rules: Rules, metric: SlaMetric, category: int | None, team: int, priority: Priority, at: int) -> str:
    target = rules.target_for(metric, category=category, team=team, priority=priority, at=at)
    return f"{in_words(target.seconds)}, {CLOCK_WORDS[target.clock]}" if target else "–"
