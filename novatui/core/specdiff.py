"""What differs between two descriptions of a machine, setting by setting, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

import msgspec

from novatui.core.units import size
from novatui.core.vmspec import VmSpec

Parts: TypeAlias = tuple[Any, ...]


class Difference(msgspec.Struct, frozen=True):
    """One setting that is not the same."""

    field: str
    """What it is: `memory`, `disk vda cache`, `interface 52:54:00:12:34:56`."""
    before: str
    """Empty: it was not there, or nothing was said of it."""
    after: str
    """Empty: it is not there any more, or nothing is said of it."""


def differences(before: VmSpec, after: VmSpec) -> tuple[Difference, ...]:
    """Every setting in which they differ, in the order of VmSpec. What a running machine alone has is passed by:
    names of interfaces on the host, ports, and sizes that only one of the two tells."""
    return tuple(_fields("", before, after))


_MEASURED = {"DiskSpec.size", "MemorySpec.current"}
"""Told by some readings only: a difference when both tell it."""

_MADE_UP = {"DiskSpec.allocation", "NicSpec.target", "GraphicsSpec.port", "GraphicsSpec.tls_port", "HostDevice.name"}
"""Chosen anew at each start, or growing by itself."""

_IDENTITIES: Mapping[str, Callable[[Any], str]] = {
    "CpuFeature": lambda feature: feature.name,
    "Pin": lambda pin: pin.subject,
    "Scheduler": lambda scheduler: scheduler.subject,
    "NumaCell": lambda cell: str(cell.id),
    "DiskSpec": lambda disk: disk.target,
    "NicSpec": lambda nic: nic.mac or nic.source or nic.target,
    "HostDevice": lambda device: f"{device.type} {device.address}".strip(),
    "GraphicsSpec": lambda screen: screen.type,
    "TpmSpec": lambda tpm: tpm.model,
}
"""What makes two parts of a list the same part, by the struct's name. Parts of other kinds are compared whole."""

_TITLES: Mapping[str, str] = {
    "cpu": "", "memory": "", "firmware": "", "cpu.count": "vCPUs", "cpu.maximum": "vCPUs at most",
    "cpu.mode": "CPU mode", "cpu.model": "CPU model", "cpu.match": "CPU match", "cpu.topology": "CPU topology",
    "cpu.features": "CPU feature", "cpu.shares": "CPU shares", "cpu.quota": "CPU quota", "cpu.period": "CPU period",
    "cpu.pins": "pinning of", "cpu.schedulers": "scheduler of", "cpu.hot_add": "CPU hot-add",
    "memory.size": "memory", "memory.current": "memory now", "memory.maximum": "memory limit",
    "memory.slots": "memory slots", "memory.dimms": "memory modules", "memory.source": "memory source",
    "memory.access": "memory access", "memory.minimum": "memory at least", "memory.locked": "memory locked",
    "memory.hard_limit": "hard limit of memory", "numa": "NUMA", "numa.cells": "NUMA node",
    "firmware.type": "firmware", "tpm": "TPM", "disks": "disk", "nics": "interface", "host_devices": "host device",
    "graphics": "screen", "iommu": "IOMMU", "iothreads": "I/O threads", "rng": "random numbers", "uuid": "uuid",
}  # fmt: skip
"""Names of settings that are not just the words of the field."""

_SIZES = {
    "MemorySpec.size", "MemorySpec.current", "MemorySpec.maximum", "MemorySpec.minimum", "MemorySpec.hard_limit",
    "DiskSpec.size", "NumaCell.memory", "HugePages.size",
}  # fmt: skip


def _fields(path: str, before: Any, after: Any, title: str = "") -> Iterator[Difference]:
    """Differences of two structs of one type, field by field."""
    owner = type(before).__name__
    for name in before.__struct_fields__:
        full = f"{owner}.{name}"
        one, other = getattr(before, name), getattr(after, name)
        if one == other or full in _MADE_UP or (full in _MEASURED and (one is None or other is None)):
            continue
        here = f"{path}.{name}" if path else name
        own = _TITLES.get(here, name.replace("_", " "))
        yield from _values(here, " ".join(filter(None, (title, own))), full, one, other)


def _values(path: str, title: str, full: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, msgspec.Struct) and isinstance(after, msgspec.Struct):
        yield from _fields(path, before, after, title)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _lists(path, title, cast("Parts", before), cast("Parts", after))
    else:
        yield Difference(title, _text(full, before), _text(full, after))


def _lists(path: str, title: str, before: Parts, after: Parts) -> Iterator[Difference]:
    """Parts that came, went, or changed. Lists whose parts have no identity of their own are told as a whole."""
    sample = (before or after)[0]
    identity = _IDENTITIES.get(type(sample).__name__)
    if identity is None:
        yield Difference(title, _text("", before), _text("", after))
        return
    old, new = {identity(each): each for each in before}, {identity(each): each for each in after}
    if len(old) != len(before) or len(new) != len(after):
        yield Difference(title, _text("", before), _text("", after))
        return
    for name in dict.fromkeys((*old, *new)):
        label = f"{title} {name}".strip()
        if name in old and name in new:
            yield from _fields(path, old[name], new[name], label)
        else:
            yield Difference(label, _text("", old.get(name)), _text("", new.get(name)))


def _text(full: str, value: Any) -> str:
    """A value in words: sizes with units, parts of a struct that say something, empty for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if full in _SIZES:
            return size(value)
        case tuple():
            return ", ".join(_text("", each) for each in cast("Parts", value))
        case msgspec.Struct():
            return _struct_text(value)
        case _:
            return str(value)


def _struct_text(value: msgspec.Struct) -> str:
    owner = type(value).__name__
    told = [
        _text(f"{owner}.{name}", getattr(value, name))
        for name in value.__struct_fields__
        if f"{owner}.{name}" not in _MADE_UP and getattr(value, name) is not False
    ]
    return " ".join(filter(None, told)) or "there"
