"""What a machine asks of a host, and what a host tells when it is asked for that: both sides of the reason engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.reasons import Check
from novatui.core.states import Family, Power
from novatui.core.vmspec import NicSpec, VmSpec

T = TypeVar("T")


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine asks of whichever host it is to run on."""

    key: str
    conn: str
    """Connection that it is on now."""
    family: Family
    host: str = ""
    """Key of the host that it is on now; empty when it is on none."""
    host_uuid: str = ""
    host_name: str = ""
    power: Power = Power.UNKNOWN
    vm: VmSpec
    snapshots: int | None = None
    product: str = ""
    """Version of the product that runs it now, as numbers and dots: `9.0.0`."""
    memory_kept: int | None = None
    """Bytes that the host has to keep for it alone, where machines share the rest; None: all of its memory."""
    held: tuple[Check, ...] = ()
    """What keeps it where it is, wherever it is to go: found where it is now."""
    evidence: Evidence
    """How its description was read."""
    native: str = ""
    """Its description in the product's own form, for preflight calls."""
    native_host: str = ""
    """What the product tells of the processor of the host that it is on, for the same."""
    native_disks: dict[str, str] = {}
    """What it tells there of the storage behind a disk, by the disk's target: a host that reaches it tells the same."""

    @property
    def running(self) -> bool:
        """It has memory and a processor state that have to go along."""
        return self.power in {Power.RUNNING, Power.PAUSED, Power.MIGRATING, Power.STOPPING}


class Told(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a host told of one thing."""

    value: T | None = None
    """None: not known; `said` tells why."""
    said: str = ""
    """In words, when there is more to say than the value: what was found, what is in the way, why it is not known."""
    evidence: Evidence | None = None


class TpmOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Trusted platform modules that a host can give a machine."""

    models: frozenset[str] = frozenset()
    backends: frozenset[str] = frozenset()
    versions: frozenset[str] | None = None
    """None: the product does not tell versions apart."""


class DiskTold(msgspec.Struct, frozen=True, kw_only=True):
    """One disk of the machine, seen from a host."""

    reached: Told[bool] = Told()
    """This very disk can be opened there."""
    room: Told[bool] = Told()
    """A copy of it could be made there."""


class HostTold(msgspec.Struct, frozen=True, kw_only=True):
    """What one host told. Whatever a driver leaves out counts as not asked."""

    host: str
    name: str
    host_uuid: str = ""
    at: float | None = None
    ms: float | None = None
    cpu_used: float | None = None
    connected: Told[bool] = Told()
    maintenance: Told[bool] = Told()
    migrates: Told[bool] = Told()
    """It takes machines that run."""
    guests: Told[frozenset[tuple[str, str]]] = Told()
    """Architectures with what executes them: `("x86_64", "kvm")`."""
    cpu: Told[bool] = Told()
    """The machine's processor can be had there."""
    machines: Told[frozenset[str]] = Told()
    """Machine types or versions of virtual hardware."""
    firmwares: Told[frozenset[str]] = Told()
    """bios, uefi."""
    loaders: Told[frozenset[str]] = Told()
    """Files of firmware that the product knows there."""
    secure_boot: Told[bool] = Told()
    tpm: Told[TpmOffer] = Told()
    memory_free: Told[int] = Told()
    huge_pages: Told[Mapping[int, int]] = Told()
    """Free pages by their size in bytes."""
    vcpus_max: Told[int] = Told()
    disks: Mapping[str, DiskTold] = {}
    """By the disk's target."""
    networks: Mapping[str, Told[bool]] = {}
    """By `plug(nic)`: the machine can be plugged in there."""
    devices: Mapping[str, Told[bool]] = {}
    """By the address of the device that the machine holds now: one that can stand for it is free there."""
    uuid_free: Told[bool] = Told()
    """No other machine there has its uuid."""
    name_free: Told[bool] = Told()
    version: Told[str] = Told()
    """Of the product, as in `Needs.product`."""
    judged: tuple[Check, ...] = ()
    """What the product judged by itself, beside all that."""


def plug(nic: NicSpec) -> str:
    """What a network interface is plugged into: interfaces with the same one need asking once."""
    return f"{nic.type}:{nic.source}"
