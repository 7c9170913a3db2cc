"""How an operation of ours goes and ends, for one object."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation


class Outcome(StrEnum):
    """Where it stands."""

    WAITING = "waiting"
    """Others go first."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """A call left and nothing was heard of its end: it may or may not have been done. It is not repeated."""
    REFUSED = "refused"
    """Nothing was sent."""
    DECLINED = "declined"
    """A person said no; nothing was sent."""
    LEFT_OUT = "left out"
    """The run was stopped before its turn came; nothing was sent."""


OVER = frozenset(Outcome) - {Outcome.WAITING, Outcome.RUNNING}


class Done(msgspec.Struct, kw_only=True):
    """An operation on one object, from the journal's number to its outcome."""

    id: int = 0
    """Number in the journal; 0 while it is not written there."""
    verb: str
    ref: ObjectRef
    name: str
    operation: Operation
    outcome: Outcome = Outcome.WAITING
    call: str = ""
    """Native name of the call that is under way."""
    percent: float | None = None
    failure: Failure | None = None
    seen: bool | None = None
    """Whether the inventory shows what was expected; None: not known yet, or nothing was expected."""
    seen_within: float = 0.0
    """Seconds that it is given to show."""
    began: float | None = None
    """Epoch seconds."""
    ended: float | None = None
    """Epoch seconds."""
    state: str = ""
    """Fingerprint of the object after it."""
    inverse: Operation | None = None
    irreversible: str = ""
    note: str = ""
    """What else is to be said of it: a sentence."""
    undoes: int = 0
    """Number of the operation that this one takes back."""
    undone_by: int = 0
    """Number of the operation that took it back."""

    @property
    def over(self) -> bool:
        """True when nothing more is sent for it."""
        return self.outcome in OVER

    @property
    def task(self) -> str:
        """Id of its task."""
        return f"N-{self.id}"

    @property
    def text(self) -> str:
        """How it stands, in words."""
        match self.outcome:
            case Outcome.DONE if self.seen:
                return "done and seen"
            case Outcome.DONE if self.seen is False:
                return f"done, not seen within {self.seen_within:g} s"
            case Outcome.RUNNING:
                return f"{self.call or 'running'}{'' if self.percent is None else f' {self.percent:.0f} %'}"
            case _ if self.failure:
                return f"{self.outcome.value}: {self.failure}"
            case _:
                return self.outcome.value
