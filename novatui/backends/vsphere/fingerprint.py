"""A short word for everything of an object that changes change: equal as long as nobody changed it.

changeVersion is no part of it: it moves on with every change, also with the one that takes a change back. What a guest
or a start writes by itself is left out, so that a machine that was stopped and started again has its old fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import TYPE, each, words
from novatui.backends.vsphere.hoststart import CONFIG as AUTOSTART
from novatui.backends.vsphere.hoststart import starts
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import NotFound

PATHS: dict[str, tuple[str, ...]] = {
    "VirtualMachine": ("name", "config", "runtime.powerState", "runtime.host", "snapshot", "resourcePool"),
    "HostSystem": (
        "name",
        "runtime.connectionState",
        "runtime.powerState",
        "runtime.inMaintenanceMode",
        "config.pciPassthruInfo",
        AUTOSTART,
    ),
    "ResourcePool": ("name", "config"),
    "VirtualApp": ("name", "config"),
    "ClusterComputeResource": ("name", "configurationEx"),
    "Datastore": ("name", "summary.maintenanceMode"),
}
"""What is looked at, by type; others have no fingerprint."""

_PASSING = frozenset(
    {
        TYPE, "changeVersion", "modified", "lastModified", "datastoreUrl", "initialOverhead", "vmxConfigChecksum",
        "hotPlugMemoryLimit", "hotPlugMemoryIncrementSize", "maxMksConnections", "contentLibItemInfo",
        "guestFullName", "createDate", "powerOffBehavior", "status", "migrateConnect",
    }
)  # fmt: skip
"""Fields, at any depth, that change by themselves or follow from others."""

_OPTIONS = ("pciPassthru", "numa.", "cpuid.", "sched.cpu", "sched.mem", "svga.", "mks.", "RemoteDisplay.")
"""Beginnings of the names of extraConfig that people set; the server and the guest write many more by themselves."""


def fingerprint_of(asking: Asking, ref: Ref) -> str:
    """Empty when the object is gone, or is of a type that nothing here changes."""
    paths = PATHS.get(ref.type)
    if paths is None:
        return ""
    try:
        told = asking.of(ref, paths)
    except NotFound:
        return ""
    facts = [f"{path}={fact}" for path in paths for fact in _facts(told.values.get(path))]
    if ref.type == "VirtualMachine":
        facts.append(f"autostart={_starts_with(asking, told.values.get('runtime.host'), ref)}")
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _starts_with(asking: Asking, host: Any, machine: Ref) -> bool:
    """Whether its host starts it, which is kept there and not with the machine."""
    if not isinstance(host, Ref):
        return False
    try:
        return starts(asking.of(host, (AUTOSTART,)).values.get(AUTOSTART), machine)
    except NotFound:
        return False


def _facts(value: Any, at: str = "") -> Iterator[str]:
    """Every leaf with its way."""
    if isinstance(value, dict):
        for name in sorted(value):
            if name == "extraConfig":
                yield from _options(value, at)
            elif name not in _PASSING:
                yield from _facts(value[name], f"{at}.{name}")
    elif isinstance(value, list):
        for name, one in sorted(((_named(number, one), one) for number, one in enumerate(value)), key=itemgetter(0)):
            yield from _facts(one, f"{at}[{name}]")
    elif isinstance(value, Ref):
        yield f"{at}={value.type}:{value.id}"
    elif isinstance(value, datetime):
        yield f"{at}={value.isoformat()}"
    elif value is not None:
        yield f"{at}={value}"


def _named(number: int, one: Any) -> str:
    """A device by its key: one that was taken away and given again stands at another place of the list."""
    return words(one, "key") or str(number)


def _options(config: dict[str, Any], at: str) -> Iterator[str]:
    found = {words(one, "key"): words(one, "value") for one in each(config, "extraConfig")}
    for name in sorted(found):
        if name.startswith(_OPTIONS):
            yield f"{at}.{name}={found[name]}"
