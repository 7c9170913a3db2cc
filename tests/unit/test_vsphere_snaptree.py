"""Snapshots of a vSphere machine as a tree: who grew from whom, what each of them takes; and its fingerprint."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere.asking import Told
from novatui.backends.vsphere.fingerprint import fingerprint_of
from novatui.backends.vsphere.snaptree import SnapshotTree, tree_of
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound

MACHINE = Ref("VirtualMachine", "vm-1")


def ref(number: int) -> Ref:
    return Ref("VirtualMachineSnapshot", f"snapshot-{number}")


def node(number: int, name: str, *below: dict[str, Any], state: str = "poweredOff") -> dict[str, Any]:
    return {"snapshot": ref(number), "name": name, "state": state, "childSnapshotList": list(below)}


def disk(*chain: int) -> list[dict[str, Any]]:
    return [{"key": "2000", "chain": [{"fileKey": [str(each)]} for each in chain]}]


SNAPSHOT = {
    "currentSnapshot": ref(3),
    "rootSnapshotList": [node(1, "base", node(2, "side"), node(3, "on%2foff", state="poweredOn"))],
}

LAYOUT = {
    "file": [{"key": str(key), "size": str(10**key)} for key in range(9)],
    "disk": disk(0, 1, 4),
    "snapshot": [
        {"key": ref(1), "dataKey": "5", "memoryKey": "-1", "disk": disk(0)},
        {"key": ref(2), "dataKey": "6", "memoryKey": "-1", "disk": disk(0, 2)},
        {"key": ref(3), "dataKey": "7", "memoryKey": "8", "disk": disk(0, 1)},
    ],
}
"""The base is file 0; `side` wrote 2 since `base`, the present state wrote 1 until `on/off` and 4 since."""


def told(layout: Any = LAYOUT) -> Told:
    return Told(MACHINE, {"snapshot": SNAPSHOT, "layoutEx": layout}, {})


def tree() -> SnapshotTree:
    return tree_of(told())


def test_who_grew_from_whom() -> None:
    found = tree()
    assert [(one.name, one.parent) for one in found.all.values()] == [
        ("base", None),
        ("side", "snapshot-1"),
        ("on/off", "snapshot-1"),
    ]
    base = found.find("base")
    assert {one.name for one in found.descendants(base)} == {"side", "on/off"}
    assert found.current is found.find("on/off")
    assert found.depth == 2
    assert [one.memory for one in found.all.values()] == [False, False, True]


def test_what_each_takes() -> None:
    assert {one.name: one.size for one in tree().all.values()} == {
        "base": 10**5 + 10**1 + 10**2,
        "side": 10**6,
        "on/off": 10**7 + 10**8 + 10**4,
    }


def test_a_size_that_is_not_told_is_not_guessed() -> None:
    layout = copy.deepcopy(LAYOUT)
    layout["file"] = [one for one in layout["file"] if one["key"] != "4"]
    sizes = {one.name: one.size for one in tree_of(told(layout)).all.values()}
    assert sizes["on/off"] is None
    assert sizes["side"] == 10**6
    assert {one.size for one in tree_of(told(None)).all.values()} == {None}


def test_finding_by_reference_and_by_name() -> None:
    found = tree()
    assert found.find("snapshot-2").name == "side"
    with pytest.raises(NotFound, match="no snapshot 'gone'"):
        found.find("gone")
    with pytest.raises(InvalidInput):
        found.find("")
    twins = SnapshotTree([found.find("side"), msgspec.structs.replace(found.find("side"), id="snapshot-9")])
    with pytest.raises(Conflict, match="2 snapshots are named 'side'"):
        twins.find("side")


class Answering:
    """Asking, with one machine."""

    def __init__(self, **config: Any) -> None:
        self.values = {
            "name": "one",
            "runtime.powerState": "poweredOn",
            "config": {"numCPUs": "2", "changeVersion": "1", "hardware": {"device": [{"key": "4"}]}} | config,
        }

    def of(self, ref: Ref, paths: Any) -> Told:
        if ref != MACHINE:
            raise NotFound("gone")
        return Told(ref, {path: value for path, value in self.values.items() if path in paths}, {})


def fingerprint(**config: Any) -> str:
    return fingerprint_of(Answering(**config), MACHINE)  # type: ignore[arg-type]


def test_a_fingerprint_is_of_what_people_change() -> None:
    before = fingerprint()
    assert before == fingerprint(changeVersion="2", modified="2026-01-01")
    assert before == fingerprint(extraConfig=[{"key": "guestinfo.ip", "value": "10.0.0.1"}])
    changed = [
        fingerprint(numCPUs="4"),
        fingerprint(hardware={"device": [{"key": "5"}]}),
        fingerprint(extraConfig=[{"key": "pciPassthru0.id", "value": "1"}]),
        fingerprint(annotation="noted"),
    ]
    assert len({before, *changed}) == 5
    assert fingerprint_of(Answering(), Ref("VirtualMachine", "vm-2")) == ""  # type: ignore[arg-type]
    assert fingerprint_of(Answering(), Ref("Task", "task-1")) == ""  # type: ignore[arg-type]
