"""Frames of changes: planned, let in by the gate, run call by call."""

from __future__ import annotations

from novatui.core.errors import Failure
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.wire.frame import Frame

# --- console to worker


class PlanRequest(Frame, frozen=True):
    """Turn an operation into native calls. Nothing is changed."""

    conn: str
    request: int
    operation: Operation


class RunRequest(Frame, frozen=True):
    """Send the native calls of a plan, in order. Each waits for its `Proceed` before it is sent."""

    conn: str
    request: int
    operation: int
    verb: str
    """Of the operation: `core.verbs.VERBS`."""
    key: str
    calls: list[NativeCall]
    secrets: dict[str, str]


class Proceed(Frame, frozen=True):
    """This call of a run is in the journal now: send it; or, when it could not be written there, do not."""

    conn: str
    request: int
    call: str
    go: bool


class Unlock(Frame, frozen=True):
    """Lift the protection of a connection for a while; 0 seconds put it back. Nothing else is lifted by it."""

    conn: str
    seconds: float
    ticket: str


# --- worker to console


class PlanAnswer(Frame, frozen=True):
    """Answer of a PlanRequest."""

    conn: str
    request: int
    plan: Plan | None
    """Without its calls: its text goes to a screen."""
    calls: list[NativeCall]
    """Its calls, as they go to the product: `core.operations.described` makes them fit for a screen."""
    failure: Failure | None


class CallProgress(Frame, frozen=True):
    """One native call of a RunRequest began, advances or ended."""

    conn: str
    request: int
    operation: int
    call: str
    state: str
    """resolved (it waits for its Proceed), sent, done, failed, skipped, unknown."""
    arguments: dict[str, Argument]
    """Arguments as sent, with results filled in and secrets named."""
    percent: float | None
    failure: Failure | None


class RunAnswer(Frame, frozen=True):
    """A RunRequest is over: every call of it was done, failed, skipped, or its outcome is unknown."""

    conn: str
    request: int
    operation: int
    state: str
    """Fingerprint of the object after it, comparable with `Plan.state`; empty when it could not be read."""
    failure: Failure | None
    """The first failure; None when every call was done."""


class LockState(Frame, frozen=True):
    """What may be changed on a connection, as its worker enforces it; told after connecting and when it changes."""

    conn: str
    ro: bool
    protected: bool
    role: str
    """viewer, operator, admin: by the policy of the worker's machine."""
    reasons: list[str]
    """Which rules said so, in words."""
    unlocked: float | None
    """Seconds that the protection is still lifted for; None when it is not."""
