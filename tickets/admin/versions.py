"""What pages of calendars and SLA targets have in common: what figures were judged by is never changed afterwards."""

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.guarded import GuardedAdmin, ReadOnlyAdmin
from memberpulse.errors import Conflict
from tickets.models import Rejudging
from tickets.services.rules import is_ahead, put_in_force, take_back


class VersionAdmin(GuardedAdmin):
    """A change is a new version. One whose moment has not come can be changed and taken back.

    ``same`` names the fields that versions of one thing have in common.
    """

    access = Capability.MANAGE_DESK
    same: tuple[str, ...] = ()

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(is_replaced=Exists(self._newer()))

    def _newer(self) -> QuerySet:
        """Versions that came into force after the one of the outer query; null counts as a value like others."""
        inner = {f"own_{name}": Coalesce(name, 0) for name in self.same}
        outer = {f"own_{name}": Coalesce(OuterRef(name), 0) for name in self.same}
        newer = {"valid_from__gt": OuterRef("valid_from"), "valid_from__lte": timezone.now()}
        return self.model.objects.order_by().annotate(**inner).filter(**outer, **newer)

    def save_model(self, request, obj, form, change) -> None:
        put_in_force(obj)

    def delete_model(self, request, obj) -> None:
        take_back(obj)

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or is_ahead(obj))

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or is_ahead(obj))

    def get_actions(self, request) -> dict:
        """Without deleting many at once, which would not ask whether they are in force."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changeform_view(self, request, *args, **kwargs):
        return self._or_refusal(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request, *args, **kwargs):
        return self._or_refusal(request, super().delete_view, *args, **kwargs)

    def _or_refusal(self, request, view, *args, **kwargs):
        """The moment may have come, or somebody else may have been quicker, since the page was opened."""
        try:
            return view(request, *args, **kwargs)
        except Conflict as refused:
            messages.error(request, str(refused.detail))
            return HttpResponseRedirect(reverse(f"admin:tickets_{self.opts.model_name}_changelist"))

    @admin.display(description=gettext_lazy("state"))
    def state(self, version) -> str:
        if is_ahead(version):
            return _("not yet in force")
        return _("replaced") if version.is_replaced else _("in force")


@admin.register(Rejudging)
class RejudgingAdmin(ReadOnlyAdmin):
    access = Capability.MANAGE_DESK
    list_display = ["requested_at", "since", "finished_at"]
