"""Questions of a host profile that are asked of many objects: one piece of evidence for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt.asking import EXCERPT, Asked, ask
from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.link import Link
from novatui.core.capabilities import Evidence

UNREADABLE = "its answer is no XML that can be read"


def tree(asked: Asked) -> tuple[Element | None, str]:
    """The tree of an answer, or why there is none."""
    root = parsed(asked.value)
    return root, "" if root is not None else asked.why or UNREADABLE


class Described(msgspec.Struct, frozen=True):
    """One object as libvirt describes it."""

    found: Any
    xml: str
    root: Element | None
    """None: it cannot be had, or not be read."""
    why: str


class Repeated:
    """One call of many objects: counted and timed."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._first: Evidence | None = None
        self._ms = 0.0
        self._times = 0

    def ask(self, function: Callable[..., Any], *args: Any) -> Asked:
        """Ask one object."""
        asked = ask(self._link, function, *args)
        self._first = self._first or asked.evidence
        self._ms += asked.evidence.ms or 0.0
        self._times += 1
        return asked

    def described(self, found: Sequence[Any]) -> Iterator[Described]:
        """Each object with its description."""
        for one in found:
            asked = self.ask(one.XMLDesc, 0)
            yield Described(one, asked.value or "", *tree(asked))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Nothing when it was never made."""
        if self._first is None:
            return ()
        excerpt = self._first.excerpt
        if self._times > 1:
            excerpt = f"{self._times} calls; the first: {excerpt}"[:EXCERPT]
        return (msgspec.structs.replace(self._first, ms=self._ms, excerpt=excerpt),)
