"""What DRS recommends, and how HA and vSAN stand, from values as a vCenter tells them."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere.asking import Told
from novatui.backends.vsphere.detail_health import cluster_health
from novatui.backends.vsphere.recommendations import steps, told
from novatui.backends.vsphere.updates import Ref

VM, HERE, THERE = Ref("VirtualMachine", "vm-1"), Ref("HostSystem", "host-1"), Ref("HostSystem", "host-2")


class Names:
    """Hosts by their names, as the inventory has them."""

    def name_of(self, ref: Ref) -> str:
        return {HERE: "esx-01", THERE: "esx-02"}.get(ref, "")


class Server:
    """Answers for objects of one type."""

    def __init__(self, values: dict[Ref, dict[str, Any]]) -> None:
        self.values = values

    def each(self, refs: list[Ref], paths: tuple[str, ...]) -> list[Told]:
        return [Told(ref, {path: self.values[ref].get(path) for path in paths}, {}) for ref in refs]


def recommendation(**more: Any) -> dict[str, Any]:
    move = {"_type": "ClusterDrsMigration", "vm": VM, "source": HERE, "destination": THERE}
    action = {"_type": "ClusterMigrationAction", "type": "MigrationV1", "drsMigration": move}
    return {"key": "41", "rating": "4", "reasonText": "Balance average CPU loads", "action": action} | more


def lines(values: dict[str, Any]) -> dict[str, str]:
    server: Any = Server({VM: {"name": "db%2fone"}})
    names: Any = Names()
    return {one.name: one.value for one in told({"recommendation": values}, server, names)}


def test_a_recommendation_says_what_it_would_move_and_why() -> None:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 240))
    (line,) = lines(recommendation(time=made)).values()
    assert line.startswith("db/one: esx-01 to esx-02, priority 2, 4:0")
    assert line.endswith("old, Balance average CPU loads")


def test_one_that_moves_nothing_names_its_action() -> None:
    power = recommendation(action={"_type": "ClusterHostPowerAction", "type": "HostPowerV1"}, rating="1")
    assert lines(power) == {"41": "HostPowerV1, priority 5, Balance average CPU loads"}
    assert steps(power) == []
    assert lines([]) == {}


def test_every_host_tells_how_ha_and_vsan_stand() -> None:
    hosts: dict[Ref, dict[str, Any]] = {
        HERE: {
            "name": "esx-01",
            "runtime.dasHostState": {"state": "master"},
            "runtime.vsanRuntimeInfo": {"membershipList": [{"nodeUuid": "a"}, {"nodeUuid": "b"}]},
        },
        THERE: {
            "name": "esx-02",
            "runtime.dasHostState": {"state": "networkIsolated"},
            "runtime.vsanRuntimeInfo": {"diskIssues": {"diskId": "naa.5", "issue": "Unhealthy"}},
        },
    }
    server: Any = Server(hosts)
    values = {
        "host": [HERE, THERE],
        "configurationEx": {"dasConfig": {"enabled": "true"}, "vsanConfigInfo": {"enabled": "true"}},
        "summary": {"admissionControlInfo": {"currentCpuFailoverResourcesPercent": "61"}},
    }
    found = {(one.section, one.name): one.value for one in cluster_health(values, server)}
    assert found["HA", "processors kept free now"] == "61 %"
    assert found["HA hosts", "esx-01"] == "leads"
    assert found["HA hosts", "esx-02"] == "isolated"
    assert found["vSAN hosts", "esx-01"] == "sees 2 members, no trouble with its disks"
    assert found["vSAN hosts", "esx-02"] == "sees no other member, naa.5: Unhealthy"
    assert list(cluster_health({"configurationEx": {}}, server)) == []
