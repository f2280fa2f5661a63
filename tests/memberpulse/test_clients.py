"""The address of a client: what the last trusted proxy saw, whatever the client says."""

import pytest
from django.test import RequestFactory

from memberpulse.clients import client_address

PROXY = "10.0.0.1"


def seen(settings, *, proxies: int, forwarded: str | None, peer: str = PROXY) -> str | None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "203.0.113.7", PROXY),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, " 203.0.113.7 ", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", PROXY),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "203.0.113.7, ", PROXY),
        (1, "203.0.113.7:4711", PROXY),
        (1, "2001:DB8:0::7", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "fe80::7%eth0", PROXY),
        (1, "203.0.113.007", PROXY),
    ],
)
def test_address_is_what_the_last_trusted_proxy_saw(settings, proxies, forwarded, address):
    assert seen(settings, proxies=proxies, forwarded=forwarded) == address


def test_a_socket_has_no_address(settings):
    assert seen(settings, proxies=0, forwarded=None, peer="") is None
