"""Conformance of DetailSource: each object in full, and every machine set up as the world says."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

import msgspec
import pytest

from novatui.backends.driver import DetailSource, Session
from novatui.core.detail import Detail, DiskRates, NicRates, Users
from novatui.core.errors import NotFound
from novatui.core.ids import key, split_key
from novatui.core.states import Kind
from novatui.core.text import clean
from novatui.core.vmspec import VmSpec
from tests.conformance.base import Base, key_of, of_kind
from tests.conformance.expected import MIB
from tests.conformance.lab import Lab
from tests.conformance.recording import Recording
from tests.conformance.world import Vm

MODES = {"passthrough": "host-passthrough"}

SPEC: dict[str, tuple[Callable[[VmSpec], object], Callable[[Vm], object]]] = {
    "name": (lambda spec: clean(spec.name), lambda vm: clean(vm.name)),
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

    def test_users_of_stores(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        """Machines on or off, with every disk, and with every drive that has a medium."""
        told = self._users(loaded, sink, Kind.DATASTORE)
        self._compare(told, lab, sink, lambda vm, name: [disk.target for disk in vm.disk if disk.pool == name])

    def test_users_of_networks(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        """Machines on or off, with the address of every interface."""
        told = self._users(loaded, sink, Kind.NETWORK)
        self._compare(told, lab, sink, lambda vm, name: [nic.mac for nic in vm.nic if nic.network == name])

    def test_rates_of_devices(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        """A line for every disk and interface of what runs; no rate is below zero, none comes without two readings."""
        source = self.role(loaded, DetailSource)
        for vm in lab.vms:
            if vm.state != "running":
                continue
            name = key_of(sink, vm)
            for detail in (source.detail(name, ["rates"]), source.detail(name, ["rates"])):
                assert detail.failures == ()
                rates = detail.rates
                assert rates is not None
                assert {disk.target for disk in vm.disk if disk.kind == "disk"} <= {one.target for one in rates.disks}
                assert len(rates.nics) == len(vm.nic)
                figures = [*(_figures(one) for one in rates.disks), *(_figures(one) for one in rates.nics)]
                assert all(value is None or value >= 0 for told in figures for value in told)
                assert rates.seconds is not None or all(value is None for told in figures for value in told)
            assert rates.seconds is not None

    def test_rates_come_only_when_they_are_named(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, DetailSource)
        assert source.detail(key_of(sink, lab.vms[0]), []).rates is None

    def _users(self, driver: Session, sink: Recording, kind: Kind) -> dict[str, Users]:
        """Of each object of a kind, by its name: hosts may have one of the same name each."""
        source = self.role(driver, DetailSource)
        found: dict[str, Users] = {}
        for name, values in of_kind(sink, kind).items():
            users = source.detail(name, ["users"]).users
            assert users is not None
            assert users.untold == 0
            before = found.get(str(values["name"]), Users())
            found[str(values["name"])] = Users(machines=(*before.machines, *users.machines))
        return found

    def _compare(
        self, told: dict[str, Users], lab: Lab, sink: Recording, through: Callable[[Vm, str], list[str]]
    ) -> None:
        assert told
        names = {key_of(sink, vm): vm.name for vm in lab.vms}
        for name, users in told.items():
            wanted = sorted((vm.name, sorted(through(vm, name))) for vm in lab.vms if through(vm, name))
            assert sorted((names[user.key], sorted(user.through)) for user in users.machines) == wanted

    def test_what_does_not_exist_is_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, DetailSource).detail(key(Kind.VM, "00000000-dead-4000-8000-000000000000"), [])


def _figures(one: DiskRates | NicRates) -> list[float | None]:
    return [value for value in msgspec.structs.astuple(one) if not isinstance(value, str)]


def _parse(detail: Detail) -> None:
    assert detail.raw
    match detail.raw_format:
        case "xml":
            ElementTree.fromstring(detail.raw)
        case "json":
            json.loads(detail.raw)
        case other:
            assert other in ("yaml", "text")
