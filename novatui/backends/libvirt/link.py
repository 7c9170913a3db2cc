"""One libvirt connection as everything else of the driver uses it: calls counted, drained before closing, explained.

libvirt frees a connection that is closed under a pending call, so closing waits until all calls have returned.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from novatui.backends.driver import Sink
from novatui.backends.libvirt.errors import explain, lost
from novatui.backends.libvirt.library import libvirt
from novatui.core.errors import NotFound, NovaError, Unreachable

DRAIN_S = 30.0
"""Longest wait for pending calls: keepalive ends every one of them earlier (5 s × (3 + 1))."""

T = TypeVar("T")


class Link:
    """An open connection and the calls on it."""

    def __init__(self, conn: libvirt.virConnect, sink: Sink, uri: str) -> None:
        self.conn = conn
        self.sink = sink
        self.uri = uri
        self._pending = 0
        self._idle = threading.Condition()
        self._closing = False
        self._lost: NovaError | None = None
        self._has_close_callback = False

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
        self._enter()
        try:
            self.sink.count(function.__name__)
            return function(*args)
        except libvirt.libvirtError as error:
            raise self._explain(error) from None
        finally:
            self._leave()

    def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        """The same for an answer that is welcome but not needed: None when the call fails. A lost link still raises."""
        try:
            return self.call(function, *args)
        except Unreachable:
            raise
        except NovaError:
            return None

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
        with self._idle:
            self._closing = True
            drained = self._idle.wait_for(lambda: self._pending == 0, DRAIN_S)
        if not drained:
            return False
        if self._has_close_callback:
            _quietly(self.conn.unregisterCloseCallback)
        _quietly(self.conn.close)
        return True

    def _enter(self) -> None:
        with self._idle:
            if self._closing:
                raise Unreachable("the connection is closed")
            self._pending += 1

    def _leave(self) -> None:
        with self._idle:
            self._pending -= 1
            self._idle.notify_all()

    def _explain(self, error: libvirt.libvirtError) -> NovaError:
        alive = self.alive
        explained = explain(error, alive=alive)
        return self._lost if self._lost is not None and isinstance(explained, Unreachable) else explained

    def _on_close(self, _conn: object, reason: int, _opaque: object) -> None:
        """Runs in the event loop's thread."""
        self._lost = lost(reason)
        if not self._closing:
            self.sink.lost(self._lost.failure)


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
