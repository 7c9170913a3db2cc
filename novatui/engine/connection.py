"""One connection as the console knows it, and when a lost one is tried again."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from novatui.core.connection import ConnectionInfo, ConnectionSpec, LinkStatus
from novatui.core.errors import Failure, Fault
from novatui.core.states import Link
from novatui.engine.logline import LogLine

if TYPE_CHECKING:
    from novatui.wire import frames

LONGEST_DELAY = 30.0
"""Seconds between two attempts at most."""

STEADY = 60.0
"""Seconds that a connection was up after which its failed attempts are forgotten."""


HISTORY = 5.0
"""Seconds after it came up in which the events of a connection are its history."""


class Connection:
    """State of one connection. Read it freely on the event loop's thread; only `links` and `fleet` change it."""

    def __init__(self, spec: ConnectionSpec, generation: int = 0) -> None:
        """`generation` is that of the connection that had this name before."""
        self.spec = spec
        self.info: ConnectionInfo | None = None
        self.generation = generation
        """Number of the attempt; frames of an older one do not count."""
        self.steps: list[frames.ConnectStep] = []
        """Steps of the last attempt."""
        self.stats: frames.Stats | None = None
        """Last heartbeat of its worker."""
        self.questions: dict[int, frames.Question] = {}
        """Questions that wait for an answer, by number."""
        self.loaded: frozenset[str] = frozenset()
        """Kinds that the last listing listed without error."""
        self.load_failures: dict[str, Failure] = {}
        self.worker_pid: int | None = None
        """On the machine where the worker runs."""
        self.log: list[LogLine] = []
        """Last lines that its worker wrote before it ended."""
        self.link = Link.IDLE
        self.since = time.time()
        self.failure: Failure | None = None
        self.retry_at: float | None = None
        self.attempt = 0
        self.last_good: float | None = None
        self.listed = False
        """The listing of this generation is complete."""
        self.lock: frames.LockState | None = None
        """What its worker admits; None until it has told."""
        self.unlocked_until: float | None = None
        """Local monotonic time until which the protection is lifted; None when it is not."""

    @property
    def name(self) -> str:
        """Name as configured."""
        return self.spec.name

    @property
    def status(self) -> LinkStatus:
        """Where it stands now."""
        return LinkStatus(
            link=self.link,
            since=self.since,
            failure=self.failure,
            retry_at=self.retry_at,
            attempt=self.attempt,
            last_good=self.last_good,
        )

    @property
    def told_its_past(self) -> bool:
        """True when it is up for so long that events happen now, which were told first of what was before us."""
        return self.link is Link.UP and time.time() - self.since > HISTORY

    @property
    def settled(self) -> bool:
        """True when it is loaded, or has failed, or is closed."""
        if self.link in {Link.DOWN, Link.CLOSED}:
            return True
        inventory = self.info is None or "InventorySource" in self.info.roles
        return self.link is Link.UP and (self.listed or not inventory)

    def complete(self, scopes: Collection[str], failures: Mapping[str, Failure], *, wanted: Collection[str]) -> None:
        """A listing of some kinds ended; of the others it said nothing. One that is wanted no more does not count."""
        said = {*scopes, *failures}
        self.listed = True
        self.loaded = (self.loaded - said) | frozenset(scopes)
        self.load_failures = {k: why for k, why in self.load_failures.items() if k not in said} | dict(failures)
        self.forget(said.difference(wanted))

    def forget(self, kinds: Collection[str]) -> None:
        """These kinds are wanted no more."""
        self.loaded -= frozenset(kinds)
        self.load_failures = {kind: why for kind, why in self.load_failures.items() if kind not in kinds}

    def begin(self) -> None:
        """A new attempt."""
        self.generation += 1
        self.steps = []
        self.questions = {}
        self.listed = False
        self.retry_at = None
        self.lock, self.unlocked_until = None, None
        self.go(Link.CONNECTING, None)

    def be_locked(self, lock: frames.LockState) -> None:
        """Its worker told what it admits from now on."""
        self.lock = lock
        lifted = lock.unlocked is not None and math.isfinite(lock.unlocked)
        self.unlocked_until = time.monotonic() + lock.unlocked if lifted and lock.unlocked is not None else None

    @property
    def unlocked(self) -> bool:
        """True while its protection is lifted."""
        return self.unlocked_until is not None and time.monotonic() < self.unlocked_until

    def go(self, link: Link, failure: Failure | None) -> None:
        """It stands elsewhere now."""
        if link is not self.link:
            if link is Link.DOWN and not (self.link is Link.UP and time.time() - self.since >= STEADY):
                self.attempt += 1
            elif link is Link.DOWN:
                self.attempt = 1
            self.link, self.since = link, time.time()
        # Why it was lost is worth knowing until it is back, also while it is being tried again.
        if failure is not None or link in (Link.UP, Link.CLOSED):
            self.failure = failure

    @property
    def broken(self) -> bool:
        """True from its failure until it is up again, whether it is being tried or not."""
        return self.link is Link.DOWN or (self.failure is not None and self.link is not Link.UP)

    @property
    def unknown_pin(self) -> str:
        """SHA-256 of the certificate that is the reason why it is not made, lower-case hex; empty when none is."""
        failure = self.failure
        if self.link is not Link.DOWN or failure is None or failure.fault is not Fault.TLS_UNTRUSTED:
            return ""
        subject = failure.subject.replace(":", "").lower()
        return subject if len(subject) == 64 and all(char in "0123456789abcdef" for char in subject) else ""


def delay(attempt: int) -> float:
    """Seconds to wait after this many failed attempts: 1, 2, 4 … 30, spread so that many do not return at once."""
    return min(LONGEST_DELAY, 2.0 ** min(attempt - 1, 10)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
