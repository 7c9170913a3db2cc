"""Frames of questions that inspect a product, a host or a machine, or ask for its screen: they take many calls, and
change nothing.

Every question is a pair of a request and an answer; `worker.inspections` knows who answers each of them.
"""

from __future__ import annotations

from novatui.core.capabilities import Fact
from novatui.core.consoles import Handoff, Picture, Way
from novatui.core.errors import Failure
from novatui.core.history import History
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.posture import Posture
from novatui.wire.frame import Frame

# --- console to worker


class InspectionRequest(Frame, frozen=True):
    """Base of all requests."""

    conn: str
    request: int


class ProbeRequest(InspectionRequest, frozen=True):
    """Ask what can be done here."""

    scope: str
    """Key of a host or a machine; empty for the connection as a whole."""


class ProfileRequest(InspectionRequest, frozen=True):
    """Ask what a host is like."""

    host: str


class BaselineRequest(InspectionRequest, frozen=True):
    """Ask what processors have in common."""

    processors: list[str]
    """As `HostProfile.native` of hosts of this family has them."""


class PostureRequest(InspectionRequest, frozen=True):
    """Ask what is to be said of how a machine or a host is set up."""

    key: str


class HandoffRequest(InspectionRequest, frozen=True):
    """Ask for a one-time ticket to the screen of a machine."""

    key: str
    way: Way


class PictureRequest(InspectionRequest, frozen=True):
    """Ask for a picture of the screen of a machine."""

    key: str


class HistoryRequest(InspectionRequest, frozen=True):
    """Ask what is remembered of the last `seconds` of a machine or a host."""

    key: str
    seconds: float


# --- worker to console


class InspectionAnswer(Frame, frozen=True):
    """Base of all answers: each has a field `found` beside these, None when there is a failure."""

    conn: str
    request: int
    ms: float
    """How long it took to find out."""
    calls: int
    """Native calls that it took."""
    failure: Failure | None


class ProbeAnswer(InspectionAnswer, frozen=True):
    """Answer of a ProbeRequest."""

    found: list[Fact] | None
    """One for each feature, in their order."""


class ProfileAnswer(InspectionAnswer, frozen=True):
    """Answer of a ProfileRequest."""

    found: HostProfile | None


class BaselineAnswer(InspectionAnswer, frozen=True):
    """Answer of a BaselineRequest."""

    found: Baseline | None


class PostureAnswer(InspectionAnswer, frozen=True):
    """Answer of a PostureRequest."""

    found: Posture | None


class HandoffAnswer(InspectionAnswer, frozen=True):
    """Answer of a HandoffRequest. The one frame with a secret in this direction; its `repr` has none."""

    found: Handoff | None


class PictureAnswer(InspectionAnswer, frozen=True):
    """Answer of a PictureRequest."""

    found: Picture | None


class HistoryAnswer(InspectionAnswer, frozen=True):
    """Answer of a HistoryRequest."""

    found: History | None
