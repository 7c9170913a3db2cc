"""The whole of one object, read on demand."""

from __future__ import annotations

import msgspec

from novatui.core.devices import Device, Giving
from novatui.core.errors import Failure
from novatui.core.snapshots import Snapshot
from novatui.core.vmspec import VmSpec


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """One volume of a store; sizes in bytes."""

    name: str
    path: str = ""
    format: str = ""
    capacity: int | None = None
    allocation: int | None = None
    backing: str = ""
    owner: str = ""
    """Key of the machine whose disk it is, where the product tells; empty: nobody's, or not told."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a network gave out."""

    mac: str
    ip: str
    hostname: str = ""
    expires: float | None = None
    """Epoch seconds."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that uses a store or a network."""

    key: str
    through: tuple[str, ...] = ()
    """Its disks or interfaces that do: targets as in its description, MACs of interfaces without one."""


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """Who uses a store or a network, running or not."""

    machines: tuple[User, ...] = ()
    untold: int = 0
    """Machines of which it could not be found out."""


class DiskRates(msgspec.Struct, frozen=True, kw_only=True):
    """What goes through one disk; None: not known."""

    target: str
    """As in the machine's description."""
    read: float | None = None
    """Bytes per second."""
    write: float | None = None
    iops: float | None = None
    """Requests per second."""
    latency: float | None = None
    """Mean milliseconds of a request; None also while there is none."""


class NicRates(msgspec.Struct, frozen=True, kw_only=True):
    """What goes through one interface; None: not known."""

    target: str
    """As in the machine's description; the MAC of an interface without one."""
    rx: float | None = None
    """Bytes per second."""
    tx: float | None = None
    drops: float | None = None
    """Packets per second, both directions."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What goes through each device of a machine."""

    disks: tuple[DiskRates, ...] = ()
    nics: tuple[NicRates, ...] = ()
    seconds: float | None = None
    """The time that it is the mean of; None: counted for the first time, rates come with the next reading."""


class Property(msgspec.Struct, frozen=True):
    """One named fact that has no column of its own: shown as it is, under its section."""

    section: str
    name: str
    value: str


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a connection tells of one object. A part that failed is named in `failures` and absent here."""

    key: str
    vm: VmSpec | None = None
    """Of a machine: as it is. Of a snapshot: as the machine was when it was taken."""
    now: VmSpec | None = None
    """Of a snapshot: the machine as it is now, read in the same way, for `core.specdiff.differences`. Comes with
    the part `vm`."""
    snapshots: tuple[Snapshot, ...] | None = None
    devices: tuple[Device, ...] | None = None
    giving: Giving | None = None
    """Of a host: whether it can give its devices away. Comes with the part `devices`."""
    volumes: tuple[Volume, ...] | None = None
    leases: tuple[Lease, ...] | None = None
    users: Users | None = None
    rates: Rates | None = None
    properties: tuple[Property, ...] = ()
    raw: str = ""
    """The native form: domain XML, a JSON record."""
    raw_format: str = ""
    """xml, json, yaml, text."""
    failures: tuple[PartFailure, ...] = ()


class PartFailure(msgspec.Struct, frozen=True):
    """A part of a detail that could not be read."""

    part: str
    failure: Failure
