"""Plans of the demo for devices of hosts: given to machines, shared out, and what that blocks."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from novatui.backends.demo.hardware import change_host, device_of, free_of, mdev_id, need_cold
from novatui.backends.demo.planned import Case, call_of, expect
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.standing import fingerprint, host_of
from novatui.core.devices import Device
from novatui.core.errors import InvalidInput, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Expectation, Operation, Plan
from novatui.core.states import Kind

BLOCKS = (
    "a machine with a device of its host cannot migrate live",
    "snapshots with memory are not possible while it holds the device",
)


def plan_device(scene: Scene, conn: str, operation: Operation) -> Plan:
    """A device operation as it would be carried out now."""
    match operation.verb:
        case "device.attach" | "device.detach":
            return _of_machine(Case(scene, conn, operation))
        case _:
            return _of_host(scene, conn, operation)


def _of_machine(case: Case) -> Plan:
    attach = case.operation.verb == "device.attach"
    case.one.fit("attach" if attach else "detach")
    case.apply_now()
    wanted = native_id(case.scene, case.given("device"))
    if attach:
        device = free_of(case.one, wanted)
    elif wanted in case.machine.devices:
        need_cold(case.one, "a device")
        device = device_of(case.one.host, wanted)
    else:
        raise NotFound(f"{case.machine.name} holds no {wanted}", subject=wanted)
    count = len(case.machine.devices) + (1 if attach else -1)
    lost = f"{device.driver} of {case.one.host.name} gives it away" if attach and device.driver else ""
    return case.plan(
        case.call("attach" if attach else "detach", given={"device": device.id}),
        warnings=(*BLOCKS, *_along(case, device), *([lost] if lost else []))
        if attach
        else ("the guest loses the device at once",),
        expects=(expect(case, "passthrough", str(count)),),
        inverse=case.takes_back("device.detach" if attach else "device.attach", device=device.id),
    )


def _along(case: Case, device: Device) -> Iterator[str]:
    """What else of its IOMMU group no other machine can have then."""
    for each in case.one.host.devices:
        if each.iommu_group == device.iommu_group and each.id != device.id and each.device_class != "mdev":
            yield f"{each.name} is in the same IOMMU group {each.iommu_group}: no other machine can have it then"


def _of_host(scene: Scene, conn: str, operation: Operation) -> Plan:
    host, given = host_of(scene, operation.key), operation.arguments
    device = device_of(host, native_id(scene, given.get("device", "")))
    state = fingerprint(scene, operation.key)
    if operation.verb == "device.vfs":
        return _functions(scene, conn, operation, device, state)
    if operation.verb == "device.mdev_remove":
        change_host(scene.site.family, host, "mdev-remove", {"device": device.id})
        call = call_of(scene, conn, "mdev-remove", host, host, 1, {"device": device.id})
        again = {"device": device.parent, "type": device.product, "uuid": device.address}
        gone = Expectation(key=_row_key(scene, operation, device.id), field="name", values=(), within=30.0)
        inverse = Operation(verb="device.mdev_create", key=operation.key, arguments=again)
        return Plan(calls=(call,), inverse=inverse, expects=(gone,), state=state)
    if given.get("persistent") == "yes":
        raise NotSupported("the demo's mediated devices do not outlive a restart of the host", subject="persistent")
    made = {"device": device.id, "type": given["type"], "uuid": given.get("uuid") or str(uuid4())}
    change_host(scene.site.family, host, "mdev-create", made)
    new = mdev_id(made["uuid"])
    there = Expectation(key=_row_key(scene, operation, new), field="native_id", values=(new,), within=30.0)
    return Plan(
        calls=(call_of(scene, conn, "mdev-create", host, host, 1, dict(made)),),
        inverse=Operation(verb="device.mdev_remove", key=operation.key, arguments={"device": new}),
        warnings=(f"{device.name} cannot be given away as a whole as long as it is shared out",),
        expects=(there,),
        state=state,
    )


def _functions(scene: Scene, conn: str, operation: Operation, device: Device, state: str) -> Plan:
    host, count = host_of(scene, operation.key), operation.arguments.get("count", "")
    if not count.isdigit():
        raise InvalidInput("a whole number is needed", subject="count")
    change_host(scene.site.family, host, "vfs", {"device": device.id, "count": int(count)})
    before = {"device": device.id, "count": str(device.functions or 0)}
    return Plan(
        calls=(call_of(scene, conn, "vfs", host, host, 1, {"device": device.id, "count": int(count)}),),
        inverse=Operation(verb="device.vfs", key=operation.key, arguments=before),
        warnings=(f"all virtual functions of {device.name} go away for a moment",),
        state=state,
    )


def native_id(scene: Scene, wanted: str) -> str:
    """The native id of a device that was named by its id or by the key of its row."""
    for host in scene.estate.hosts:
        for device in host.devices:
            if wanted in (device.id, key(Kind.DEVICE, scene.dialect.device_key(host, device.id))):
                return device.id
    return wanted


def _row_key(scene: Scene, operation: Operation, device: str) -> str:
    return key(Kind.DEVICE, scene.dialect.device_key(host_of(scene, operation.key), device))
