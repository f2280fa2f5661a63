"""What every request gets, whichever room answers it."""

import logging
import uuid
from contextvars import ContextVar

from django.http import HttpRequest
from django.utils.cache import add_never_cache_headers

# The request being answered, for what is said of it far from any view; None outside one.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)


class CurrentRequestMiddleware:
    """Names each request, so that an error shown to a reader can be found in the log."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = str(uuid.uuid4())
        token = current_request.set(request)
        try:
            response = self.get_response(request)
        finally:
            current_request.reset(token)
        response["X-Request-ID"] = request.id
        return response


class RequestIdFilter(logging.Filter):
    """Puts the request's id into each log line, "-" outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(current_request.get(), "id", "-")
        return True


class PrivateAnswersMiddleware:
    """No cache, shared or in the browser, keeps what a signed-in person was shown."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        add_never_cache_headers(response)
        return response
