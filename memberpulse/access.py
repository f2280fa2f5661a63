"""What an address needs of whoever opens it. Every address declares it; tests walk all of them."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required

# For everybody, signed in or not.
PUBLIC = "public"
# For everybody who is signed in; what is shown there is their own.
SIGNED_IN = "signed_in"
# Anything else is the name of a capability.
Access = str


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the view to everybody."""
    return declared(login_not_required(view), PUBLIC)


def declared(view: Callable[..., Any], access: Access) -> Callable[..., Any]:
    """Says of a view made elsewhere what it needs; enforcing it is left to the view."""
    view.access = access
    return view


def access_of(view: Callable[..., Any]) -> Access | None:
    """What the view of an address declares: itself, by its class, or by the page of the admin that it belongs to."""
    seen = view
    while seen is not None:
        # Itself; the class it was made of, Django's or REST framework's; the object it is a method of.
        for owner in (seen, *(getattr(seen, name, None) for name in ("view_class", "cls", "__self__"))):
            if access := getattr(owner, "access", None):
                return str(access)
        seen = getattr(seen, "__wrapped__", None)
    page = getattr(view, "model_admin", None) or getattr(view, "admin_site", None)
    return page and str(page.access)
