"""What the console knows of a connection between its failure and its return."""

from __future__ import annotations

from novatui.core.errors import Unreachable
from novatui.core.states import Link
from novatui.engine.connection import Connection
from tests.unit import stores

LOST = Unreachable("the host does not answer").failure


def test_the_reason_stays_until_it_is_up_again() -> None:
    one = Connection(stores.spec())
    one.begin()
    assert not one.broken
    one.go(Link.DOWN, LOST)
    one.begin()
    assert (one.status.link, one.status.failure, one.broken) == (Link.CONNECTING, LOST, True)
    one.go(Link.LOADING, None)
    assert one.broken
    one.go(Link.UP, None)
    assert (one.status.failure, one.broken) == (None, False)
