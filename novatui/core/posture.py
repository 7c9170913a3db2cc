"""Posture: what of a machine or a host costs performance or opens a door, why, and what its product has against it.

Drivers tell facts; the rules judge them, the same for every family. What was not told is unknown, never ok.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.needs import Told
from novatui.core.states import Family, Kind
from novatui.core.vmspec import VmSpec


class Topic(StrEnum):
    """What a rule is about."""

    PERFORMANCE = "performance"
    SECURITY = "security"


class Level(StrEnum):
    """How bad it is, the worst first."""

    RISK = "risk"
    """Data can be lost, or whoever reaches the network can come in."""
    WARNING = "warning"
    ADVICE = "advice"
    """It works; it could be better."""
    UNKNOWN = "unknown"
    """It was not told or could not be asked."""
    OK = "ok"
    NOT_OFFERED = "not_offered"
    """The product, or this host, has nothing of the kind."""

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return _RANKS[self]

    @property
    def matters(self) -> bool:
        """Somebody has to look at it."""
        return self not in {Level.OK, Level.NOT_OFFERED}


_RANKS = {level: at for at, level in enumerate(Level)}


class Rule(msgspec.Struct, frozen=True):
    """One thing that is judged."""

    slug: str
    topic: Topic
    about: Kind
    """vm or host."""
    title: str
    meaning: str
    """What it looks at, in one sentence."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one rule for one thing."""

    rule: str
    """Slug of the rule."""
    topic: Topic
    level: Level
    subject: str = ""
    """The part of the object that it is about: `vda`, `52:54:00:…`; empty for the whole."""
    reason: str
    """What was found; of an unknown why it is not known."""
    remedy: str = ""
    """What to do, in words; empty where there is nothing to do."""
    native: tuple[str, ...] = ()
    """The same as it is typed, written or called on this product, line by line."""
    evidence: tuple[Evidence, ...] = ()


class Posture(msgspec.Struct, frozen=True, kw_only=True):
    """Every finding of one object."""

    key: str
    findings: tuple[Finding, ...]
    at: float | None = None
    """Epoch seconds when it was asked, by the clock of the worker."""
    ms: float | None = None

    @property
    def worst(self) -> Level | None:
        """None when nothing was judged."""
        return min((each.level for each in self.findings), key=lambda level: level.rank, default=None)


# --- facts ------------------------------------------------------------------------------------------------------------


class HostCell(msgspec.Struct, frozen=True, kw_only=True):
    """One NUMA node of a host."""

    id: int
    cpus: frozenset[int] = frozenset()
    memory: int | None = None
    """Bytes."""


class PageMerging(msgspec.Struct, frozen=True, kw_only=True):
    """Equal pages of several machines kept once (KSM)."""

    active: bool
    across_cells: bool | None = None
    """Pages of different NUMA nodes are merged, too."""


class Plugged(msgspec.Struct, frozen=True, kw_only=True):
    """What a network of the host is like."""

    kind: str
    """isolated, nat, route, open, bridge, passthrough …"""
    vlan: str = ""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What all running machines of a host are promised together."""

    machines: int
    vcpus: int
    memory: int
    """Bytes."""


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one host told. Whatever a driver leaves out counts as not told."""

    key: str
    name: str
    family: Family
    cpus: Told[int] = Told()
    """Logical processors."""
    memory: Told[int] = Told()
    cells: Told[tuple[HostCell, ...]] = Told()
    huge_pages: Told[Mapping[int, int]] = Told()
    """Free pages by their size in bytes, without the smallest size."""
    claim: Told[Claim] = Told()
    pinned: Told[Mapping[int, tuple[str, ...]]] = Told()
    """Names of the running machines that have a vCPU tied to this one processor, by its number."""
    merging: Told[PageMerging] = Told()
    accelerated: Told[bool] = Told()
    """It can execute machines with the help of its processors."""
    nested: Told[bool] = Told()
    """A machine with the host's own processor can run machines itself."""
    secure_boot: Told[bool] = Told()
    tpm: Told[bool] = Told()
    encryption: Told[frozenset[str]] = Told()
    """Ways to encrypt the memory of a machine: sev, sev-snp, tdx …"""
    networks: Told[Mapping[str, Plugged]] = Told()
    """By name."""
    confinement: Told[frozenset[str]] = Told()
    """Security drivers that keep machines apart: apparmor, selinux …"""
    transport: Told[str] = Told()
    """How this console speaks to it: unix, ssh, tls, https, tcp, http …"""
    moves: Told[str] = Told()
    """How the memory of a moving machine travels: encrypted, plain, or `asked`: encrypted only when the move asks."""


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one machine told."""

    key: str
    name: str
    native_id: str = ""
    family: Family
    running: bool
    vm: VmSpec
    confined: Told[frozenset[str]] = Told()
    """Security drivers under whose label it runs, or will."""
    device_cells: Mapping[str, Told[int]] = {}
    """NUMA node of each host device that it holds, by the device's address."""
    evidence: Evidence
    """How its description was read."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says; `posture_judge` makes a finding of it."""

    level: Level
    reason: str
    subject: str = ""
    remedy: str = ""
    """Which remedy of the rule, where it has several: the name behind the slug."""
    given: Mapping[str, str] = {}
    """What the remedy's texts name: target, queues, cell …"""
    evidence: tuple[Evidence | None, ...] = ()


def unknown(what: str, told: Told[Any], subject: str = "") -> Verdict:
    """Something that has to be known was not told."""
    why = f": {told.said}" if told.said else ""
    return Verdict(level=Level.UNKNOWN, reason=f"{what} is not known{why}", subject=subject, evidence=(told.evidence,))
