"""What a vCenter, its hosts and its machines can do: every feature found out by calls that go out now, or unknown.

A question is asked when a feature wants it, once, and its answer is shared; one that fails leaves the features unknown
that were to be decided by it, and no other. Which call decides which feature: `[capabilities]` in QUALITY.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from novatui.backends.found import Found, settle
from novatui.backends.vsphere import (
    probe_host_devices,
    probe_host_life,
    probe_host_trust,
    probe_vm_hardware,
    probe_vm_life,
)
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.probe_machine import MachineAnswers
from novatui.backends.vsphere.probe_survey import HostAnswers, Survey
from novatui.backends.vsphere.questions import Questions
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Fact, gather, unknown
from novatui.core.errors import NotFound
from novatui.core.features import FEATURES
from novatui.core.ids import split_key
from novatui.core.states import Kind

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
    "metrics": probe_host_life.metrics,
    "events": probe_host_life.events,
    "health": probe_host_life.health,
    "cpu_pinning": probe_host_trust.cpu_pinning,
    "numa": probe_host_trust.numa,
    "nested_virt": probe_host_trust.nested_virt,
    "overcommit": probe_host_trust.overcommit,
    "ballooning": probe_host_trust.ballooning,
    "huge_pages": probe_host_trust.huge_pages,
    "memory_compression": probe_host_trust.memory_compression,
    "page_dedup": probe_host_trust.page_dedup,
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
    "gpu_passthrough": probe_vm_hardware.gpu_passthrough,
    "sriov": probe_vm_hardware.sriov,
    "thin_provisioning": probe_vm_life.thin_provisioning,
    "live_storage_migration": probe_vm_life.live_storage_migration,
    "incremental_backup": probe_vm_life.incremental_backup,
    "secure_boot": probe_vm_hardware.secure_boot,
    "tpm": probe_vm_hardware.tpm,
    "memory_encryption": probe_vm_hardware.memory_encryption,
    "metrics": probe_vm_life.metrics,
    "events": probe_vm_life.events,
    "health": probe_vm_life.health,
    "cpu_pinning": probe_vm_hardware.cpu_pinning,
    "numa": probe_vm_hardware.numa,
    "nested_virt": probe_vm_hardware.nested_virt,
    "overcommit": probe_vm_hardware.overcommit,
    "ballooning": probe_vm_hardware.ballooning,
    "huge_pages": probe_vm_hardware.huge_pages,
    "memory_compression": probe_vm_hardware.memory_compression,
    "page_dedup": probe_vm_hardware.page_dedup,
    "dpdk": probe_vm_hardware.dpdk,
    "multiqueue": probe_vm_hardware.multiqueue,
    "offloads": probe_vm_hardware.offloads,
    "nvme": probe_vm_hardware.nvme,
}


class Probing:
    """Probes of one connection. Only a lost connection, and an object that is not there, raise."""

    def __init__(self, questions: Questions, inventory: Inventory) -> None:
        self._questions = questions
        self._inventory = inventory

    def probe(self, scope: str) -> list[Fact]:
        """One fact for each feature of the connection (empty), a host or a machine. NotFound when it is none."""
        if not scope:
            return self._connection()
        kind, native = self._kind(scope)
        if kind is Kind.TEMPLATE:
            return [unknown(feature.slug, scope, "a template does nothing") for feature in FEATURES]
        if kind is Kind.VM:
            machine = MachineAnswers(self._questions, Ref("VirtualMachine", native))
            return _facts(scope, {slug: partial(find, machine) for slug, find in _OF_MACHINES.items()})
        ref = self._inventory.refs([scope])[scope]
        if kind is not Kind.HOST or ref is None:
            raise NotFound(f"no host and no machine: {scope}", subject=scope)
        host = HostAnswers(Survey(self._questions, [ref]), ref)
        if host.read.is_gone:
            raise NotFound("the host does not exist any more", subject=scope)
        return _host_facts(scope, host)

    def _connection(self) -> list[Fact]:
        """Of all hosts, how many have it."""
        survey = Survey(self._questions, self._inventory.hosts())
        several = [_host_facts("", HostAnswers(survey, ref)) for ref, read in survey.hosts.items() if not read.is_gone]
        return [gather(feature.slug, [facts[at] for facts in several]) for at, feature in enumerate(FEATURES)]

    def _kind(self, scope: str) -> tuple[Kind, str]:
        try:
            return split_key(scope)
        except ValueError as error:
            raise NotFound(str(error), subject=scope) from None


def _host_facts(scope: str, host: HostAnswers) -> list[Fact]:
    return _facts(scope, {slug: partial(find, host) for slug, find in _OF_HOSTS.items()})


def _facts(scope: str, rows: Mapping[str, Callable[[], Found]]) -> list[Fact]:
    return [settle(rows[feature.slug]).fact(feature.slug, scope) for feature in FEATURES]
