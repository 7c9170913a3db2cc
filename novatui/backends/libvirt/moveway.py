"""How a machine is to go: flags and parameters of libvirt's migrate calls by name, and virsh's words for them. Pure.

Names are those of libvirt-domain.h (virDomainMigrateFlags, VIR_MIGRATE_PARAM_*). Bandwidth is in MiB/s there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from novatui.backends.libvirt.library import libvirt
from novatui.core.errors import InvalidInput
from novatui.core.operations import Argument

MIB = 1 << 20
UNLIMITED = 1 << 40
"""MiB/s from which on libvirt's limit of the rate is none (it says 8,796,093,022,207)."""

FLAGS: dict[str, str] = {
    "VIR_MIGRATE_LIVE": "--live",
    "VIR_MIGRATE_PEER2PEER": "--p2p",
    "VIR_MIGRATE_TUNNELLED": "--tunnelled",
    "VIR_MIGRATE_PERSIST_DEST": "--persistent",
    "VIR_MIGRATE_UNDEFINE_SOURCE": "--undefinesource",
    "VIR_MIGRATE_NON_SHARED_DISK": "--copy-storage-all",
    "VIR_MIGRATE_NON_SHARED_INC": "--copy-storage-inc",
    "VIR_MIGRATE_OFFLINE": "--offline",
    "VIR_MIGRATE_COMPRESSED": "--compressed",
    "VIR_MIGRATE_AUTO_CONVERGE": "--auto-converge",
    "VIR_MIGRATE_POSTCOPY": "--postcopy",
    "VIR_MIGRATE_PARALLEL": "--parallel",
}
"""Flags that plans use, and virsh's options for them."""

PARAMETERS: dict[str, str] = {
    "migrate_uri": "--migrateuri",
    "bandwidth": "--bandwidth",
    "parallel.connections": "--parallel-connections",
    "compression": "--comp-methods",
    "migrate_disks": "--migrate-disks",
    "destination_xml": "--xml",
    "persistent_xml": "--persistent-xml",
}
"""Typed parameters that plans use, and virsh's options for them."""

_LISTS = frozenset({"migrate_disks"})
"""Parameters that libvirt takes several of."""

_ARMED: dict[str, str] = {
    "VIR_MIGRATE_PEER2PEER": "peer-to-peer",
    "VIR_MIGRATE_TUNNELLED": "tunnelled",
    "VIR_MIGRATE_NON_SHARED_DISK": "storage",
    "VIR_MIGRATE_NON_SHARED_INC": "storage",
    "VIR_MIGRATE_COMPRESSED": "compression",
    "VIR_MIGRATE_AUTO_CONVERGE": "auto-converge",
    "VIR_MIGRATE_POSTCOPY": "post-copy",
    "VIR_MIGRATE_PARALLEL": "parallel",
}
"""What `MigrationProgress.armed` calls a flag."""


class Way:
    """Flags and parameters as a plan collects them."""

    def __init__(self, *flags: str) -> None:
        self._flags = list(flags)
        self._parameters: dict[str, Argument] = {}

    def flag(self, name: str, wanted: bool | None = True) -> None:
        """With this flag, when it is wanted."""
        if wanted:
            self._flags.append(name)

    def parameter(self, name: str, value: Argument) -> None:
        """With this parameter."""
        self._parameters[name] = value

    @property
    def arguments(self) -> dict[str, Argument]:
        """As arguments of the native call: parameters by libvirt's names, and the flags by theirs."""
        return {**self._parameters, "flags": " | ".join(self._flags)}

    @property
    def words(self) -> list[str]:
        """Options of `virsh migrate` that say the same, without documents: virsh reads those from files."""
        words = [FLAGS[name] for name in self._flags]
        for name, value in self._parameters.items():
            if not name.endswith("_xml"):
                words += [PARAMETERS[name], str(value)]
        return words

    @property
    def documents(self) -> dict[str, str]:
        """Parameters that are XML, by virsh's option."""
        return {PARAMETERS[name]: str(value) for name, value in self._parameters.items() if name.endswith("_xml")}


def flag_names(text: str) -> list[str]:
    """The names in `VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER`."""
    return [name.strip() for name in text.split("|") if name.strip()]


def flag_number(text: str) -> int:
    """The number that libvirt takes for these names. InvalidInput for a name that it does not have."""
    number = 0
    for name in flag_names(text):
        value = getattr(libvirt, name, None) if name in FLAGS else None
        if value is None:
            raise InvalidInput(f"libvirt has no flag {name} here", subject="flags")
        number |= value
    return number


def typed_parameters(arguments: Iterable[tuple[str, Argument]]) -> dict[str, object]:
    """Parameters as libvirt-python takes them; lists are written with commas in a plan."""
    return {name: str(value).split(",") if name in _LISTS else value for name, value in arguments}


def armed_by(flags: Collection[str]) -> tuple[str, ...]:
    """What a migration with these flags is armed with."""
    return tuple(dict.fromkeys(_ARMED[name] for name in flags if name in _ARMED))


def mib_per_second(rate: int) -> int:
    """A rate in bytes per second as libvirt takes it: whole MiB/s, at least one."""
    return max(1, round(rate / MIB))
