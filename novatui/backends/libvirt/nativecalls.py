"""The changing calls of libvirt's C library that this driver makes, by their own names: one table.

Names and arguments are those of libvirt-domain.h, libvirt-storage.h and libvirt-nodedev.h. The object that a call
works on is named instead of pointed to: `dom` and `pool` by uuid, `snapshot`, `vol` and `dev` by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.moveway import PARAMETERS
from novatui.core.errors import InvalidInput
from novatui.core.operations import Argument

Arguments = Mapping[str, Argument]


class Owner(msgspec.Struct, frozen=True):
    """What a call works on."""

    names: tuple[str, ...]
    """Arguments that name it."""
    find: Callable[[Link, Arguments], tuple[Any, tuple[Any, ...]]]
    """The object whose method it is, and libvirt objects that the method takes first."""


class Native(msgspec.Struct, frozen=True):
    """One call: `method` of its owner with `parameters` in this order."""

    owner: Owner
    method: str
    parameters: tuple[str, ...] = ()
    answer: Callable[[Link, Any], dict[str, Argument]] = lambda _link, _made: {}
    """What later calls may want of what it returned."""
    typed: frozenset[str] = frozenset()
    """Arguments that go as libvirt's typed parameters, in the place of `params`; any of them may be left out."""


def _text(arguments: Arguments, name: str) -> str:
    return str(arguments[name])


def _domain(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    return link.domain(_text(arguments, "dom")), ()


def _snapshot_of(link: Link, arguments: Arguments) -> Any:
    domain, _ = _domain(link, arguments)
    return domain, link.call(domain.snapshotLookupByName, _text(arguments, "snapshot"))


def _snapshot(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    return _snapshot_of(link, arguments)[1], ()


def _domain_and_snapshot(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    """The C call takes the snapshot alone; Python has it as a method of the domain."""
    domain, snapshot = _snapshot_of(link, arguments)
    return domain, (snapshot,)


def _pool(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    return link.call(link.conn.storagePoolLookupByUUIDString, _text(arguments, "pool")), ()


def _volume(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    pool, _ = _pool(link, arguments)
    return link.call(pool.storageVolLookupByName, _text(arguments, "vol")), ()


def _device(link: Link, arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    return link.call(link.conn.nodeDeviceLookupByName, _text(arguments, "dev")), ()


def _connection(link: Link, _arguments: Arguments) -> tuple[Any, tuple[Any, ...]]:
    return link.conn, ()


DOMAIN = Owner(("dom",), _domain)
SNAPSHOT = Owner(("dom", "snapshot"), _snapshot)
DOMAIN_AND_SNAPSHOT = Owner(("dom", "snapshot"), _domain_and_snapshot)
POOL = Owner(("pool",), _pool)
VOLUME = Owner(("pool", "vol"), _volume)
DEVICE = Owner(("dev",), _device)
CONNECTION = Owner((), _connection)


def _new_volume(link: Link, volume: Any) -> dict[str, Argument]:
    return {"name": volume.name(), "path": link.call(volume.path)}


def _new_snapshot(_link: Link, snapshot: Any) -> dict[str, Argument]:
    return {"name": snapshot.getName()}


def _new_device(_link: Link, device: Any) -> dict[str, Argument]:
    return {"name": device.name()}


MIGRATE_TYPED = frozenset(PARAMETERS)

NATIVE: dict[str, Native] = {
    "virDomainCreateWithFlags": Native(DOMAIN, "createWithFlags", ("flags",)),
    "virDomainShutdownFlags": Native(DOMAIN, "shutdownFlags", ("flags",)),
    "virDomainReboot": Native(DOMAIN, "reboot", ("flags",)),
    "virDomainReset": Native(DOMAIN, "reset", ("flags",)),
    "virDomainDestroyFlags": Native(DOMAIN, "destroyFlags", ("flags",)),
    "virDomainSuspend": Native(DOMAIN, "suspend"),
    "virDomainResume": Native(DOMAIN, "resume"),
    "virDomainManagedSave": Native(DOMAIN, "managedSave", ("flags",)),
    "virDomainManagedSaveRemove": Native(DOMAIN, "managedSaveRemove", ("flags",)),
    "virDomainPMWakeup": Native(DOMAIN, "pMWakeup", ("flags",)),
    "virDomainSetAutostart": Native(DOMAIN, "setAutostart", ("autostart",)),
    "virDomainSetVcpusFlags": Native(DOMAIN, "setVcpusFlags", ("nvcpus", "flags")),
    "virDomainSetMemoryFlags": Native(DOMAIN, "setMemoryFlags", ("memory", "flags")),
    "virDomainPinVcpuFlags": Native(DOMAIN, "pinVcpuFlags", ("vcpu", "cpumap", "flags")),
    "virDomainAttachDeviceFlags": Native(DOMAIN, "attachDeviceFlags", ("xml", "flags")),
    "virDomainDetachDeviceFlags": Native(DOMAIN, "detachDeviceFlags", ("xml", "flags")),
    "virDomainUpdateDeviceFlags": Native(DOMAIN, "updateDeviceFlags", ("xml", "flags")),
    "virDomainRename": Native(DOMAIN, "rename", ("new_name", "flags")),
    "virDomainSetMetadata": Native(DOMAIN, "setMetadata", ("type", "metadata", "key", "uri", "flags")),
    "virDomainAbortJob": Native(DOMAIN, "abortJob"),
    "virDomainMigrateToURI3": Native(DOMAIN, "migrateToURI3", ("dconnuri", "params", "flags"), typed=MIGRATE_TYPED),
    "virDomainMigrate3": Native(DOMAIN, "migrate3", ("dconn", "params", "flags"), typed=MIGRATE_TYPED),
    "virDomainMigrateSetMaxSpeed": Native(DOMAIN, "migrateSetMaxSpeed", ("bandwidth", "flags")),
    "virDomainMigrateSetMaxDowntime": Native(DOMAIN, "migrateSetMaxDowntime", ("downtime", "flags")),
    "virDomainMigrateStartPostCopy": Native(DOMAIN, "migrateStartPostCopy", ("flags",)),
    "virDomainBlockJobAbort": Native(DOMAIN, "blockJobAbort", ("disk", "flags")),
    "virDomainSnapshotCreateXML": Native(DOMAIN, "snapshotCreateXML", ("xmlDesc", "flags"), _new_snapshot),
    "virDomainRevertToSnapshot": Native(DOMAIN_AND_SNAPSHOT, "revertToSnapshot", ("flags",)),
    "virDomainSnapshotDelete": Native(SNAPSHOT, "delete", ("flags",)),
    "virStorageVolCreateXML": Native(POOL, "createXML", ("xmlDesc", "flags"), _new_volume),
    "virStorageVolDelete": Native(VOLUME, "delete", ("flags",)),
    "virNodeDeviceCreateXML": Native(CONNECTION, "nodeDeviceCreateXML", ("xmlDesc", "flags"), _new_device),
    "virNodeDeviceDestroy": Native(DEVICE, "destroy"),
    "virNodeDeviceDefineXML": Native(CONNECTION, "nodeDeviceDefineXML", ("xmlDesc", "flags"), _new_device),
    "virNodeDeviceCreate": Native(DEVICE, "create", ("flags",)),
    "virNodeDeviceUndefine": Native(DEVICE, "undefine", ("flags",)),
    "virNodeDeviceSetAutostart": Native(DEVICE, "setAutostart", ("autostart",)),
    "virNodeDeviceDetachFlags": Native(DEVICE, "detachFlags", ("driverName", "flags")),
    "virNodeDeviceReAttach": Native(DEVICE, "reAttach"),
}
"""By the name of the C function."""


def native(verb: str, arguments: Arguments) -> Native:
    """The call of this name, when exactly its arguments are given. InvalidInput otherwise."""
    found = NATIVE.get(verb)
    if found is None:
        raise InvalidInput(f"libvirt has no call {verb} here", subject="verb")
    wanted = {*found.owner.names, *found.parameters} - ({"params"} if found.typed else set())
    if odd := wanted.symmetric_difference(set(arguments) - found.typed):
        raise InvalidInput(f"{verb} takes {', '.join(sorted(wanted))}", subject=", ".join(sorted(odd)))
    return found
