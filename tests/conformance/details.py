"""Conformance of DetailSource: each object in full, and every machine set up as the world says."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from novatui.backends.driver import DetailSource, Session
from novatui.core.detail import Detail
from novatui.core.errors import NotFound
from novatui.core.ids import key, split_key
from novatui.core.states import Kind
from novatui.core.vmspec import VmSpec
from tests.conformance.base import Base, key_of
from tests.conformance.expected import MIB
from tests.conformance.lab import Lab
from tests.conformance.recording import Recording
from tests.conformance.world import Vm

MODES = {"passthrough": "host-passthrough"}

SPEC: dict[str, tuple[Callable[[VmSpec], object], Callable[[Vm], object]]] = {
    "name": (lambda spec: spec.name, lambda vm: vm.name),
    "uuid": (lambda spec: spec.uuid, lambda vm: vm.uuid),
    "title": (lambda spec: spec.title, lambda vm: vm.title),
    "description": (lambda spec: spec.description, lambda vm: vm.description),
    "vcpus": (lambda spec: (spec.cpu.count, spec.cpu.maximum), lambda vm: (vm.vcpus, vm.vcpu_limit)),
    "cpu mode": (
        lambda spec: (spec.cpu.mode, spec.cpu.model),
        lambda vm: (MODES.get(vm.cpu.mode, vm.cpu.mode), vm.cpu.model) if vm.cpu else ("", ""),
    ),
    "cpu features": (
        lambda spec: sorted((f.name, f.policy) for f in spec.cpu.features),
        lambda vm: sorted((f.name, f.policy) for f in vm.cpu.features) if vm.cpu else [],
    ),
    "topology": (
        lambda spec: (t := spec.cpu.topology) and (t.sockets, t.dies, t.cores, t.threads),
        lambda vm: (t := vm.topology) and (t.sockets, t.dies, t.cores, t.threads),
    ),
    "pins": (
        lambda spec: [(pin.subject, pin.cpuset) for pin in spec.cpu.pins],
        lambda vm: [(f"vcpu {pin.vcpu}", pin.cpus) for pin in vm.pin],
    ),
    "memory": (lambda spec: spec.memory.current, lambda vm: vm.memory_mib * MIB),
    "memory slots": (lambda spec: spec.memory.slots, lambda vm: vm.hot_add.slots if vm.hot_add else None),
    "huge pages": (
        lambda spec: [page.size for page in spec.memory.huge_pages],
        lambda vm: [vm.hugepages_kib * 1024] if vm.hugepages_kib else [],
    ),
    "numa": (
        lambda spec: [(cell.id, cell.cpus, cell.memory) for cell in spec.numa.cells] if spec.numa else [],
        lambda vm: [(cell.id, cell.cpus, cell.memory_mib * MIB) for cell in vm.cell],
    ),
    "firmware": (
        lambda spec: (spec.firmware.type, bool(spec.firmware.secure_boot)),
        lambda vm: (vm.firmware, vm.secure_boot),
    ),
    "tpm": (lambda spec: [tpm.version for tpm in spec.tpm], lambda vm: [vm.tpm] if vm.tpm else []),
    "disks": (
        lambda spec: [(d.target, d.device, d.bus, d.format) for d in spec.disks],
        lambda vm: [(d.target, d.kind, d.bus, d.format) for d in vm.disk],
    ),
    "disk files": (
        lambda spec: [d.source.rsplit("/", 1)[-1] for d in spec.disks],
        lambda vm: [d.volume for d in vm.disk],
    ),
    "disk tuning": (
        lambda spec: [(d.cache, d.io, d.discard, d.queues, d.serial, d.readonly) for d in spec.disks],
        lambda vm: [(d.cache, d.io, d.discard, d.queues, d.serial, d.read_only) for d in vm.disk],
    ),
    "nics": (
        lambda spec: [(nic.mac, nic.model, nic.source) for nic in spec.nics],
        lambda vm: [(nic.mac, nic.model, nic.network) for nic in vm.nic],
    ),
    "nic queues": (lambda spec: [nic.queues for nic in spec.nics], lambda vm: [nic.queues for nic in vm.nic]),
    "nic links": (
        lambda spec: [nic.link_up is not False for nic in spec.nics],
        lambda vm: [nic.connected for nic in vm.nic],
    ),
    "host devices": (
        lambda spec: [(device.type, device.address) for device in spec.host_devices],
        lambda vm: [("mdev" if d.kind == "mediated" else d.kind, d.address or d.uuid) for d in vm.device],
    ),
    "graphics": (
        lambda spec: [(graphics.type, graphics.listen) for graphics in spec.graphics],
        lambda vm: [(graphics.kind, graphics.listen) for graphics in vm.graphics],
    ),
}
"""Aspects of a machine: how the model says them, and how the world does."""

PART_OF = {
    Kind.VM: "vm",
    Kind.HOST: "devices",
    Kind.DATASTORE: "volumes",
    Kind.NETWORK: "leases",
}


class DetailConformance(Base):
    @pytest.mark.parametrize("aspect", SPEC)
    def test_machine_detail(self, loaded: Session, lab: Lab, sink: Recording, aspect: str) -> None:
        source = self.role(loaded, DetailSource)
        told, wanted = SPEC[aspect]
        specs = {vm.name: source.detail(key_of(sink, vm), ["vm"]).vm for vm in lab.vms}
        assert None not in specs.values()
        assert {name: told(spec) for name, spec in specs.items() if spec} == {vm.name: wanted(vm) for vm in lab.vms}

    def test_every_object_has_a_detail(self, loaded: Session, sink: Recording) -> None:
        source = self.role(loaded, DetailSource)
        for name in sink.table:
            if split_key(name)[0] in (Kind.DEVICE, Kind.SNAPSHOT):
                continue
            detail = source.detail(name, [])
            assert detail.key == name
            assert detail.failures == ()

    @pytest.mark.parametrize("kind", [Kind.VM, Kind.HOST, Kind.DATASTORE, Kind.NETWORK])
    def test_the_native_form_is_well_formed(self, loaded: Session, sink: Recording, kind: Kind) -> None:
        source = self.role(loaded, DetailSource)
        names = [name for name in sink.table if split_key(name)[0] is kind]
        assert names
        for name in names:
            _parse(source.detail(name, ["raw"]))

    def test_only_the_parts_that_are_asked(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, DetailSource)
        name = key_of(sink, lab.vms[0])
        assert source.detail(name, ["raw"]).vm is None
        assert source.detail(name, ["vm"]).raw == ""

    def test_what_does_not_exist_is_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, DetailSource).detail(key(Kind.VM, "00000000-dead-4000-8000-000000000000"), [])


def _parse(detail: Detail) -> None:
    assert detail.raw
    match detail.raw_format:
        case "xml":
            ElementTree.fromstring(detail.raw)
        case "json":
            json.loads(detail.raw)
        case other:
            assert other in ("yaml", "text")
