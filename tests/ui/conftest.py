"""Pilots that look oftener whether the console has come to rest: most of a key test's time was spent in that wait."""

from __future__ import annotations

from textual import _wait

_wait.SLEEP_GRANULARITY = 1 / 100
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 20
_wait.wait_for_idle.__defaults__ = (_wait.SLEEP_GRANULARITY, 1)
