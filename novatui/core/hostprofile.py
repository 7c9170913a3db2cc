"""What a host is like, section by section with the evidence, and what a set of hosts has in common."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.states import Family


class Section(StrEnum):
    """A part of what a host is like, in the order in which people compare hosts."""

    CPU = "cpu"
    FLAGS = "flags"
    MACHINES = "machines"
    FIRMWARE = "firmware"
    VERSIONS = "versions"
    DEVICES = "devices"
    NETWORKS = "networks"
    BRIDGES = "bridges"
    STORAGE = "storage"
    LIMITS = "limits"

    @property
    def words(self) -> str:
        """As people call it."""
        return _WORDS[self]

    @property
    def is_record(self) -> bool:
        """Its items are properties that every host has: one that is absent was not told. In the other sections an
        item that is absent is not there."""
        return self in _RECORDS

    @property
    def is_native(self) -> bool:
        """Its names mean something to one product only."""
        return self in _NATIVE


_WORDS = {
    Section.CPU: "processor",
    Section.FLAGS: "processor flags",
    Section.MACHINES: "machine types",
    Section.FIRMWARE: "firmware for guests",
    Section.VERSIONS: "versions",
    Section.DEVICES: "devices",
    Section.NETWORKS: "networks",
    Section.BRIDGES: "bridges of the host",
    Section.STORAGE: "storage",
    Section.LIMITS: "limits",
}

_RECORDS = frozenset({Section.CPU, Section.VERSIONS, Section.LIMITS})
_NATIVE = frozenset({Section.MACHINES, Section.VERSIONS})

VENDOR = "vendor"
"""Item of the section CPU: who made the processor."""

HOST_FIRMWARE = "host firmware"
"""Item of the section VERSIONS that is about the board, not about the product."""

GUEST_CPUS = "vCPUs of a guest"
MEMORY = "memory"
"""Items of the section LIMITS whose `amount` says what fits there."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a section: its name says what it is on any host, its value what it is like here."""

    name: str
    id: str = ""
    """What makes it the same thing on any host, where that is not its name."""
    value: str | None = ""
    """What is compared, as it is read. Empty: there is no more to it than its name. None: not known, `reason` says
    why."""
    amount: float | None = None
    """The value as a number, where more or less of it means something: bytes of memory, how many devices."""
    beside: str = ""
    """Good to know and never compared: where it is, how much is free."""
    reason: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a host told of one section."""

    section: Section
    items: tuple[Item, ...] | None = None
    """None: not known."""
    reason: str = ""
    """Why it is not known; of a list that is known in part, what is missing from it and why."""
    basis: str = ""
    """What exactly the items are, where that can be one thing or another: flags that KVM can give to guests, or those
    of the processor itself."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def has_gap(self) -> bool:
        """Something may be there that is not listed."""
        return self.items is not None and bool(self.reason)


class HostProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What one host told of itself. A section without a part was not asked."""

    host: str
    """Key of the host."""
    name: str
    conn: str = ""
    family: Family
    product: str = ""
    parts: tuple[Part, ...] = ()
    native: str = ""
    """The processor that it can give to guests, in the product's own form, for the baseline of several; empty when
    that is not told."""
    native_reason: str = ""
    """Why it is not told."""
    at: float | None = None
    """Epoch seconds when it was asked."""
    ms: float | None = None

    def part(self, section: Section) -> Part:
        """What it told of a section; of one that was not asked: nothing, and that."""
        for part in self.parts:
            if part.section is section:
                return part
        return Part(section=section, reason="it was not asked")


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What one processor can do and the common one cannot."""

    flags: tuple[str, ...] | None = None
    """None: not known, `reason` says why."""
    reason: str = ""
    model: str = ""
    """Its own model, as the product names it."""
    evidence: tuple[Evidence, ...] = ()


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The processor that all of some processors can stand for."""

    model: str = ""
    """Empty: there is none, or it is not known; `reason` says why."""
    vendor: str = ""
    flags: tuple[str, ...] | None = None
    """All flags that it has; None: not known."""
    losses: tuple[Loss, ...] = ()
    """One for each processor, in their order."""
    native: str = ""
    """It in the product's own form, as a machine's configuration takes it."""
    native_format: str = ""
    reason: str = ""
    basis: str = ""
    """By which of the product's ways it was found."""
    evidence: tuple[Evidence, ...] = ()
