"""A machine's snapshots: the tree that it shows, and the calls that take, remove and go back to one."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import machines
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

DEEPEST = 32
"""*Configuration maximums*: snapshots in a chain."""


def add(
    vc: Vcenter,
    vm: Thing,
    name: str,
    description: str,
    *,
    state: str,
    parent: Thing | None,
    created: datetime | None = None,
    current: bool = True,
    quiesced: bool = False,
) -> Thing:
    """A snapshot below another, or at the root."""
    made = vc.site.add(vim.vm.Snapshot, config=copy.deepcopy(vm.facts["config"]), vm=vm.ref, childSnapshot=[])
    node = vim.vm.SnapshotTree(
        snapshot=made.ref,
        vm=vm.ref,
        name=name,
        description=description,
        id=vm.private.get("snapshots", 0) + 1,
        state=state,
        createTime=created or vc.site.now(),
        quiesced=quiesced,
        replaySupported=False,
        childSnapshotList=[],
    )
    vm.private["snapshots"] = node.id
    made.private |= {"node": node, "parent": parent}
    info = vm.facts.get("snapshot") or vim.vm.SnapshotInfo()
    vm.facts["snapshot"] = info
    if parent:
        above = parent.private["node"]
        above.childSnapshotList = [*above.childSnapshotList, node]
        parent.facts["childSnapshot"] = [*parent.facts["childSnapshot"], made.ref]
        vc.site.touch(parent)
    else:
        info.rootSnapshotList.append(node)
    if current:
        info.currentSnapshot = made.ref
    _shown(vc, vm)
    return made


def _shown(vc: Vcenter, vm: Thing) -> None:
    """*API*: `snapshot` is "unset when there are no snapshots"."""
    info = vm.facts.get("snapshot")
    if info is not None and not info.rootSnapshotList:
        info = vm.facts["snapshot"] = None
    vm.facts["rootSnapshot"] = [node.snapshot for node in info.rootSnapshotList] if info else []
    vm.facts["layoutEx"] = _layout(vc, vm)
    vc.site.touch(vm)


def _layout(vc: Vcenter, vm: Thing) -> Any:
    """Files of the snapshots: a memory image where one was taken running, and a small data file each."""
    files: list[Any] = []
    shown: list[Any] = []
    for snapshot in of(vc, vm):
        number = snapshot.private["node"].id
        data, memory = 2 * number, -1
        files.append(
            vim.vm.FileLayoutEx.FileInfo(
                key=data, name=f"snapshot{number}.vmsn", type="snapshotData", size=28 << 10, accessible=True
            )
        )
        if snapshot.private["node"].state == machines.ON:
            memory = data + 1
            size = snapshot.facts["config"].hardware.memoryMB << 20
            files.append(
                vim.vm.FileLayoutEx.FileInfo(
                    key=memory, name=f"snapshot{number}.vmem", type="snapshotMemory", size=size, accessible=True
                )
            )
        shown.append(vim.vm.FileLayoutEx.SnapshotLayout(key=snapshot.ref, dataKey=data, memoryKey=memory, disk=[]))
    return vim.vm.FileLayoutEx(file=files, snapshot=shown, disk=[], timestamp=vc.site.now())


def of(vc: Vcenter, vm: Thing) -> list[Thing]:
    """All snapshots of a machine."""
    return [one for one in vc.site.of(vim.vm.Snapshot) if one.facts["vm"] == vm.ref]


def current(vc: Vcenter, vm: Thing) -> Thing | None:
    info = vm.facts.get("snapshot")
    return vc.site.things.get(info.currentSnapshot._moId) if info and info.currentSnapshot else None


@serves("CreateSnapshot_Task", "CreateSnapshotEx_Task")
def _create(call: Call) -> Any:
    """*API*: with memory only while it runs; quiescing needs tools (ASSUMED fault: ApplicationQuiesceFault in the
    task).

    A machine with a passed through device cannot be snapshot with its memory while it runs (*vSphere administration*).
    """
    vm, given = call.this, call.given
    state = vm.facts["runtime"].powerState
    spec = getattr(given, "quiesceSpec", None) if call.request.name == "CreateSnapshotEx_Task" else given.quiesce
    memory = bool(given.memory) and state == machines.ON
    parent, deep = current(call.vc, vm), 0
    above = parent
    while above:
        above, deep = above.private["parent"], deep + 1
    if vm.facts["config"].template:
        raise vmodl.fault.NotSupported(msg="A template cannot have snapshots.")
    if deep >= DEEPEST:
        raise vim.fault.TooManySnapshotLevels(msg="The snapshot hierarchy is too deep.")
    passed = [one for one in vm.facts["config"].hardware.device if isinstance(one, vim.vm.device.VirtualPCIPassthrough)]
    direct = [
        one for one in passed if not isinstance(one.backing, vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo)
    ]
    if memory and direct:
        raise vim.fault.MemorySnapshotOnIndependentDisk(
            msg="Cannot snapshot memory of a machine with passthrough devices."
        )

    def end() -> Any:
        if spec and state == machines.ON and not vm.private["tools"]:
            raise vim.fault.ApplicationQuiesceFault(msg="An error occurred while quiescing the virtual machine.")
        taken = machines.ON if memory else machines.OFF
        taken = state if state == machines.SUSPENDED else taken
        made = add(
            call.vc,
            vm,
            given.name,
            given.description or "",
            state=taken,
            parent=current(call.vc, vm),
            quiesced=bool(spec),
        )
        return made.ref

    seconds = 1.0 + (vm.facts["config"].hardware.memoryMB / 4096 if memory else 0)
    return start(call, vm, Work(seconds, end, cancelable=memory))


@serves("RevertToSnapshot_Task")
def _revert(call: Call) -> Any:
    vm = call.thing(call.this.facts["vm"])
    return _go_back(call, vm, call.this)


@serves("RevertToCurrentSnapshot_Task")
def _revert_to_current(call: Call) -> Any:
    """*API*: NotFound "if the virtual machine does not have a current snapshot"."""
    snapshot = current(call.vc, call.this)
    if snapshot is None:
        raise vim.fault.NotFound(msg="There is no current snapshot.")
    return _go_back(call, call.this, snapshot)


def _go_back(call: Call, vm: Thing, snapshot: Thing) -> Any:
    """Configuration and power state are those of the snapshot; `suppressPowerOn` leaves it off."""
    suppress = bool(call.given.suppressPowerOn)

    def end() -> None:
        name, taken = vm.name, snapshot.private["node"].state
        vm.facts["config"] = copy.deepcopy(snapshot.facts["config"])
        vm.facts["config"].name = name
        runtime = vm.facts["runtime"]
        runtime.powerState = machines.OFF if suppress and taken == machines.ON else taken
        runtime.bootTime = call.site.now() if runtime.powerState == machines.ON else None
        vm.facts["snapshot"].currentSnapshot = snapshot.ref
        machines.changed(call.vc, vm)

    return start(call, vm, Work(1.5, end))


@serves("RemoveSnapshot_Task")
def _remove(call: Call) -> Any:
    """*API*: its children go with it, or hang themselves below its parent; disks are merged unless `consolidate` is
    false."""
    snapshot, vm = call.this, call.thing(call.this.facts["vm"])
    children, merged = call.given.removeChildren, call.given.consolidate

    def end() -> None:
        _drop(call.vc, vm, snapshot, children=children)
        if merged is False:
            vm.facts["runtime"].consolidationNeeded = True
        _shown(call.vc, vm)

    return start(call, vm, Work(2.0, end))


@serves("RemoveAllSnapshots_Task")
def _remove_all(call: Call) -> Any:
    vm = call.this

    def end() -> None:
        for one in of(call.vc, vm):
            call.site.remove(one)
        vm.facts["snapshot"] = None
        _shown(call.vc, vm)

    return start(call, vm, Work(3.0, end))


def _drop(vc: Vcenter, vm: Thing, snapshot: Thing, *, children: bool) -> None:
    node, parent, info = snapshot.private["node"], snapshot.private["parent"], vm.facts["snapshot"]
    below = [vc.site.find(one.snapshot) for one in node.childSnapshotList]
    gone = {snapshot.id} | ({each.id for one in below for each in _tree(vc, one)} if children else set())
    heirs = [] if children else list(node.childSnapshotList)
    if parent:
        parent.private["node"].childSnapshotList = [
            *(one for one in parent.private["node"].childSnapshotList if one is not node),
            *heirs,
        ]
        parent.facts["childSnapshot"] = [one.snapshot for one in parent.private["node"].childSnapshotList]
    else:
        info.rootSnapshotList[:] = [*(one for one in info.rootSnapshotList if one is not node), *heirs]
    for one in below:
        one.private["parent"] = parent
    if info.currentSnapshot and info.currentSnapshot._moId in gone:
        info.currentSnapshot = parent.ref if parent else None
    for id in gone:
        vc.site.remove(vc.site.things[id])


def _tree(vc: Vcenter, snapshot: Thing) -> list[Thing]:
    return [
        snapshot,
        *(each for one in snapshot.private["node"].childSnapshotList for each in _tree(vc, vc.site.find(one.snapshot))),
    ]


@serves("RenameSnapshot")
def _rename(call: Call) -> None:
    node = call.this.private["node"]
    node.name = node.name if call.given.name is None else call.given.name
    node.description = node.description if call.given.description is None else call.given.description
    call.site.touch(call.thing(call.this.facts["vm"]))


@serves("ConsolidateVMDisks_Task")
def _consolidate(call: Call) -> Any:
    vm = call.this

    def end() -> None:
        vm.facts["runtime"].consolidationNeeded = False

    return start(call, vm, Work(4.0, end))
