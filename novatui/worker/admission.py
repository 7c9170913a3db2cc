"""What may be called on a connection: reading always, everything else only by a run that nothing locks out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Denied, InvalidInput
from novatui.core.verbs import VERBS
from novatui.wire.change_frames import LockState, Unlock
from novatui.worker.rights import ADMIN, UNREAD, VIEWER, rights_of

log = logging.getLogger(__name__)


class Passage:
    """One native call of a run that was let in, on its way through the driver."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        self._lock = threading.Lock()
        self._advance = advance
        self._closed = False
        self._said = False

    def say(self, name: str) -> None:
        """A call that changes something goes out now. Denied when this passage is closed: then it must not."""
        with self._lock:
            if self._closed:
                raise Denied(
                    f"{name} was not sent: the run that it belongs to is over",
                    meaning="its deadline passed, or the connection ended, while it waited for its turn",
                    subject=name,
                )
            self._said = True

    def advance(self, percent: float) -> None:
        """The call has come so far."""
        if not self._closed:
            self._advance(percent)

    def close(self) -> bool:
        """Let nothing more through; True when something has gone out already."""
        with self._lock:
            self._closed = True
            return self._said


class Admission:
    """The lock of one connection, as this process enforces it; a console can only ask to lift its protection."""

    def __init__(self, spec: ConnectionSpec, tell: Callable[[LockState], None]) -> None:
        self._spec = spec
        self._tell = tell
        self._rights = UNREAD
        self._reading: frozenset[str] | None = frozenset()
        self._unlocked_until = 0.0
        self._lock = threading.Lock()
        self._inside = threading.local()

    # --- the life of the connection --------------------------------------------------------------------------------

    def judge(self) -> None:
        """Read what the administrator of this machine allows; of that and the console's machine the stricter holds."""
        self._rights = rights_of(self._spec)

    def reads(self, driver: type) -> None:
        """Take the driver's own list of reading calls. One that has none changes nothing, whatever it calls."""
        self._reading = getattr(driver, "READING", None)

    def unlock(self, request: Unlock) -> None:
        """Lift the protection for so many seconds; 0 puts it back."""
        with self._lock:
            self._unlocked_until = _clock() + request.seconds if request.seconds > 0 and request.ticket else 0.0
        self.tell()

    def expire(self) -> None:
        """Tell that the time of an unlock is over, once."""
        with self._lock:
            over = 0 < self._unlocked_until <= _clock()
            if over:
                self._unlocked_until = 0.0
        if over:
            self.tell()

    def tell(self) -> None:
        """Say to the console what holds now, once that is known."""
        if self._rights is UNREAD:
            return
        left = self._unlocked_until - _clock()
        spec, rights = self._spec, self._rights
        reasons = [
            *(["the connection is configured read-only"] if spec.readonly and not rights.reasons else []),
            *(["the connection is configured protected"] if spec.protected and not rights.reasons else []),
            *rights.reasons,
        ]
        protected = spec.protected or rights.protected
        unlocked = left if protected and left > 0 else None
        self._tell(LockState(spec.name, spec.readonly or rights.ro, protected, rights.role, reasons, unlocked))

    # --- runs ------------------------------------------------------------------------------------------------------

    def admit(self, verb: str, *, lever: bool = False) -> None:
        """Let a run of this operation in, or say why not: Denied.

        A lever belongs to a run that was let in before: it works also when the protection is back meanwhile.
        """
        known = VERBS.get(verb)
        if known is None:
            raise InvalidInput(f"there is no operation {verb}", subject="verb")
        self._admit(known.title, admin=known.admin, lever=lever)

    def admit_console(self) -> None:
        """Let somebody at the screen of a machine: who types there changes more than any operation. Denied with why."""
        self._admit("a console", admin=False, lever=False)

    def _admit(self, what: str, *, admin: bool, lever: bool) -> None:
        spec, rights = self._spec, self._rights
        why = "; ".join(rights.reasons)
        if spec.readonly or rights.ro:
            raise Denied(
                f"{spec.name} is read-only: nothing is changed on it",
                meaning=why or "it is configured so",
                hint="open it without `ro`" if spec.readonly and not rights.ro else "",
                subject="ro",
            )
        if rights.role == VIEWER:
            raise Denied(f"a viewer changes nothing on {spec.name}", meaning=why, subject=VIEWER)
        if admin and rights.role != ADMIN:
            raise Denied(f"{what}: on {spec.name} that takes an admin", meaning=why, subject=rights.role)
        if (spec.protected or rights.protected) and not lever and self._unlocked_until <= _clock():
            raise Denied(
                f"{spec.name} is protected",
                meaning=why or "every change needs an unlock with a ticket",
                hint=":unlock 15m TICKET",
                subject="protected",
            )

    @contextmanager
    def inside(self, passage: Passage) -> Generator[None]:
        """While the body runs, this thread may say calls that change something, through this passage."""
        self._inside.passage = passage
        try:
            yield
        finally:
            self._inside.passage = None

    # --- what a driver says ----------------------------------------------------------------------------------------

    def check(self, name: str) -> None:
        """A native call is about to go out. Denied when it may not."""
        if self._reading is None or name in self._reading:
            return
        passage = self._passage
        if passage is None:
            log.error("%s: %s was refused: it is no reading call, and belongs to no run", self._spec.name, name)
            raise Denied(
                f"{name} is not let through",
                meaning="it is no call that only reads, and it belongs to no operation that was let in",
                subject=name,
            )
        passage.say(name)

    def advance(self, percent: float) -> None:
        """The call that this thread makes has come so far."""
        if passage := self._passage:
            passage.advance(percent)

    @property
    def _passage(self) -> Passage | None:
        return getattr(self._inside, "passage", None)


def _clock() -> float:
    """Seconds that go on while the machine sleeps: an unlock does not last longer because a lid was closed."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
