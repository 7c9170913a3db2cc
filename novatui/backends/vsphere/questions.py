"""Single questions to a server, each with the evidence of its answer: one that fails is unknown, others are not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.found import Unanswered, rely
from novatui.backends.vsphere.api import too_new
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.errors import from_exception
from novatui.backends.vsphere.fields import TYPE, truth
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.errors import Failure, NotFound, Unreachable
from novatui.core.text import clean

EXCERPT = 400
"""Characters of an answer that are kept as evidence."""

TOGETHER = 50
"""Objects that are read by one request."""

GONE = frozenset({"ManagedObjectNotFound"})
"""Fault of a call about an object that is not there."""

PROPERTIES = "RetrievePropertiesEx"


class Asked(msgspec.Struct, frozen=True):
    """An answer, or why there is none."""

    value: Any
    """None: it failed, or the server has nothing to tell."""
    evidence: Evidence
    failure: Failure | None = None

    def need(self) -> Any:
        """The answer. Unanswered when the question failed."""
        rely(self.evidence)
        if self.failure is not None:
            raise Unanswered(f"{self.evidence.call} failed: {_why(self.failure)}", self.evidence)
        return self.value

    def quote(self, said: str) -> Evidence:
        """The question with a part of its answer."""
        return msgspec.structs.replace(self.evidence, excerpt=said[:EXCERPT])


class Read:
    """Properties of one object, as one request told them."""

    def __init__(self, ref: Ref, asked: Asked, values: dict[str, Any], unread: dict[str, str]) -> None:
        self.ref = ref
        self.values = values
        self.unread = unread
        """Paths that were not told, each with the reason."""
        self._asked = asked

    @property
    def evidence(self) -> Evidence:
        """The request, with the beginning of what it told."""
        return self._asked.evidence

    @property
    def is_gone(self) -> bool:
        """The server has no such object."""
        return self._asked.failure is not None and self._asked.failure.code in GONE

    def need(self) -> None:
        """Unanswered when nothing was told at all."""
        self._asked.need()

    def get(self, path: str) -> Any:
        """What is told at this path; None when it is not set. Unanswered when it could not be read."""
        self.need()
        if path in self.unread:
            raise Unanswered(f"{path}: {self.unread[path]}", self.quote(path))
        return self.values.get(path)

    def truth(self, path: str) -> bool:
        """Yes or no at this path. Unanswered when the server says neither."""
        found = truth(self.get(path))
        if found is None:
            raise Unanswered(f"the server does not tell {path}", self.quote(path))
        return found

    def set(self, path: str) -> Any:
        """What is told at this path. Unanswered when it is not set."""
        found = self.get(path)
        if found is None:
            raise Unanswered(f"the server does not tell {path}", self.quote(path))
        return found

    def quote(self, *paths: str, said: str = "") -> Evidence:
        """The request with what it told at these paths; `said` in place of a value that is long."""
        told = [said] if said else [f"{path} = {self._shown(path)}" for path in paths]
        return msgspec.structs.replace(self._asked.evidence, excerpt="; ".join(told)[:EXCERPT])

    def _shown(self, path: str) -> str:
        return self.unread[path] if path in self.unread else short(self.values.get(path))


class Questions:
    """Asks on a connection of its own, and never twice by itself. Only a lost connection raises."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self.opened = opened
        self._sink = sink
        self._asking = Asking(opened, sink)

    def of(self, ref: Ref, paths: Iterable[str]) -> Read:
        """Properties of one object. NotFound when it is gone."""
        found = self.read([ref], paths)[ref]
        if found.is_gone:
            raise NotFound("it does not exist any more", subject=ref.id)
        return found

    def read(self, refs: Sequence[Ref], paths: Iterable[str]) -> dict[Ref, Read]:
        """Properties of objects of one type, some dozens by a request; of one that is gone nothing can be read."""
        found: dict[Ref, Read] = {}
        for start in range(0, len(refs), TOGETHER):
            found |= self._page(refs[start : start + TOGETHER], list(paths))
        return found

    def ask(self, method: str, this: Ref, args: str, *body: str, shown: Callable[[list[Any]], str]) -> Asked:
        """Call a method that changes nothing; its answer is a list of what it returned, as our own reader leaves it.

        `args`: what it is given, as shown to people; `body`: the same as elements. `shown`: what of it is evidence.
        """
        given = f"{this.id}: {args}" if args else this.id
        return _timed(method, given, lambda: self._asking.answers(method, this, *body), shown)

    def end(self) -> None:
        """Nothing is asked any more."""
        self._asking.end()

    def _page(self, refs: Sequence[Ref], paths: list[str]) -> dict[Ref, Read]:
        type_, spoken = refs[0].type, self.opened.stub.version
        newer = {path: why for path in paths if (why := too_new(type_, path, spoken))}
        wanted = [path for path in paths if path not in newer]
        args = f"{_named(refs)}: {', '.join(dict.fromkeys(path.partition('.')[0] for path in wanted))}"
        asked = _timed(PROPERTIES, args, lambda: self._asking.each(refs, wanted), lambda told: f"{len(told)} objects")
        if asked.failure is not None and asked.failure.code in GONE and len(refs) > 1:
            return {ref: read for one in refs for ref, read in self._page([one], paths).items()}
        told = {each.ref: each for each in asked.value or ()}
        return {
            ref: Read(
                ref,
                asked if asked.failure is not None or ref in told else _gone(asked, ref),
                told[ref].values if ref in told else {},
                newer | ({path: _fault(kind) for path, kind in told[ref].unread.items()} if ref in told else {}),
            )
            for ref in refs
        }


def _gone(asked: Asked, ref: Ref) -> Asked:
    return Asked(
        None, asked.evidence, NotFound(f"the server told nothing of {ref.id}", code="ManagedObjectNotFound").failure
    )


def _timed(call: str, args: str, function: Callable[[], Any], shown: Callable[[Any], str]) -> Asked:
    begun, clock = time.time(), time.monotonic()

    def evidence(excerpt: str) -> Evidence:
        took = (time.monotonic() - clock) * 1000
        return Evidence(kind="asked", call=call, args=args, at=begun, ms=took, excerpt=excerpt[:EXCERPT])

    try:
        value = function()
        return Asked(value, evidence(shown(value)))
    except Exception as raised:  # noqa: BLE001 - pyVmomi raises anything
        error = from_exception(raised)
        if isinstance(error, Unreachable):
            raise error from None
        return Asked(None, evidence(_why(error.failure)), error.failure)


def _why(failure: Failure) -> str:
    """In the server's own words, with the type of its fault."""
    words = failure.message if failure.native in ("", failure.code) else failure.native
    return f"{words} [{failure.code}]" if failure.code and failure.code not in words else words


def _fault(kind: str) -> str:
    """Why one property was not told."""
    return {
        "InvalidProperty": "this server does not know it [InvalidProperty]",
        "NoPermission": "the account may not read it [NoPermission]",
        "NotAuthenticated": "the session has ended [NotAuthenticated]",
    }.get(kind, f"it could not be read [{kind or 'no fault named'}]")


def _named(refs: Sequence[Ref]) -> str:
    """`HostSystem host-12`, or how many."""
    return f"{refs[0].type} {refs[0].id}" if len(refs) == 1 else f"{len(refs)} of {refs[0].type}, {refs[0].id} …"


def short(value: Any) -> str:
    """A value in a few words: `true`, `host-12`, `{sevState = working, …}`, `3 of HostPciPassthruInfo`."""
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case Ref():
            return value.id
        case datetime():
            return value.isoformat()
        case dict():
            return "{" + ", ".join(f"{name} = {short(one)}" for name, one in value.items() if name != TYPE) + "}"
        case list():
            return (
                "[" + ", ".join(short(one) for one in value[:6]) + (f", … {len(value)} in all]" if value[6:] else "]")
            )
        case _:
            return clean(str(value))
