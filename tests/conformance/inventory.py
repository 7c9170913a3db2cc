"""Conformance of InventorySource: rows are legal, and the loaded inventory is the world."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest

from novatui.backends.driver import InventorySource, Session
from novatui.core.ids import key, split_key
from novatui.core.states import Kind
from novatui.core.text import clean
from tests.conformance.base import Base, hosts_by_name, is_vm, key_of, make, of_kind
from tests.conformance.expected import HOST, MACHINE, NETWORK, STORE
from tests.conformance.lab import Lab
from tests.conformance.legal import check_references, check_row
from tests.conformance.recording import Recording
from tests.conformance.world import Vm

ALL = frozenset(kind.value for kind in Kind)


class InventoryConformance(Base):
    # --- the contract -----------------------------------------------------------------------------------------------

    def test_rows_are_legal(self, loaded: Session, sink: Recording) -> None:
        assert sink.given
        for _, row in sink.given:
            check_row(row)

    def test_every_object_that_is_named_is_there(self, loaded: Session, sink: Recording) -> None:
        check_references(sink.table)

    def test_every_object_has_a_name(self, loaded: Session, sink: Recording) -> None:
        assert [name for name, values in sink.table.items() if not values.get("name")] == []

    def test_the_tree_has_no_circle(self, loaded: Session, sink: Recording) -> None:
        for name in sink.table:
            above, steps = name, 0
            while above:
                above = str(sink.table[above].get("parent") or "")
                steps += 1
                assert steps < 20, f"{name} is its own ancestor"

    def test_all_that_is_asked_is_listed(self, driver: Session, sink: Recording) -> None:
        loaded = self.role(driver, InventorySource).load(ALL)
        assert loaded.failures == {}
        assert loaded.scopes == ALL
        assert {row.kind for _, row in sink.given} == self.kinds

    def test_nothing_else_is_listed(self, driver: Session, sink: Recording) -> None:
        loaded = self.role(driver, InventorySource).load({"vm"})
        assert loaded.scopes == {"vm"}
        assert {row.kind for _, row in sink.given} == {Kind.VM}

    def test_ids_are_the_same_each_time(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        again = Recording()
        driver = make(lab, again)
        driver.connect()
        try:
            self.role(driver, InventorySource).load(ALL)
        finally:
            driver.close()
        assert set(again.table) == set(sink.table)

    def test_readings_carry_the_time_when_they_began(self, driver: Session, sink: Recording) -> None:
        before = sink.now()
        self.role(driver, InventorySource).load(ALL)
        after = sink.now()
        assert sink.begun
        assert all(before <= begun <= after for begun in sink.begun)
        assert all(sink.begun[at] <= sink.begun[at + 1] for at in range(len(sink.begun) - 1))

    def test_one_kind_that_fails_leaves_the_others(self, lab: Lab, sink: Recording) -> None:
        driver = make(lab, sink, lab.failing_listing("datastore"))
        driver.connect()
        try:
            loaded = self.role(driver, InventorySource).load(ALL)
        finally:
            driver.close()
        assert set(loaded.failures) == {"datastore"}
        assert "datastore" not in loaded.scopes
        assert {"vm", "network"} <= loaded.scopes
        assert len(of_kind(sink, Kind.VM)) == len(lab.vms)

    # --- the world --------------------------------------------------------------------------------------------------

    def test_machines_have_their_names_unharmed(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = sorted(clean(str(v["name"])) for v in of_kind(sink, Kind.VM).values())
        assert told == sorted(clean(vm.name) for vm in lab.vms)

    def test_machines_are_in_their_states(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        told = {vm.name: sink.table[key_of(sink, vm)].get("power") for vm in lab.vms}
        assert told == {vm.name: self.powers[vm.state].value for vm in lab.vms}
        assert all(sink.table[key_of(sink, vm)].get("native_state") for vm in lab.vms)

    def test_machines_that_run_are_on_their_hosts(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        for vm in lab.vms:
            if vm.state == "running":
                host = sink.table[key_of(sink, vm)]["host"]
                assert host == hosts_by_name(sink, lab)[vm.host]

    @pytest.mark.parametrize("column", MACHINE)
    def test_machine_column(self, loaded: Session, lab: Lab, sink: Recording, column: str) -> None:
        machines = [vm for vm in lab.vms if column != "secure_boot" or vm.firmware == "uefi"]
        told = {vm.name: _plain(sink.table[key_of(sink, vm)].get(column)) for vm in machines}
        assert told == {vm.name: MACHINE[column](vm) for vm in machines}

    @pytest.mark.parametrize("column", HOST)
    def test_host_column(self, loaded: Session, lab: Lab, sink: Recording, column: str) -> None:
        told = {name: sink.table[row].get(column) for name, row in hosts_by_name(sink, lab).items()}
        assert told == {host.name: HOST[column](host) for host in lab.hosts}

    @pytest.mark.parametrize("column", STORE)
    def test_store_column(self, loaded: Session, lab: Lab, sink: Recording, column: str) -> None:
        told = sorted((str(v["name"]), v.get(column)) for v in of_kind(sink, Kind.DATASTORE).values())
        assert told == sorted((pool.name, STORE[column](pool)) for host in lab.hosts for pool in host.pool)

    @pytest.mark.parametrize("column", NETWORK)
    def test_network_column(self, loaded: Session, lab: Lab, sink: Recording, column: str) -> None:
        told = sorted((str(v["name"]), v.get(column) or "") for v in of_kind(sink, Kind.NETWORK).values())
        wanted = ((net.name, NETWORK[column](net) or "") for host in lab.hosts for net in host.network)
        assert told == sorted(wanted)

    def test_a_guest_that_is_off_has_no_address(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        off = [vm for vm in lab.vms if vm.state == "off"]
        assert [vm.name for vm in off if sink.table[key_of(sink, vm)].get("ip")] == []

    # --- changes ----------------------------------------------------------------------------------------------------

    PARTS: ClassVar[tuple[Kind, ...]] = (Kind.HOST, Kind.VM, Kind.DATASTORE, Kind.NETWORK, Kind.DEVICE, Kind.SNAPSHOT)

    @pytest.mark.parametrize("kind", PARTS)
    def test_refresh_reads_again(self, loaded: Session, sink: Recording, kind: Kind) -> None:
        before = sink.snapshot()
        name = next((name for name in of_kind(sink, kind)), None)
        if name is None:
            pytest.skip(f"the world has no {kind} here")
        read = len(sink.given)
        self.role(loaded, InventorySource).refresh([name])
        told = {key(row.kind, row.id) for _, row in sink.given[read:]}
        assert name in told
        # Devices and snapshots are looked up in peace, and may come just now; a machine may come with its snapshot.
        besides = {each for each in told - {name} if split_key(each)[0] not in (Kind.DEVICE, Kind.SNAPSHOT)}
        assert besides <= {sink.table[name].get("vm")}
        assert sink.table[name]["name"] == before[name]["name"]
        assert name not in sink.removed

    def test_refresh_removes_what_is_gone(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        vm = _spare(lab)
        name = key_of(sink, vm)
        lab.remove(vm)
        self.role(loaded, InventorySource).refresh([name])
        assert name in sink.removed
        assert name not in sink.table

    def test_refresh_of_what_never_was_removes_it(self, loaded: Session, sink: Recording) -> None:
        never = key(Kind.VM, "00000000-dead-4000-8000-000000000000")
        self.role(loaded, InventorySource).refresh([never])
        assert never in sink.removed

    def test_a_change_from_outside_is_told(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        vm = next(vm for vm in lab.vms if vm.state == "running")
        name = key_of(sink, vm)
        self.role(loaded, InventorySource).watch()
        lab.set_power(vm, "off")
        sink.wait(lambda: sink.table[name].get("power") == "off", f"{vm.name} to be off")
        lab.set_power(vm, "running")
        sink.wait(lambda: sink.table[name].get("power") == "running", f"{vm.name} to run again")

    def test_a_machine_that_is_deleted_goes(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        vm = _spare(lab)
        name = key_of(sink, vm)
        self.role(loaded, InventorySource).watch()
        lab.remove(vm)
        sink.wait(lambda: name not in sink.table, f"{vm.name} to go")
        assert sum(is_vm(each) for each in sink.table) == len(lab.vms) - 1

    def test_a_machine_that_is_new_comes(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        new = _newcomer(lab)
        self.role(loaded, InventorySource).watch()
        lab.add(new)
        sink.wait(lambda: any(v.get("name") == new.name for v in sink.table.values()), f"{new.name} to come")
        assert sink.table[key_of(sink, new)]["power"] == "off"


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _spare(lab: Lab) -> Vm:
    """A machine that can be deleted: off, and nothing hangs on it."""
    return next(vm for vm in lab.vms if vm.state == "off" and not vm.snapshot and not vm.device)


def _newcomer(lab: Lab) -> Vm:
    return dataclasses.replace(
        _spare(lab), name="newcomer", uuid="5eed0000-0000-4000-8000-0000000000ff", disk=(), nic=(), title=""
    )
