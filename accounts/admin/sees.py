"""What a person can see and do, on a page of its own: as they would be answered, asked in their name."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User
from accounts.portal import PLACES, REPORTS
from accounts.scope import capabilities_of
from accounts.services.sight import sight_of


class SeesPage:
    def get_urls(self):
        page = path("<path:object_id>/sees/", self.admin_site.admin_view(self.sees_view), name="accounts_user_sees")
        return [page, *super().get_urls()]

    def sees_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.person(request, object_id)
        capabilities = capabilities_of(person)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What %(person)s can see") % {"person": person},
            "opts": self.opts,
            "media": self.media,
            "person": person,
            "rows": sight_of(person),
            "places": [place.title for place in PLACES if place.needs & capabilities],
            "reports": [_title(capability) for capability in REPORTS if capability in capabilities],
            "token_count": ApiToken.objects.filter(user=person).count(),
            "apps": self._found_in_the_admin(person),
        }
        return TemplateResponse(request, "admin/accounts/user/sees.html", context)

    def person(self, request: HttpRequest, object_id: str) -> User:
        """The person of the address, for those who may look at people; else 403, and 404 if there is none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        return person

    def _found_in_the_admin(self, person: User) -> list[dict]:
        """The admin's index, as it would be drawn for the person."""
        request = HttpRequest()
        request.user = person
        return self.admin_site.get_app_list(request) if self.admin_site.has_permission(request) else []


def _title(capability) -> str:
    return capfirst(capability.label.removeprefix("See ").removeprefix("the "))
