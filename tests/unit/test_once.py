"""A property found out once: kept by each object for itself, and one that waits holds up no other."""

from __future__ import annotations

import threading

import pytest

from novatui.core.once import once
from tests.scripted import PATIENCE


class Asked:
    def __init__(self, go: threading.Event) -> None:
        self.go, self.times = go, 0

    @once
    def answer(self) -> str:
        """What it says."""
        self.times += 1
        self.go.wait(PATIENCE)
        return f"told {self.times}"


def test_it_is_found_out_once_by_each_object() -> None:
    go = threading.Event()
    go.set()
    one, other = Asked(go), Asked(go)
    assert (one.answer, one.answer, other.answer) == ("told 1", "told 1", "told 1")
    assert (one.times, other.times) == (1, 1)
    assert Asked.answer.__doc__ == "What it says."


def test_one_that_waits_holds_up_no_other() -> None:
    hung, quick = Asked(threading.Event()), Asked(threading.Event())
    quick.go.set()
    waiting = threading.Thread(target=lambda: hung.answer, daemon=True)
    waiting.start()
    while not hung.times:
        waiting.join(0.01)
    found: list[str] = []
    other = threading.Thread(target=lambda: found.append(quick.answer), daemon=True)
    other.start()
    other.join(PATIENCE / 2)
    assert found == ["told 1"]
    hung.go.set()
    waiting.join(PATIENCE)


def test_a_question_that_fails_is_put_again() -> None:
    class Failing:
        times = 0

        @once
        def answer(self) -> int:
            self.times += 1
            return 1 // (self.times - 1)

    one = Failing()
    with pytest.raises(ZeroDivisionError):
        one.answer  # noqa: B018
    assert one.answer == 1
