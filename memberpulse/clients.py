"""Who is at the other end of a request, as far as its headers can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The IP address that spoke to the outermost of our proxies, or to us where there is none.

    Each proxy appends the address it saw to ``X-Forwarded-For``; what stands further left was sent by the client, who
    may write there what they like. Without an address of that kind it is the one that spoke to us, None for a socket.
    """
    count = settings.TRUSTED_PROXY_COUNT
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    forwarded = _address(seen[-count]) if 0 < count <= len(seen) else None
    return forwarded or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    """One spelling for each address; None for what is none, or is one on a link of the proxy's only."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    return None if address.scope_id else str(address.ipv4_mapped or address)
