"""Which drivers there are, and what is said of a family that has none."""

from __future__ import annotations

import pytest

from novatui.backends.registry import ENTRIES, driver_class
from novatui.core.errors import NotSupported
from novatui.core.libraries import SERVED


def test_a_family_without_a_driver_is_refused_for_good() -> None:
    with pytest.raises(NotSupported) as caught:
        driver_class("no-such-family")
    failure = caught.value.failure
    assert failure.final, "trying again would not bring a driver"
    assert "no-such-family" in failure.message
    assert all(name in failure.hint for name in ENTRIES)


def test_the_console_knows_which_families_have_a_driver() -> None:
    assert {family.value for family in SERVED} == ENTRIES.keys() - {"demo"}
