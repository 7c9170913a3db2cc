"""One libvirt connection as everything else of the driver uses it: calls counted, in turn, drained before closing.

Two facts of the C library shape it (both seen with 9.0). A connection that is closed under a pending call is freed
memory to that call. When keepalive gives a silent peer up while two calls wait, only one of them ends; the other waits
for ever, or crashes the process once the socket breaks. So calls take turns: they do so on the wire anyway.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from novatui.backends.libvirt.errors import explain, lost
from novatui.backends.libvirt.library import libvirt
from novatui.core.errors import Failure, NotFound, NovaError, Unreachable

DRAIN_S = 30.0
"""Longest wait for a pending call when closing: keepalive ends it earlier (5 s × (3 + 1))."""

BULK_S, BULK_EACH_S = 4.0, 0.02
"""A bulk call that takes longer, so much more for each running machine, is held by a monitor that hangs."""

T = TypeVar("T")


class CallSink(Protocol):
    """What a link says: the part of `Sink` that is about calls."""

    def call(self, name: str) -> None: ...

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None: ...

    def lost(self, failure: Failure) -> None: ...


class Link:
    """An open connection and the calls on it."""

    def __init__(self, conn: libvirt.virConnect, sink: CallSink, uri: str) -> None:
        self.conn = conn
        self.sink = sink
        self.uri = uri
        self._turns = threading.Condition()
        self._waiting: deque[object] = deque()
        """Calls in the order they came; the first one runs."""
        self._closing = False
        self._lost: NovaError | None = None
        self._has_close_callback = False
        self._held: Future[Any] | None = None
        """The bulk call that was left behind."""

    def guard(self) -> None:
        """Keepalive, and a callback when the link ends. Drivers inside this process have neither."""
        try:
            self.conn.registerCloseCallback(self._on_close, None)
            self._has_close_callback = True
            self.conn.setKeepAlive(5, 3)
        except libvirt.libvirtError:
            return

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Make one libvirt call. NovaError when it fails; Unreachable when the connection is gone.

        Answers are untyped: libvirt-python's own annotations are wrong for many of them.
        """
        with self._turn():
            return self._make(function, *args)

    def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        """The same for an answer that is welcome but not needed: None when the call fails. A lost link still raises."""
        try:
            return self.call(function, *args)
        except Unreachable:
            raise
        except NovaError:
            return None

    def bulk(self, running: int, function: Callable[..., Any], *args: Any) -> Any:
        """The same for statistics of so many running machines, which libvirt asks of one monitor after another.

        NOWAIT passes a machine by whose monitor is held already. But the call that meets a hung one first waits in it
        for good; by that it holds the monitor, so that those after it pass. As no other call can be made meanwhile,
        the link is given up here, and the next one passes.
        """
        with self._turn():
            asked = _in_background(self._make, function, *args)
            wait([asked], BULK_S + BULK_EACH_S * running)
            if asked.done():
                return asked.result()
            self._held = asked
        error = Unreachable(
            "libvirt does not answer for its machines",
            meaning="the daemon stands still, or it waits for a machine that hangs",
            hint="the connection is made anew by itself; a machine that hangs is then passed by",
        )
        self._lose(error)
        raise error

    def domain(self, uuid: str) -> libvirt.virDomain:
        """The domain with this uuid. NotFound when there is none, or when it is no uuid."""
        try:
            return self.call(self.conn.lookupByUUIDString, uuid)
        except NovaError as error:
            if error.failure.code == "8":
                raise NotFound(f"no machine {uuid}", native=error.failure.native, code="8") from None
            raise

    @property
    def alive(self) -> bool:
        """Whether libvirt holds the connection to be alive; asks nobody."""
        try:
            return self._lost is None and self.conn.isAlive() == 1
        except libvirt.libvirtError:
            return False

    def close(self) -> bool:
        """Close it when no call is pending any more. False: something still hangs in a call, and it was left alone."""
        with self._turns:
            self._closing = True
            if not self._turns.wait_for(lambda: not self._waiting, DRAIN_S):
                return False
        if self._held is None or self._held.done():
            self._shut()
            return True
        self._held.add_done_callback(lambda _: self._shut())
        return False

    def _shut(self) -> None:
        if self._has_close_callback:
            _quietly(self.conn.unregisterCloseCallback)
        _quietly(self.conn.close)

    @contextmanager
    def _turn(self) -> Generator[None]:
        """First come, first served: a long listing does not keep others waiting for more than one of its calls."""
        ticket = object()
        with self._turns:
            self._waiting.append(ticket)
            self._turns.wait_for(lambda: self._waiting[0] is ticket)
        try:
            if self._lost is not None:
                raise self._lost
            if self._closing:
                raise Unreachable("the connection is closed")
            yield
        finally:
            with self._turns:
                self._waiting.popleft()
                self._turns.notify_all()

    def _make(self, function: Callable[..., Any], *args: Any) -> Any:
        self.sink.call(function.__name__)
        try:
            return function(*args)
        except libvirt.libvirtError as error:
            raise self._explain(error) from None

    def _explain(self, error: libvirt.libvirtError) -> NovaError:
        explained = explain(error, alive=self.alive)
        if isinstance(explained, Unreachable):
            self._lose(explained)
        return explained if self._lost is None else self._lost

    def _on_close(self, _conn: object, reason: int, _opaque: object) -> None:
        """Runs in the event loop's thread. After keepalive gave up it does not always come: see `_explain`."""
        self._lose(lost(reason))

    def _lose(self, error: NovaError) -> None:
        """The link is gone, for this reason; the first one counts."""
        with self._turns:
            first = self._lost is None
            if first:
                self._lost = error
        if first and not self._closing:
            self.sink.lost(error.failure)


def _in_background(function: Callable[..., Any], *args: Any) -> Future[Any]:
    """Run it on a thread of its own, which nobody has to wait for."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args))
        except Exception as error:  # noqa: BLE001 - handed on to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, name="libvirt bulk", daemon=True).start()
    return future


def _quietly(function: Callable[[], Any]) -> None:
    try:
        function()
    except libvirt.libvirtError:
        return


def timed(function: Callable[[], T]) -> tuple[T, float]:
    """What a function answers, and its duration in milliseconds."""
    begun = time.perf_counter()
    answer = function()
    return answer, (time.perf_counter() - begun) * 1000


def truth(answer: int | None) -> bool | None:
    """libvirt's 1 and 0 as a fact; anything else is not known."""
    return None if answer is None or answer < 0 else bool(answer)
