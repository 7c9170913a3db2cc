"""Maintenance mode of a host: entering waits until nothing runs on it; leaving is quick."""

from __future__ import annotations

import time
from typing import Any

from pyVmomi import vim

from tests.lab.vsphere.soap import clusters, moving
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start


@serves("EnterMaintenanceMode_Task")
def _enter(call: Call) -> Any:
    """*API*: "the task is not completed until all powered-on machines are … powered off or migrated"; with DRS in
    automation level fullyAutomated the cluster moves them, in manual and partial it recommends; `timeout` seconds
    (0: none) end it with Timedout; it can be cancelled; InvalidState where it is in that mode already (as the task's
    fault, ASSUMED)."""
    host, began = call.this, time.monotonic()
    timeout = call.given.timeout * call.site.pace

    def first() -> None:
        if host.facts["runtime"].inMaintenanceMode:
            raise vim.fault.InvalidState(msg="The host is in maintenance mode already.")
        host.private["entering"] = True
        call.vc.events.tell(
            vim.event.EnteringMaintenanceModeEvent, f"{host.name} enters maintenance mode", thing=host, user=call.user
        )
        _evacuate(call, host)

    def check() -> None:
        if timeout > 0 and time.monotonic() - began > timeout and _running(call, host):
            leave()
            raise vim.fault.Timedout(msg="Operation timed out: machines still run on the host.")

    def leave() -> None:
        host.private["entering"] = False

    def end() -> None:
        leave()
        call.site.put(host, "runtime.inMaintenanceMode", True)
        call.site.touch(call.thing(host.facts["parent"]))
        call.vc.events.tell(
            vim.event.EnteredMaintenanceModeEvent, f"{host.name} is in maintenance mode", thing=host, user=call.user
        )

    work = Work(
        1.0, end, cancelable=True, first=first, check=check, broken_off=leave, ready=lambda: not _running(call, host)
    )
    return start(call, host, work)


def _running(call: Call, host: Thing) -> list[Thing]:
    return [vm for vm in map(call.thing, host.facts["vm"]) if vm.facts["runtime"].powerState == ON]


def _evacuate(call: Call, host: Thing) -> None:
    """What the cluster's DRS does about it."""
    cluster = call.thing(host.facts["parent"])
    drs = clusters.drs_of(cluster)
    if drs is None or not drs.enabled:
        return
    for vm in _running(call, host):
        target = clusters.best_host(call.vc, vm, cluster)
        if target is None:
            continue
        if drs.defaultVmBehavior == "fullyAutomated" and not vm.private.get("busy"):
            moving.begin_move(call.vc, vm, target, "")
        elif drs.defaultVmBehavior != "fullyAutomated":
            clusters.recommend(call.vc, cluster, vm, target, 1, "hostMaint", "Host is entering maintenance mode")


@serves("ExitMaintenanceMode_Task")
def _exit(call: Call) -> Any:
    """*API*: InvalidState "if the host is not in maintenance mode"."""
    host = call.this

    def first() -> None:
        if not host.facts["runtime"].inMaintenanceMode:
            raise vim.fault.InvalidState(msg="The host is not in maintenance mode.")

    def end() -> None:
        call.site.put(host, "runtime.inMaintenanceMode", False)
        call.site.touch(call.thing(host.facts["parent"]))
        call.vc.events.tell(
            vim.event.ExitMaintenanceModeEvent, f"{host.name} left maintenance mode", thing=host, user=call.user
        )

    return start(call, host, Work(0.5, end, first=first))
