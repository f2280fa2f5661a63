"""Which language the pages are in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.i18n import set_language

from accounts.models import User
from memberpulse.access import PUBLIC, public


@method_decorator(public, name="dispatch")
class LanguageView(View):
    """Takes ``language``, keeps it with the person and in the browser, and leads back to where it was chosen.

    The browser's cookie is for pages before the sign-in. A language that there is not changes nothing.
    """

    access = PUBLIC

    def post(self, request: HttpRequest) -> HttpResponse:
        language = request.POST.get("language")
        if request.user.is_authenticated and language in dict(settings.LANGUAGES):
            User.objects.filter(pk=request.user.pk).update(language=language)
        return set_language(request)
