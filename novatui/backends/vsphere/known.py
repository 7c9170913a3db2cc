"""What is remembered of machines and hosts between updates: the few values from which columns follow together, and the
last load that the server told, which it tells again only when it changes."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.measures import Size
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import HOST_POWER, native_state, power_of, tools_of
from novatui.core.inventory import Value
from novatui.core.states import Kind, Power

MIB = 1024 * 1024


class Machine:
    """One machine or template."""

    __slots__ = (
        "balloon",
        "connection",
        "cpu",
        "cpu_most",
        "equipment",
        "folder",
        "grows",
        "host",
        "memory",
        "on_host",
        "power",
        "snapshots",
        "template",
        "tools",
        "tools_version",
        "vcpus",
        "version",
    )

    PATHS = {  # noqa: RUF012 - never changed
        "config.template": "template",
        "config.changeVersion": "version",
        "runtime.host": "host",
        "runtime.powerState": "power",
        "runtime.connectionState": "connection",
        "guest.toolsRunningStatus": "tools",
        "guest.toolsVersionStatus2": "tools_version",
        "config.hardware.numCPU": "vcpus",
        "config.cpuHotAddEnabled": "grows",
        "config.hardware.memoryMB": "memory",
        "runtime.maxCpuUsage": "cpu_most",
        "summary.quickStats.overallCpuUsage": "cpu",
        "summary.quickStats.hostMemoryUsage": "on_host",
        "summary.quickStats.balloonedMemory": "balloon",
    }

    def __init__(self) -> None:
        self.template: Any = None
        self.version: Any = None
        self.equipment: dict[str, Value] = {}
        """Columns that follow from its devices; empty until they were read."""
        self.folder: Ref | None = None
        self.grows: Any = None
        self.host: Any = None
        self.power: Any = None
        self.connection: Any = None
        self.tools: Any = None
        self.tools_version: Any = None
        self.vcpus: Any = None
        self.memory: Any = None
        self.cpu_most: Any = None
        self.cpu: Any = None
        self.on_host: Any = None
        self.balloon: Any = None
        self.snapshots: frozenset[str] = frozenset()

    @property
    def kind(self) -> Kind:
        return Kind.TEMPLATE if self.template is True else Kind.VM

    @property
    def runs(self) -> bool:
        return power_of(self.power, self.connection) is Power.RUNNING

    def configuration(self) -> tuple[Any, ...]:
        """Another one than before: its devices have to be read again. Where and whether it runs is of interest only if
        it has devices of a host."""
        return (self.version, self.power, self.host) if self.equipment.get("passthrough") else (self.version,)

    def state(self) -> dict[str, Value]:
        """Columns that follow from several properties.

        A machine whose processors cannot be added while it runs has all that it can have; how many others could get is
        said nowhere. The balloon gives back what was taken: never more than the machine was configured with.
        """
        power = power_of(self.power, self.connection)
        return {
            "power": power.value,
            "native_state": native_state(self.power, self.connection),
            "tools": tools_of(self.tools, self.tools_version),
            "vcpus_max": self.vcpus if self.grows is False and isinstance(self.vcpus, int) else None,
            "memory_max": self.memory * MIB if isinstance(self.memory, int) else None,
        }

    def size(self) -> Size:
        """What its shares are shares of."""
        return Size(_whole(self.vcpus), _times(self.memory, MIB))

    def load(self) -> dict[str, float | None]:
        """Metrics of `summary.quickStats`: MHz of `runtime.maxCpuUsage`, and MiB."""
        if not self.runs:
            return {}
        return {
            "cpu.used": _share(self.cpu, self.cpu_most),
            "mem.host": _bytes(self.on_host),
            "mem.balloon": _bytes(self.balloon),
        }


class Host:
    """One host."""

    __slots__ = ("connection", "cores", "cpu", "memory", "mhz", "power", "threads")

    PATHS = {  # noqa: RUF012 - never changed
        "runtime.powerState": "power",
        "runtime.connectionState": "connection",
        "summary.hardware.cpuMhz": "mhz",
        "summary.hardware.numCpuCores": "cores",
        "summary.hardware.numCpuThreads": "threads",
        "summary.quickStats.overallCpuUsage": "cpu",
        "summary.quickStats.overallMemoryUsage": "memory",
    }

    def __init__(self) -> None:
        self.power: Any = None
        self.connection: Any = None
        self.mhz: Any = None
        self.cores: Any = None
        self.threads: Any = None
        self.cpu: Any = None
        self.memory: Any = None

    def state(self) -> dict[str, Value]:
        """A host that the vCenter has lost is in no state that anybody knows."""
        connected = self.connection in (None, "connected")
        power = HOST_POWER.get(str(self.power), Power.UNKNOWN) if connected else Power.UNKNOWN
        return {"power": power.value, "native_state": native_state(self.power, self.connection)}

    @property
    def runs(self) -> bool:
        return self.connection in (None, "connected") and HOST_POWER.get(str(self.power)) is Power.RUNNING

    def size(self) -> Size:
        """What its shares are shares of."""
        return Size(_whole(self.threads), None)

    def load(self) -> dict[str, float | None]:
        """Metrics of `summary.quickStats`: MHz of all cores, and MiB."""
        if self.connection not in (None, "connected"):
            return {}
        whole = self.mhz * self.cores if isinstance(self.mhz, int) and isinstance(self.cores, int) else None
        return {"cpu.used": _share(self.cpu, whole), "mem.used": _bytes(self.memory)}


def keep(known: Machine | Host, values: dict[str, Any]) -> bool:
    """Remember what this reading carries; True when a column may follow from it."""
    told = False
    for path, name in known.PATHS.items():
        if path in values:
            setattr(known, name, values[path])
            told = True
    return told


def _share(part: Any, whole: Any) -> float | None:
    if isinstance(part, int) and isinstance(whole, int) and whole > 0:
        return min(100.0, 100.0 * part / whole)
    return None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _times(value: Any, factor: int) -> int | None:
    found = _whole(value)
    return None if found is None else found * factor


def _bytes(mebibytes: Any) -> float | None:
    return float(mebibytes * MIB) if isinstance(mebibytes, int) else None
