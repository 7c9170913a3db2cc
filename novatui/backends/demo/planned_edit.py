"""Plans of the demo for the configuration of machines."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.hardware import HARDWARE, anywhere, disk_at, nic_of, place_of
from novatui.backends.demo.planned import Case, expect
from novatui.backends.demo.pools import plan_pool
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB
from novatui.backends.demo.ways import Plain
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import Expectation, Operation, Plan


def plan_edit(scene: Scene, conn: str, operation: Operation) -> Plan:
    """A change of a machine's configuration as it would be carried out now."""
    if operation.verb == "edit.pool":
        return plan_pool(scene, conn, operation)
    case = Case(scene, conn, operation)
    case.one.fit("edit")
    case.apply_now()
    return _PLANS[operation.verb](case)


def _change(
    case: Case, deed: str, given: dict[str, Plain], *, expects: tuple[Expectation, ...], **more: object
) -> Plan:
    """The plan of one call. What the product would refuse is refused now."""
    HARDWARE[deed](case.one, given)
    return msgspec.structs.replace(case.plan(case.call(deed, given=given), expects=expects), **more)


def _vcpus(case: Case) -> Plan:
    was, count = case.machine.vcpus, _number(case, "count")
    _not_the_same(count, was)
    return _change(
        case,
        "vcpus",
        {"count": count},
        expects=(expect(case, "vcpus", str(count)),),
        inverse=case.takes_back("edit.vcpus", count=str(was)),
    )


def _memory(case: Case) -> Plan:
    was, size = case.machine.memory, _number(case, "size")
    _not_the_same(size, was)
    return _change(
        case,
        "memory",
        {"size": size},
        expects=(expect(case, "memory", str(size)),),
        warnings=("the guest has to give memory back; it may take its time",) if size < was else (),
        inverse=case.takes_back("edit.memory", size=str(was)),
    )


def _memory_add(case: Case) -> Plan:
    was, more = case.machine.memory, _number(case, "size")
    if not more:
        raise InvalidInput("some memory is needed", subject="size")
    return _change(
        case,
        "memory",
        {"size": was + more},
        expects=(expect(case, "memory", str(was + more)),),
        costs=(f"{more / GIB:.1f} GiB of {case.one.host.name}",),
        inverse=case.takes_back("edit.memory", size=str(was)),
    )


def _pin(case: Case) -> Plan:
    vcpu = _number(case, "vcpu")
    before = dict(case.machine.pins).get(vcpu, anywhere(case.one))
    return _change(
        case,
        "pin",
        {"vcpu": vcpu, "cpus": case.given("cpus")},
        expects=(),
        inverse=case.takes_back("edit.pin", vcpu=str(vcpu), cpus=before),
    )


def _disk_add(case: Case) -> Plan:
    if case.given("volume"):
        raise NotSupported("the demo adds new disks, no volumes that exist", subject="volume")
    size, at = _number(case, "size"), len(case.machine.disks)
    named = case.scene.estate.stores[place_of(case.one, case.scene.estate.stores, case.given("store"))].name
    plan = _change(
        case,
        "disk-add",
        {"store": named, "size": size},
        expects=(expect(case, "disks", str(at + 1)),),
        costs=(f"up to {size / GIB:.1f} GiB on {named}",),
    )
    target = case.scene.traits.disk_target.format(number=at, letter="abcdefgh"[at])
    inverse, left = case.takes_back("edit.disk_remove", target=target), "the new volume stays on its store"
    return msgspec.structs.replace(plan, inverse=inverse, irreversible=left)


def _disk_remove(case: Case) -> Plan:
    target = case.given("target")
    size = case.machine.disks[disk_at(case.one, target)].size
    return _change(
        case,
        "disk-remove",
        {"target": target},
        expects=(expect(case, "disks", str(len(case.machine.disks) - 1)),),
        warnings=(f"the guest loses a disk of {size / GIB:.1f} GiB; its data stays on the store",),
        irreversible="the demo does not plug a kept volume in again",
    )


def _nic_add(case: Case) -> Plan:
    if case.given("model"):
        raise NotSupported("the demo chooses the model of an interface by itself", subject="model")
    mac = case.given("mac").lower() or _mac(case)
    network = case.scene.estate.nets[place_of(case.one, case.scene.estate.nets, case.given("network"))].name
    return _change(
        case,
        "nic-add",
        {"network": network, "mac": mac},
        expects=(expect(case, "nics", str(len(case.machine.nics) + 1)),),
        inverse=case.takes_back("edit.nic_remove", mac=mac),
    )


def _nic_remove(case: Case) -> Plan:
    nic = nic_of(case.one, case.given("mac"))
    network = case.scene.estate.nets[nic.network].name
    return _change(
        case,
        "nic-remove",
        {"mac": nic.mac},
        expects=(expect(case, "nics", str(len(case.machine.nics) - 1)),),
        warnings=(f"the guest loses its link to {network}",),
        inverse=case.takes_back("edit.nic_add", network=network, mac=nic.mac),
    )


def _iso_insert(case: Case) -> Plan:
    was, source = case.machine.iso, case.given("source")
    back = case.takes_back("edit.iso_insert", source=was) if was else case.takes_back("edit.iso_eject")
    return _change(case, "iso", {"source": source}, expects=(), inverse=back)


def _iso_eject(case: Case) -> Plan:
    if not case.machine.iso:
        raise Conflict(f"no medium is in the drive of {case.machine.name}", subject="empty")
    return _change(
        case, "iso", {"source": ""}, expects=(), inverse=case.takes_back("edit.iso_insert", source=case.machine.iso)
    )


def _rename(case: Case) -> Plan:
    was, name = case.machine.name, case.given("name")
    _not_the_same(name, was)
    return _change(
        case,
        "rename",
        {"name": name},
        expects=(expect(case, "name", name),),
        inverse=case.takes_back("edit.rename", name=was),
    )


def _notes(case: Case) -> Plan:
    text = case.given("text")
    return _change(
        case,
        "notes",
        {"text": text},
        expects=(expect(case, "description", text),),
        inverse=case.takes_back("edit.notes", text=case.machine.description),
    )


_PLANS: dict[str, Callable[[Case], Plan]] = {
    "edit.vcpus": _vcpus,
    "edit.memory": _memory,
    "edit.memory_add": _memory_add,
    "edit.pin": _pin,
    "edit.disk_add": _disk_add,
    "edit.disk_remove": _disk_remove,
    "edit.nic_add": _nic_add,
    "edit.nic_remove": _nic_remove,
    "edit.iso_insert": _iso_insert,
    "edit.iso_eject": _iso_eject,
    "edit.rename": _rename,
    "edit.notes": _notes,
}
"""By verb."""

EDITS = frozenset(_PLANS)


def _number(case: Case, name: str) -> int:
    text = case.given(name)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidInput("a whole number is needed", subject=name)
    return int(text)


def _not_the_same(new: object, was: object) -> None:
    if new == was:
        raise Conflict(f"it is {was} already", subject=str(was))


def _mac(case: Case) -> str:
    """An address that the machine does not have yet."""
    dice = Dice("nic", case.machine.uuid, len(case.machine.nics))
    tail = (f"{dice.below(256):02x}" for _ in range(3))
    return ":".join((case.scene.traits.mac, *tail))
