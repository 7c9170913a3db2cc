"""Things that happened, as the products tell them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much an event matters to a person at night."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody has told the product that the alarm is known."""

    done: bool
    by: str = ""
    """The product's name of the account; empty when it is not told."""
    at: float | None = None
    """Epoch seconds by the product's clock."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one connection."""

    id: str
    """Unique in its connection; a repeated id is the same event."""
    at: float
    """Epoch seconds by the product's clock."""
    seen: float
    """Epoch seconds when we learned of it; `at` and `seen` of live events give the clock skew."""
    severity: Severity = Severity.INFO
    native_type: str
    """The product's word: `lifecycle.started`, `VmPoweredOnEvent`, `18590` …"""
    key: str = ""
    """Key of the object concerned; empty when none."""
    subject: str = ""
    """Name of the object, for objects that are gone or not in the inventory."""
    text: str = ""
    who: str = ""
    polled: bool = False
    """Found by looking, not told by the product."""
    alarm: str = ""
    """Name of the alarm that this event raises or clears; empty for ordinary events."""
    raised: bool | None = None
    """For alarms: True raised, False cleared."""
    acknowledgement: Acknowledgement | None = None
    """For alarms that are raised; None when the product does not tell, or knows nothing of the kind."""
