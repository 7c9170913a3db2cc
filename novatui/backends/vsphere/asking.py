"""Properties of one object, read now, in one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere.errors import from_exception, from_fault
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.soap import call, element, just, members_of, property_set
from novatui.backends.vsphere.updates import Fault, Reader, Ref, Update
from novatui.core.errors import BackendFault, NotFound, NovaError


class Told:
    """What was told of one object."""

    def __init__(self, ref: Ref, values: dict[str, Any], unread: dict[str, str]) -> None:
        self.ref = ref
        self.values = values
        self.unread = unread
        """Paths that could not be read, each with the type of its fault."""

    def has(self, path: str) -> dict[str, Any]:
        """The value with fields at this path. NovaError says why there is none."""
        if path in self.unread:
            raise from_fault(Fault(self.unread[path], "", {}))
        found = self.values.get(path)
        if not isinstance(found, dict):
            raise BackendFault(
                f"the server has no {path} of it",
                meaning="it is orphaned or inaccessible, or its host cannot be reached",
            )
        return found


class Asking:
    """Reads on a connection of its own, so that it waits for no other reading."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self._sink = sink
        self._collector = opened.collector
        self._channel = opened.channel()

    def of(self, ref: Ref, paths: Sequence[str]) -> Told:
        """Read these properties. NotFound when the object is gone; a path that the server does not know is unread."""
        found = self.each([ref], paths)
        if not found:
            raise NotFound("it does not exist any more", subject=ref.id)
        return found[0]

    def each(self, refs: Sequence[Ref], paths: Sequence[str]) -> list[Told]:
        """Read the same properties of several objects of one type. NotFound when one of them is gone; a path that the
        server does not know is unread."""
        unknown: dict[str, str] = {}
        while refs:
            asked = [path for path in paths if path not in unknown]
            try:
                found = self._exchange(refs, asked)
            except NovaError as error:
                path = error.failure.subject
                if error.failure.code != "InvalidProperty" or path not in asked:
                    raise
                unknown[path] = "InvalidProperty"
            else:
                return [Told(one.ref, one.values, one.unread | unknown) for one in found]
        return []

    def members(self, holder: Ref, path: str, type_: str, paths: Sequence[str]) -> list[Told]:
        """Read these properties of all objects of a type that a property of a host or a store refers to."""
        spec = f"<specSet>{property_set(type_, paths)}{members_of(holder, path)}</specSet><options/>"
        return [Told(one.ref, one.values, one.unread) for one in self._pages(spec)]

    def answer(self, method: str, this: Ref, *body: str) -> Any:
        """What a method that changes nothing returns, as our own reader leaves it; None when it returns nothing."""
        returned = self.answers(method, this, *body)
        return returned[0] if returned else None

    def answers(self, method: str, this: Ref, *body: str) -> list[Any]:
        """The same of a method that returns several."""
        return self._send(method, this, *body, whole=True).returned

    def end(self) -> None:
        """Nothing is read any more."""
        self._channel.end()

    def _exchange(self, refs: Sequence[Ref], paths: Sequence[str]) -> list[Update]:
        objects = "".join(just(ref) for ref in refs)
        spec = f"<specSet>{property_set(refs[0].type, paths)}{objects}</specSet><options/>"
        return self._pages(spec)

    def _pages(self, spec: str) -> list[Update]:
        """All of an answer: a server may break it up though nobody asked it to."""
        found: list[Update] = []
        reader = self._send("RetrievePropertiesEx", self._collector, spec, take=found.append)
        while reader.token:
            token = element("token", reader.token)
            reader = self._send("ContinueRetrievePropertiesEx", self._collector, token, take=found.append)
        return found

    def _send(
        self, method: str, this: Ref, *body: str, take: Callable[[Update], None] = lambda _: None, whole: bool = False
    ) -> Reader:
        self._sink.call(method)
        try:
            reader = self._channel.read(call(method, this, *body), take, whole=whole)
        except Exception as error:  # noqa: BLE001 - sockets and parsers raise several
            raise from_exception(error) from None
        if reader.fault is not None:
            raise from_fault(reader.fault)
        return reader
