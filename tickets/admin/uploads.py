"""Uploads that are refused before they fill the disk or the memory."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from tickets.services.imports.kinds import LIMITS

# More than any form can ask for: of such a body nothing is read at all.
BODY_LIMIT = 10 * LIMITS.bytes


class LimitedUploadHandler(FileUploadHandler):
    """Leaves out what is larger than may be imported, and tells the form of it by ``request.too_large``."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > LIMITS.bytes:
            self.request.too_large.add(self.field_name)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one keep the file."""


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a page of an admin that takes files: asks for the right, then for the size, and only then reads the body.

    The token against forged requests stands in the body, so that it is looked for here and not by the middleware.
    """

    @wraps(view)
    def wrapper(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            return self.too_large(request)
        request.too_large = set()
        request.upload_handlers.insert(0, LimitedUploadHandler(request))
        return csrf_protect(lambda request: view(self, request, *args, **kwargs))(request)

    return csrf_exempt(wrapper)
