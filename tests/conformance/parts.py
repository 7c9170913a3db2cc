"""Conformance of SnapshotSource, DeviceSource, StorageSource and NetworkSource: the parts of single objects."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from novatui.backends.driver import DeviceSource, NetworkSource, Session, SnapshotSource, StorageSource
from novatui.core.devices import Device
from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.states import Kind
from tests.conformance.base import Base, hosts_by_name, key_of, of_kind
from tests.conformance.expected import MIB
from tests.conformance.lab import Lab
from tests.conformance.recording import Recording
from tests.conformance.world import Host

NEVER = "00000000-dead-4000-8000-000000000000"


class SnapshotConformance(Base):
    def test_snapshot_trees(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, SnapshotSource)
        for vm in lab.vms:
            tree = source.snapshots(key_of(sink, vm))
            names = {snapshot.id: snapshot.name for snapshot in tree}
            assert len(names) == len(tree)
            told = sorted((s.name, names.get(s.parent or "", ""), s.current, s.created) for s in tree)
            wanted = sorted((s.name, s.parent, s.current, s.created.timestamp()) for s in vm.snapshot)
            assert told == wanted

    def test_snapshot_descriptions(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, SnapshotSource)
        for vm in lab.vms:
            told = {snapshot.name: snapshot.description for snapshot in source.snapshots(key_of(sink, vm))}
            assert told == {snapshot.name: snapshot.description for snapshot in vm.snapshot}

    def test_snapshots_of_nothing_are_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, SnapshotSource).snapshots(key(Kind.VM, NEVER))


class DeviceConformance(Base):
    def test_every_device_of_the_world_is_told(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            addresses = {device.address for device in told[host.name]}
            assert {device.address for device in host.device} <= addresses

    def test_iommu_groups(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            groups = {device.address: device.iommu_group for device in told[host.name]}
            wanted = {device.address: device.iommu_group for device in host.device}
            assert {address: groups.get(address) for address in wanted} == wanted

    def test_vendors_and_drivers(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            said = {device.address: (device.vendor, device.product, device.driver) for device in told[host.name]}
            wanted = {device.address: (device.vendor, device.product, device.driver) for device in host.device}
            assert {address: said.get(address) for address in wanted} == wanted

    def test_virtual_functions_belong_to_their_parent(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            by_address = {device.address: device for device in told[host.name]}
            for device in host.device:
                if device.max_functions:
                    parent = by_address[device.address]
                    assert (parent.functions_max, parent.functions) == (device.max_functions, len(device.functions))
                for function in device.functions:
                    assert by_address[function].parent == by_address[device.address].id
                    assert by_address[function].device_class == "vf"

    def test_profiles_of_graphics_cards(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            for device in host.device:
                said = next(each for each in told[host.name] if each.address == device.address)
                wanted = sorted((p.id, p.name, p.available) for p in device.profile)
                assert sorted((t.id, t.name, t.available) for t in said.mdev_types) == wanted

    def test_holders(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            held = {device.address: device.holder for device in told[host.name] if device.address}
            wanted = {d.address: key_of(sink, vm) for vm in lab.vms if vm.host == host.name for d in vm.device}
            for device in host.device:
                assert held.get(device.address, "") == wanted.get(device.address, ""), device.address

    def test_mediated_devices(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = self._devices(loaded, lab, sink)
        for host in lab.hosts:
            mediated = [device for device in told[host.name] if device.device_class == "mdev"]
            assert len(mediated) == len(host.mediated)
            parents = {device.id: device.address for device in told[host.name]}
            assert sorted(parents[m.parent] for m in mediated) == sorted(m.parent for m in host.mediated)

    def test_device_rows_and_devices_agree(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        rows = sorted(str(values["native_id"]) for values in of_kind(sink, Kind.DEVICE).values())
        assert rows == sorted(device.id for devices in self._devices(loaded, lab, sink).values() for device in devices)

    def test_devices_of_nothing_are_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, DeviceSource).devices(key(Kind.HOST, NEVER))

    def _devices(self, driver: Session, lab: Lab, sink: Recording) -> dict[str, list[Device]]:
        source = self.role(driver, DeviceSource)
        return {name: source.devices(row) for name, row in hosts_by_name(sink, lab).items()}


class StorageConformance(Base):
    def test_volumes(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, StorageSource)
        told = sorted(
            (str(values["name"]), volume.name, volume.capacity)
            for name, values in of_kind(sink, Kind.DATASTORE).items()
            for volume in source.volumes(name)
        )
        assert told == sorted(_volumes(lab.hosts))

    def test_volumes_of_nothing_are_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, StorageSource).volumes(key(Kind.DATASTORE, NEVER))


class NetworkConformance(Base):
    def test_leases_are_addresses(self, loaded: Session, sink: Recording) -> None:
        source = self.role(loaded, NetworkSource)
        for name in of_kind(sink, Kind.NETWORK):
            for lease in source.leases(name):
                ip_address(lease.ip)
                assert len(lease.mac.split(":")) == 6

    def test_leases_of_nothing_are_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, NetworkSource).leases(key(Kind.NETWORK, NEVER))


def _volumes(hosts: tuple[Host, ...]) -> list[tuple[str, str, int]]:
    return [
        (pool.name, volume.name, volume.capacity_mib * MIB)
        for host in hosts
        for pool in host.pool
        for volume in pool.volume
    ]
