"""Frames of the question where a machine can run: what it needs, and how single hosts meet that. Nothing is changed."""

from __future__ import annotations

from novatui.core.errors import Failure
from novatui.core.needs import Needs
from novatui.core.reasons import Fit
from novatui.wire.frame import Frame

# --- console to worker


class NeedsRequest(Frame, frozen=True):
    """Read what a machine asks of a host."""

    conn: str
    request: int
    key: str


class FitRequest(Frame, frozen=True):
    """Ask one host how it meets that."""

    conn: str
    request: int
    needs: Needs
    """Of a machine of this connection or of another one of its family."""
    host: str


# --- worker to console


class NeedsAnswer(Frame, frozen=True):
    """Answer of a NeedsRequest."""

    conn: str
    request: int
    needs: Needs | None
    """As the product wrote it: it goes to other products, and to no screen."""
    failure: Failure | None


class FitAnswer(Frame, frozen=True):
    """Answer of a FitRequest."""

    conn: str
    request: int
    fit: Fit | None
    failure: Failure | None
