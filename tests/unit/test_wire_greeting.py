"""Clocks of the two ends: one on one machine, an estimate otherwise."""

from __future__ import annotations

import msgspec
import pytest

from novatui.wire import frames
from novatui.wire.greeting import boot_id, clock_offset, hello


def test_a_greeting_tells_this_boot_and_this_protocol() -> None:
    assert (hello().protocol, hello().boot_id) == (frames.PROTOCOL, boot_id())


def test_on_one_machine_there_is_one_clock() -> None:
    if not boot_id():
        pytest.skip("the kernel tells no boot id")
    assert clock_offset(hello(), 12345.0) == 0.0


@pytest.mark.parametrize("boot", ["other", ""])
def test_the_clock_of_another_machine_is_placed_by_its_greeting(boot: str) -> None:
    theirs = msgspec.structs.replace(hello(), boot_id=boot, monotonic=1000.0)
    assert clock_offset(theirs, 250.0) == -750.0
