"""Plans that take a host into maintenance and out of it.

EnterMaintenanceMode_Task waits until no machine runs there. Only a DRS that is fully automated moves them away by
itself; without it they have to be moved before, which the console does host by host (evacuate).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.vsphere.dataobjects import data
from novatui.backends.vsphere.fields import refs, truth, words
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here, shows, yes
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import NativeCall, Operation, Plan

PATHS = ("runtime.inMaintenanceMode", "runtime.connectionState", "vm", "parent")

NO_TIMEOUT = 0
"""Zero or less: the server does not give up by itself (API reference, EnterMaintenanceMode_Task)."""

VSAN = {"reachable": "ensureObjectAccessibility", "all": "evacuateAllData", "none": "noAction"}
"""VsanHostDecommissionModeObjectAction."""

AUTOMATED = "fullyAutomated"

SHOWN = 3
"""Machines that are named."""


class HostPlans:
    """Plans the noun `host`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, operation: Operation) -> Plan:
        """The call that would do it now. Conflict when it is so already, or machines stand in the way."""
        subject = self._planning.thing(operation.key, *PATHS)
        if subject.ref.type != "HostSystem":
            raise NotFound(f"{operation.key} is no host", subject=operation.key)
        state = words(subject.values.get("runtime.connectionState"))
        if state not in ("", "connected"):
            raise Conflict(f"{subject.name} is {state}", meaning="vCenter cannot reach it", subject=state)
        closed = subject.values.get("runtime.inMaintenanceMode") is True
        return (
            self._return(subject, closed)
            if operation.verb == "host.return"
            else self._enter(subject, operation, closed)
        )

    def _enter(self, subject: Subject, operation: Operation, closed: bool) -> Plan:
        if closed:
            raise Conflict(f"{subject.name} is in maintenance already", subject="maintenance")
        cluster = self._cluster(subject)
        running, off = self._machines(subject)
        automated = truth(cluster, "drsConfig.enabled") is True and (
            words(cluster, "drsConfig.defaultVmBehavior") == AUTOMATED
        )
        if running and not automated:
            raise Conflict(
                f"{len(running)} machines run on {subject.name}: {_named(running)}",
                meaning="no DRS moves them away by itself, and the host would wait for that without an end",
                hint="move them first: evacuate (m e), or novatui evacuate",
                subject="running",
            )
        takes_off = yes(operation, "off")
        call = self._call(subject, operation, cluster, takes_off)
        return self._planning.plan(
            subject,
            call,
            warnings=tuple(_warnings(running, off, takes_off=takes_off is True)),
            inverse=inverse("host.return", subject),
            irreversible="machines that have left come back by themselves only where DRS moves them" if running else "",
            expects=shows(subject, "maintenance", "true"),
        )

    def _call(self, subject: Subject, operation: Operation, cluster: Any, takes_off: bool | None) -> NativeCall:
        said = operation.arguments.get("data", "")
        if said and said not in VSAN:
            raise InvalidInput(f"data: one of {', '.join(VSAN)}, not {said}", subject="data")
        vsan = truth(cluster, "vsanConfigInfo.enabled") is True
        if said and not vsan:
            raise not_here(f"{subject.name} has no share in a vSAN", "", hint="leave data out", subject="data")
        mode = data("VsanHostDecommissionMode", objectAction=VSAN[said or "reachable"]) if vsan else None
        return self._planning.call(
            1,
            "EnterMaintenanceMode_Task",
            subject.ref,
            timeout=NO_TIMEOUT,
            evacuatePoweredOffVms=takes_off,
            maintenanceSpec=data("HostMaintenanceSpec", vsanMode=mode) if mode is not None else None,
        )

    def _return(self, subject: Subject, closed: bool) -> Plan:
        if not closed:
            raise Conflict(f"{subject.name} is not in maintenance", subject="maintenance")
        return self._planning.plan(
            subject,
            self._planning.call(1, "ExitMaintenanceMode_Task", subject.ref, timeout=NO_TIMEOUT),
            inverse=inverse("host.maintenance", subject),
            expects=shows(subject, "maintenance", "false"),
        )

    def _cluster(self, subject: Subject) -> Any:
        """Configuration of its cluster; None for a lone host."""
        above = next(iter(refs(subject.values, "parent")), None)
        if above is None or above.type != "ClusterComputeResource":
            return None
        return self._planning.asking.of(above, ("configurationEx",)).values.get("configurationEx")

    def _machines(self, subject: Subject) -> tuple[list[str], list[str]]:
        """Names of machines that run there, and of those that do not."""
        there: list[Ref] = refs(subject.values, "vm")
        told = self._planning.asking.each(there, ("name", "runtime.powerState"))
        named = [(shown_name(words(one.values.get("name"))), one.values.get("runtime.powerState")) for one in told]
        running = sorted(name for name, state in named if state == "poweredOn")
        return running, sorted(name for name, state in named if state != "poweredOn")


def _warnings(running: list[str], off: list[str], *, takes_off: bool) -> Iterator[str]:
    if running:
        yield f"DRS moves {len(running)} running machines away: {_named(running)}; one that cannot go holds it up"
    if off and not takes_off:
        yield f"{len(off)} machines that are off stay on it and cannot be started meanwhile: {_named(off)}"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
