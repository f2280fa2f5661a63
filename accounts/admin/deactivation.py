"""Deactivating an account and taking that back: pages that say what it means, and do it when told to."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.services import leaving
from memberpulse.errors import Conflict

_TITLES = {"deactivate": gettext_lazy("Deactivate %s"), "reactivate": gettext_lazy("Reactivate %s")}
_VERBS = {"deactivate": gettext_lazy("Deactivate"), "reactivate": gettext_lazy("Reactivate")}


class DeactivationPages:
    def get_urls(self):
        pages = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"accounts_user_{name}")
            for name, view in (("deactivate", self.deactivate_view), ("reactivate", self.reactivate_view))
        ]
        return pages + super().get_urls()

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def deactivate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self._changed_person(request, object_id)
        if not person.is_active:
            return self._to(person)
        refusal = leaving.NOT_YOURSELF if person == request.user else ""
        if request.method == "POST":
            try:
                leaving.deactivate(person, actor=request.user)
            except Conflict as refused:
                refusal = str(refused.detail)
            else:
                return self._done(request, person, _("Deactivated."), _("%s: deactivated.") % person)
        shown = {"refusal": refusal, "sentences": leaving.what_stops(person)}
        return self._page(request, person, "deactivate", status=409 if request.method == "POST" else 200, **shown)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def reactivate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self._changed_person(request, object_id)
        if person.is_active:
            return self._to(person)
        if request.method == "POST":
            leaving.reactivate(person)
            return self._done(request, person, _("Reactivated."), _("%s: reactivated.") % person)
        return self._page(request, person, "reactivate", sentences=leaving.what_comes_back(person))

    def _changed_person(self, request: HttpRequest, object_id: str) -> User:
        person = self.person(request, object_id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return person

    def _done(self, request: HttpRequest, person: User, word: str, sentence: str) -> HttpResponse:
        self.log_change(request, person, word)
        messages.success(request, sentence)
        return self._to(person)

    def _to(self, person: User) -> HttpResponse:
        return redirect("admin:accounts_user_change", person.pk)

    def _page(self, request: HttpRequest, person: User, act: str, *, status: int = 200, **context) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _TITLES[act] % person,
            "opts": self.opts,
            "media": self.media,
            "person": person,
            "act": act,
            "verb": _VERBS[act],
            **context,
        }
        return TemplateResponse(request, "admin/accounts/user/deactivate.html", context, status=status)
