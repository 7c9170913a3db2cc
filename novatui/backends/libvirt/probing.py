"""What a libvirt host, and a machine on it, can do: every feature found out by calls that go out now, or unknown.

A connection of libvirt is one host, so both are told the same. A question is asked when a feature wants it, once, and
its answer is shared; one that fails leaves the features unknown that were to be decided by it, and no other. Which
call decides which feature: `[capabilities]` in QUALITY.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from novatui.backends.found import Found, Unanswered, settle, yes
from novatui.backends.libvirt import (
    probe_host_devices,
    probe_host_life,
    probe_host_memory,
    probe_host_trust,
    probe_vm_devices,
    probe_vm_hardware,
    probe_vm_life,
)
from novatui.backends.libvirt.asking import Asked
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.probe_host import HostAnswers
from novatui.backends.libvirt.probe_machine import MachineAnswers
from novatui.core.capabilities import Fact
from novatui.core.features import FEATURES

LIFECYCLE = "LIFECYCLE"
"""The event that tells of machines that start and stop."""

BESIDES = ("NETWORK", "POOL", "DEVICE")
"""Events of other objects than machines, each registered by a call of its own."""

_OF_HOSTS: dict[str, Callable[[HostAnswers], Found]] = {
    "lifecycle": probe_host_life.lifecycle,
    "live_migration": probe_host_life.live_migration,
    "snapshots": probe_host_life.snapshots,
    "cpu_hotplug": probe_host_life.cpu_hotplug,
    "memory_hotplug": probe_host_life.memory_hotplug,
    "gpu_passthrough": probe_host_devices.gpu_passthrough,
    "sriov": probe_host_devices.sriov,
    "thin_provisioning": probe_host_life.thin_provisioning,
    "live_storage_migration": probe_host_life.live_storage_migration,
    "incremental_backup": probe_host_life.incremental_backup,
    "secure_boot": probe_host_trust.secure_boot,
    "tpm": probe_host_trust.tpm,
    "memory_encryption": probe_host_trust.memory_encryption,
    "metrics": probe_host_trust.metrics,
    "health": probe_host_trust.health,
    "cpu_pinning": probe_host_memory.cpu_pinning,
    "numa": probe_host_memory.numa,
    "nested_virt": probe_host_memory.nested_virt,
    "overcommit": probe_host_memory.overcommit,
    "ballooning": probe_host_memory.ballooning,
    "huge_pages": probe_host_memory.huge_pages,
    "memory_compression": probe_host_memory.memory_compression,
    "page_dedup": probe_host_memory.page_dedup,
    "dpdk": probe_host_devices.dpdk,
    "multiqueue": probe_host_devices.multiqueue,
    "offloads": probe_host_devices.offloads,
    "nvme": probe_host_devices.nvme,
}

_OF_MACHINES: dict[str, Callable[[MachineAnswers], Found]] = {
    "lifecycle": probe_vm_life.lifecycle,
    "live_migration": probe_vm_life.live_migration,
    "snapshots": probe_vm_life.snapshots,
    "cpu_hotplug": probe_vm_life.cpu_hotplug,
    "memory_hotplug": probe_vm_life.memory_hotplug,
    "gpu_passthrough": probe_vm_devices.gpu_passthrough,
    "sriov": probe_vm_devices.sriov,
    "thin_provisioning": probe_vm_life.thin_provisioning,
    "live_storage_migration": probe_vm_life.live_storage_migration,
    "incremental_backup": probe_vm_life.incremental_backup,
    "secure_boot": probe_vm_hardware.secure_boot,
    "tpm": probe_vm_hardware.tpm,
    "memory_encryption": probe_vm_hardware.memory_encryption,
    "metrics": probe_vm_devices.metrics,
    "health": probe_vm_hardware.health,
    "cpu_pinning": probe_vm_hardware.cpu_pinning,
    "numa": probe_vm_hardware.numa,
    "nested_virt": probe_vm_hardware.nested_virt,
    "overcommit": probe_vm_hardware.overcommit,
    "ballooning": probe_vm_hardware.ballooning,
    "huge_pages": probe_vm_hardware.huge_pages,
    "memory_compression": probe_vm_hardware.memory_compression,
    "page_dedup": probe_vm_hardware.page_dedup,
    "dpdk": probe_vm_devices.dpdk,
    "multiqueue": probe_vm_devices.multiqueue,
    "offloads": probe_vm_devices.offloads,
    "nvme": probe_vm_devices.nvme,
}


class Probe:
    """One probe of one scope. Only a lost link, and a machine that is not there, raise."""

    def __init__(self, link: Link, registered: Mapping[str, Asked], holders: Mapping[str, str] | None) -> None:
        """`registered`: how each event's registration was answered; `holders` as of `HostAnswers`."""
        self._host = HostAnswers(link, holders)
        self._registered = registered

    def host(self, scope: str) -> list[Fact]:
        """Of the host, told as those of `scope`: its key, or empty for the connection."""
        return self._facts(scope, {name: partial(find, self._host) for name, find in _OF_HOSTS.items()})

    def machine(self, scope: str, uuid: str) -> list[Fact]:
        """Of one machine. NotFound when there is none."""
        try:
            machine = MachineAnswers(self._host, uuid)
        except Unanswered as none:
            return [none.found.fact(feature.slug, scope) for feature in FEATURES]
        return self._facts(scope, {name: partial(find, machine) for name, find in _OF_MACHINES.items()})

    def _facts(self, scope: str, rows: Mapping[str, Callable[[], Found]]) -> list[Fact]:
        every = {**rows, "events": lambda: events(self._registered)}
        return [settle(every[feature.slug]).fact(feature.slug, scope) for feature in FEATURES]


def events(registered: Mapping[str, Asked]) -> Found:
    """How the registrations of this connection were answered, when it came up."""
    if not registered:
        raise Unanswered("this connection has not registered for events yet")
    life = registered.get(LIFECYCLE) or next(iter(registered.values()))
    refused = [f"{name} ({asked.why})" for name, asked in registered.items() if asked.failure is not None]
    note = f"{len(registered) - len(refused)}/{len(registered)}"
    if life.failure is not None:
        raise Unanswered(life.failed, life.evidence)
    words = f"but for {', '.join(refused)}" if refused else "of machines, networks, pools and devices"
    return yes(life, words, note, *(registered[name] for name in BESIDES if name in registered))
