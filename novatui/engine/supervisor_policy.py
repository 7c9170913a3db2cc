"""When a worker is beyond help: pure judgement over what is known of it."""

from __future__ import annotations

import msgspec

from novatui.wire import frames

APART = frozenset({"detail", "plan", "run"})
"""Lanes of a worker beside the one that connects, lists and samples."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How long a worker is waited for, seconds."""

    start: float = 30.0
    """From its start to its greeting."""
    grace: float = 5.0
    """How far a call may be past its deadline before the worker is killed."""
    detail_grace: float = 45.0
    """The same for the lanes APART: they hold up nothing else, and products have lock timeouts of 30 s of their own."""
    silence: float = 16.0
    """Without a frame and without CPU time: it hangs. It says something every five seconds."""
    deaf: float = 240.0
    """Without a frame, whatever it computes: any call that it may have begun since is past its deadline."""
    tick: float = 1.0
    """Between two judgements."""
    leave: float = 0.4
    """What it is given to end by itself once it was told to."""


def stuck(stats: frames.Stats, elapsed: float, policy: Policy) -> dict[str, str]:
    """Connections with a call too far past its deadline → that call. `elapsed`: seconds since these stats were made.

    A call that was in flight then is taken to be in flight still: a worker that works says otherwise every second.
    """
    found: dict[str, str] = {}
    for name, late in stats.calls.items():
        conn, lane, what = split_call(name)
        grace = policy.detail_grace if lane in APART else policy.grace
        if late + elapsed > grace:
            found[conn] = what
    return found


def late(stats: frames.Stats, elapsed: float, conn: str) -> bool:
    """True when a call of this connection is past its deadline, taken to be in flight still."""
    return any(seconds + elapsed > 0 and split_call(name)[0] == conn for name, seconds in stats.calls.items())


def in_flight(stats: frames.Stats) -> set[str]:
    """Connections that had a call in flight."""
    return {split_call(name)[0] for name in stats.calls}


def split_call(name: str) -> tuple[str, str, str]:
    """Connection, lane and call of a name in `Stats.calls`; the connection's name may hold slashes."""
    conn, lane, what = name.rsplit("/", 2) if name.count("/") >= 2 else ("", "", name)
    return conn, lane, what
