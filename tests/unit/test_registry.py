"""Which drivers there are, and what is said of a family that has none."""

from __future__ import annotations

import pytest

from novatui.backends.registry import ENTRIES, driver_class
from novatui.core.errors import NotSupported


def test_a_family_without_a_driver_is_refused_for_good() -> None:
    with pytest.raises(NotSupported) as caught:
        driver_class("no-such-family")
    failure = caught.value.failure
    assert failure.final, "trying again would not bring a driver"
    assert "no-such-family" in failure.message
    assert all(name in failure.hint for name in ENTRIES)
