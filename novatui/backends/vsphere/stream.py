"""The update stream: what the first load and every later change come through, so that nothing falls between them.

A collector of its own, filters over container views, and WaitForUpdatesEx again and again (vSphere Web Services SDK
Programming Guide, PropertyCollector). A path that the server does not know is left out and named; a view or a version
that is lost means that the session is lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pyVmomi import VmomiSupport, vim, vmodl

from novatui.backends.driver import Sink
from novatui.backends.vsphere.errors import from_exception, from_fault
from novatui.backends.vsphere.properties import FOLLOWED
from novatui.backends.vsphere.session import CALL_S, WAIT_S, Opened
from novatui.backends.vsphere.soap import Channel, call, element, just, members_of, property_set
from novatui.backends.vsphere.updates import Reader, Ref, Update
from novatui.core.errors import BackendFault, NotFound, NovaError, Unreachable

log = logging.getLogger(__name__)

PAGE = 500
"""Objects of one answer at most."""

STRUCTURE = tuple(each for each in FOLLOWED if each != "VirtualMachine")
MACHINES = ("VirtualMachine",)

Take = Callable[[float, Update], None]
"""Gets when the request began, and an update."""


class Also(NamedTuple):
    """Something that is followed beside the inventory."""

    name: str
    spec: Callable[[], Any]
    """Its PropertyFilterSpec."""
    accepted: Callable[[], None]
    """The server follows it."""


class Stream:
    """One collector and its filters. `load` before `follow`; `end` from any thread."""

    def __init__(self, opened: Opened, sink: Sink, take: Take, settled: Callable[[], None]) -> None:
        """`settled` is called whenever everything that is known so far was taken."""
        self._opened = opened
        self._sink = sink
        self._take = take
        self._settled = settled
        self._collector: Any = None
        self._channel = opened.channel(CALL_S)
        self._reading = opened.channel(CALL_S)
        """Beside the one that waits."""
        self._views: dict[str, Ref] = {}
        self._version = ""
        self._wait = WAIT_S
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.unknown: dict[str, str] = {}
        """Paths that this server does not know, with its fault."""

    def load(self, also: Sequence[Also] = ()) -> None:
        """Everything that there is: first what others stand in, then the machines, then what is followed `also`.

        NovaError when it fails. What is followed beside the inventory is given up where the server refuses it.
        """
        self._collector = self._make(
            self._opened.content.propertyCollector.CreatePropertyCollector, "CreatePropertyCollector"
        )
        for types in (STRUCTURE, MACHINES):  # a server answers filter by filter, in the order in which they were made
            self._filter(types)
        for one in also:  # before the first wait: a server may not look at filters that come later
            try:
                spec = one.spec()
                self._make(lambda spec=spec: self._collector.CreateFilter(spec, False), "CreateFilter")
            except Unreachable:
                raise
            except NovaError as error:
                log.info("%s cannot be followed: %s", one.name, error.failure)
            else:
                one.accepted()
        self._drain(0)

    def follow(self) -> None:
        """Take changes from now on, on a thread of its own, until `end` or until the connection is lost.

        A server that hangs is noticed when it is silent for longer than it was asked to wait.
        """
        self._wait = max(1, min(WAIT_S, int(2 * self._opened.patience)))
        self._channel.limit(self._wait + self._opened.patience)
        self._thread = threading.Thread(target=self._wait_on, name="vsphere-updates", daemon=True)
        self._thread.start()

    def read(self, refs: Sequence[Ref]) -> list[Ref]:
        """Read these now; those that are gone are the answer."""
        gone: list[Ref] = []
        for ref in refs:
            paths = [path for path in FOLLOWED.get(ref.type, ()) if path not in self.unknown]
            spec = f"<specSet>{property_set(ref.type, paths)}{just(ref)}</specSet><options/>"
            try:
                self._exchange("RetrievePropertiesEx", self._opened.collector, spec, channel=self._reading)
            except NotFound:
                gone.append(ref)
        self._settled()
        return gone

    def list(self, types: Sequence[str]) -> None:
        """Read all objects of these types now, page by page."""
        for each in types:
            view = self._views[each]
            paths = [path for path in FOLLOWED[each] if path not in self.unknown]
            spec = f"<specSet>{property_set(each, paths)}{members_of(view)}</specSet>"
            options = f"<options><maxObjects>{PAGE}</maxObjects></options>"
            reader = self._exchange(
                "RetrievePropertiesEx", self._opened.collector, spec, options, channel=self._reading
            )
            while reader.token:
                token = element("token", reader.token)
                reader = self._exchange(
                    "ContinueRetrievePropertiesEx", self._opened.collector, token, channel=self._reading
                )
        self._settled()

    def end(self) -> None:
        """Stop, and wait until nothing is taken any more."""
        self._ended.set()
        self._channel.end()
        self._reading.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(CALL_S)

    # --- filters ---------------------------------------------------------------------------------------------------

    def _filter(self, types: Sequence[str]) -> None:
        content = self._opened.content
        kinds = [VmomiSupport.GetWsdlType("urn:vim25", each) for each in types]
        view = self._make(
            lambda: content.viewManager.CreateContainerView(content.rootFolder, kinds, True), "CreateContainerView"
        )
        self._views |= dict.fromkeys(types, Ref("ContainerView", view._moId))
        paths = {each: [path for path in FOLLOWED[each] if path not in self.unknown] for each in types}
        while True:
            spec = _spec(view, content, types, paths)
            try:
                self._make(lambda spec=spec: self._collector.CreateFilter(spec, False), "CreateFilter")
            except NovaError as error:
                path = error.failure.subject
                if error.failure.code != "InvalidProperty" or not any(path in each for each in paths.values()):
                    raise
                self.unknown[path] = error.failure.native
                paths = {kind: [each for each in asked if each != path] for kind, asked in paths.items()}
            else:
                return

    def _make(self, function: Callable[[], Any], name: str) -> Any:
        self._sink.call(name)
        try:
            return function()
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            raise from_exception(error) from None

    # --- updates ---------------------------------------------------------------------------------------------------

    def _wait_on(self) -> None:
        try:
            while not self._ended.is_set():
                self._drain(self._wait)
        except NovaError as error:
            if not self._ended.is_set():
                self._sink.lost(error.failure)
        except Exception as error:
            log.exception("the update stream ended")
            if not self._ended.is_set():
                self._sink.lost(
                    BackendFault("the update stream ended", native=f"{type(error).__name__}: {error}").failure
                )

    def _drain(self, seconds: int) -> None:
        """Ask until nothing waits; the first question waits so long for something to happen."""
        while self._ask(seconds):
            seconds = 0
        self._settled()

    def _ask(self, seconds: int) -> bool:
        """One question; True when more is waiting."""
        options = (
            f"<options><maxWaitSeconds>{seconds}</maxWaitSeconds><maxObjectUpdates>{PAGE}</maxObjectUpdates></options>"
        )
        collector = Ref("PropertyCollector", self._collector._moId)
        try:
            version = element("version", self._version)
            reader = self._exchange("WaitForUpdatesEx", collector, version, options, channel=self._channel)
        except NotFound as error:
            # A view or a collector of ours that is gone was the session's, and so the session is gone.
            raise _session_lost(error) from None
        if not reader.version:
            return False
        self._version = reader.version
        return reader.truncated

    def _exchange(self, method: str, this: Ref, *body: str, channel: Channel) -> Reader:
        """One request; its objects are taken while they arrive."""
        self._sink.call(method)
        begun = self._sink.now()
        try:
            reader = channel.read(call(method, this, *body), lambda update: self._take(begun, update))
        except Exception as error:  # noqa: BLE001 - sockets and parsers raise several
            raise from_exception(error) from None
        if reader.fault is not None:
            raise from_fault(reader.fault)
        return reader


def _session_lost(error: NovaError) -> NovaError:
    failure = error.failure
    return Unreachable(
        "the session at the server has ended",
        meaning="it is made anew by itself",
        code=failure.code,
        native=failure.native,
    )


def _spec(view: Any, content: Any, types: Sequence[str], paths: dict[str, list[str]]) -> Any:
    reading = vmodl.query.PropertyCollector
    members = reading.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
    objects = [reading.ObjectSpec(obj=view, skip=True, selectSet=[members])]
    if "Folder" in types:
        objects.append(reading.ObjectSpec(obj=content.rootFolder, skip=False))  # no view holds its own root
    sets = [
        reading.PropertySpec(type=VmomiSupport.GetWsdlType("urn:vim25", each), pathSet=paths[each]) for each in types
    ]
    return reading.FilterSpec(objectSet=objects, propSet=sets)
