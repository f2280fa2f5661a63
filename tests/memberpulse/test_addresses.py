"""Addresses that belong to no room."""


def test_every_page_has_an_icon_signed_in_or_not(client):
    response = client.get("/favicon.ico")

    assert response.status_code == 302
    assert response.url.endswith(".svg")
