"""Screens of machines: tickets and pictures, asked of the driver as far as the lock of the connection lets it.

What goes out for them is no reading call: a ticket lets somebody type into a guest, a picture may leave a file.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from novatui.backends.consoleaccess import ConsoleAccess
from novatui.core.consoles import Handoff, Picture
from novatui.core.errors import Denied
from novatui.wire import frames
from novatui.worker.admission import Admission, Passage


def handed_off(driver: ConsoleAccess, request: frames.HandoffRequest, admission: Admission) -> Handoff:
    """A ticket. Denied on a connection that is locked: whoever sits at a screen changes things."""
    admission.admit_console()
    with _let_through(admission):
        return driver.hand_off(request.key, request.way)


def pictured(driver: ConsoleAccess, request: frames.PictureRequest, admission: Admission) -> Picture:
    """A picture; on a connection that is locked only in a way that writes nothing."""
    try:
        admission.admit_console()
    except Denied:
        return driver.picture(request.key, files=False)
    with _let_through(admission):
        return driver.picture(request.key, files=True)


@contextmanager
def _let_through(admission: Admission) -> Generator[None]:
    """While the body runs, this thread may say calls that are no reading ones."""
    passage = Passage(_nobody)
    try:
        with admission.inside(passage):
            yield
    finally:
        passage.close()


def _nobody(_: float) -> None:
    """Nobody is told how far it is."""
