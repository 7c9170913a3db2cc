"""Properties of objects read now, with the evidence of it: what is asked to find out whether something can be done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeVar

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import refs, words
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.needs import Told

T = TypeVar("T")

CALL = "RetrievePropertiesEx"


class Now:
    """What one object told, and when."""

    def __init__(self, ref: Ref, values: dict[str, Any], unread: dict[str, str], evidence: Evidence) -> None:
        self.ref = ref
        self.values = values
        self.evidence = evidence
        self._unread = unread

    def __getitem__(self, path: str) -> Any:
        """The value at a path that was asked for; None when it is not set, or could not be read."""
        return self.values.get(path)

    def words(self, path: str) -> str:
        """The same as text."""
        return words(self.values.get(path))

    def refs(self, path: str) -> list[Ref]:
        """References at a path that was asked for."""
        return refs(self.values.get(path), "")

    def link(self, path: str) -> Ref | None:
        """The one reference there; None when there is none."""
        return next(iter(self.refs(path)), None)

    def tell(self, value: T | None, said: str = "") -> Told[T]:
        """What follows from it."""
        return Told(value=value, said=said, evidence=self.evidence)

    def unless_known(self, value: T | None, path: str, said: str = "") -> Told[T]:
        """What follows from one path; where nothing does, why the server does not tell."""
        if value is not None:
            return self.tell(value, said)
        return Told(said=self.why(path), evidence=self.evidence)

    def why(self, path: str) -> str:
        """Why there is no value at a path."""
        fault = self._unread.get(path)
        return f"the server does not let {path} be read: {fault}" if fault else f"the server does not tell {path}"


def read(asking: Asking, ref: Ref, paths: Sequence[str]) -> Now:
    """Read these properties of one object. NotFound when it is gone."""
    begun, ticks = time.time(), time.perf_counter()
    told = asking.of(ref, paths)
    return Now(ref, told.values, told.unread, _evidence(ref, paths, begun, ticks))


def read_each(asking: Asking, refs: Sequence[Ref], paths: Sequence[str]) -> dict[Ref, Now]:
    """Read the same properties of several objects of one type with one request. NotFound when one of them is gone."""
    if not refs:
        return {}
    begun, ticks = time.time(), time.perf_counter()
    found = asking.each(refs, paths)
    evidence = _evidence(refs[0], paths, begun, ticks)
    return {told.ref: Now(told.ref, told.values, told.unread, evidence) for told in found}


def _evidence(ref: Ref, paths: Sequence[str], begun: float, ticks: float) -> Evidence:
    named = ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
    ms = (time.perf_counter() - ticks) * 1000
    return Evidence(kind="asked", call=CALL, args=f"{ref.type}:{ref.id}: {named}", at=begun, ms=ms)
