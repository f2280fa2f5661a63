"""The oracle's table itself: a line for every address, and every corner of it looked at."""

import pytest

from memberpulse.access import access_of
from tests.accounts.matrix.cells import ADDRESSES, cells_of, every_cell
from tests.accounts.matrix.desk import PEOPLE
from tests.oracle import access as oracle
from tests.oracle.access import METHODS

pytestmark = pytest.mark.django_db


def test_every_address_has_a_line_that_says_what_it_declares():
    for address in ADDRESSES:
        assert oracle.line_of(address.name, address.route).needs == access_of(address.callback), address.name


def test_every_line_is_of_an_address():
    pages = {f"admin:{model}_{page}" for model, (_, pages) in oracle.ADMIN_PAGES.items() for page in pages if page}

    assert {*oracle.ADDRESSES, *pages} - {address.name for address in ADDRESSES} == set()


def test_a_new_address_is_named_with_the_line_to_add():
    with pytest.raises(oracle.NoLineError) as told:
        oracle.line_of("accounts:new", "^new/?$")

    assert 'Add a line to ADDRESSES in tests/oracle/access.py, such as\n    "accounts:new": (SIGNED_IN' in str(
        told.value
    )


def test_the_table_is_large_and_every_corner_of_it_is_looked_at():
    looked_at = [cell for address in ADDRESSES for cell in cells_of(address)]

    assert len(looked_at) >= 4_000
    assert {cell.somebody for cell in looked_at} == set(PEOPLE)
    for address in ADDRESSES:
        here = [cell for cell in looked_at if cell.address == address]
        assert {cell.method for cell in here} == set(METHODS), address.name
        assert {cell.expected.status for cell in here} == {cell.expected.status for cell in every_cell(address)}
