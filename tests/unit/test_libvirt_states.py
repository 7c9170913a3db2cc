"""Domain states: libvirt's words, our power states, and no nearest fit for what is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.backends.libvirt import eventwords, states
from novatui.core.events import Severity
from novatui.core.states import Power


@pytest.mark.parametrize(
    ("state", "reason", "power", "native"),
    [
        (1, 1, Power.RUNNING, "running (booted)"),
        (1, 0, Power.RUNNING, "running"),
        (1, 10, Power.RUNNING, "running (post-copy)"),
        (2, 0, Power.RUNNING, "idle"),
        (3, 1, Power.PAUSED, "paused (user)"),
        (3, 2, Power.MIGRATING, "paused (migrating)"),
        (3, 5, Power.PAUSED, "paused (I/O error)"),
        (3, 10, Power.CRASHED, "paused (crashed)"),
        (3, 11, Power.STARTING, "paused (starting up)"),
        (3, 12, Power.MIGRATING, "paused (post-copy)"),
        (3, 13, Power.PAUSED, "paused (post-copy failed)"),
        (4, 1, Power.STOPPING, "in shutdown (user)"),
        (5, 2, Power.OFF, "shut off (destroyed)"),
        (5, 3, Power.OFF, "shut off (crashed)"),
        (5, 5, Power.SUSPENDED, "shut off (saved)"),
        (6, 1, Power.CRASHED, "crashed (panicked)"),
        (7, 0, Power.SUSPENDED, "pmsuspended"),
        (0, 0, Power.UNKNOWN, "no state"),
        (9, 4, Power.UNKNOWN, "state 9 (reason 4)"),
        (1, 77, Power.RUNNING, "running (reason 77)"),
    ],
)
def test_states(state: int, reason: int, power: Power, native: str) -> None:
    told = states.columns(state, reason)
    assert (told["power"], told["native_state"]) == (power.value, native)


def test_a_managed_save_image_makes_an_off_machine_suspended() -> None:
    assert states.power(5, 1, saved=True) is Power.SUSPENDED
    assert states.columns(5, 1, saved=True)["native_state"] == "shut off (shutdown), saved"
    assert states.power(5, 1, saved=False) is Power.OFF
    assert states.power(1, 1, saved=True) is Power.RUNNING


def test_a_machine_that_comes_by_no_job_is_paused() -> None:
    """libvirt 9 gives this reason for ever to a machine that was saved while it was paused."""
    assert states.columns(3, 2, jobless=True) == {
        "power": "paused",
        "native_state": "paused (migrating)",
        "health": None,
    }
    assert states.power(3, 12, jobless=True) is Power.MIGRATING
    assert states.power(1, 1, jobless=True) is Power.RUNNING


def test_health_is_told_where_libvirt_tells_of_bad_health() -> None:
    assert states.columns(3, 5)["health"] == "critical"
    assert states.columns(5, 3)["health"] == "critical"
    assert states.columns(1, 1)["health"] is None


def test_a_state_that_was_not_told_is_unknown() -> None:
    assert set(states.columns(None, None).values()) == {None}
    assert states.is_active(None) is None
    assert states.is_active(99) is None
    assert states.is_active(3) is True
    assert states.is_active(5) is False


@given(st.integers(), st.none() | st.integers(), st.none() | st.booleans())
def test_any_number_has_a_power_state_and_a_word(state: int, reason: int | None, saved: bool | None) -> None:
    told = states.columns(state, reason, saved=saved)
    assert told["power"] in set(Power)
    assert told["native_state"]
    if state not in range(1, 8):
        assert told["power"] == "unknown"


@given(st.integers(), st.integers())
def test_any_lifecycle_event_has_words(event: int, detail: int) -> None:
    native, text, _ = eventwords.lifecycle(event, detail)
    assert native.startswith("lifecycle.")
    assert text


def test_what_wakes_people_up_is_an_error() -> None:
    assert eventwords.lifecycle(5, 2) == ("lifecycle.stopped", "stopped (crashed)", Severity.ERROR)
    assert eventwords.lifecycle(3, 2)[2] is Severity.ERROR
    assert eventwords.lifecycle(8, 0)[2] is Severity.ERROR
    assert eventwords.lifecycle(5, 0)[2] is Severity.INFO
    assert eventwords.lifecycle(5, 42)[1] == "stopped (reason 42)"
