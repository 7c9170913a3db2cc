"""Plans of starting a machine with its host: vSphere keeps that at the host (HostAutoStartManager), machine by machine.

A host of a cluster with HA has it switched off, because HA decides there; the entry stays at the host when a machine
moves (vSphere Web Services API reference, HostAutoStartManager).
"""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.dataobjects import data, reference
from novatui.backends.vsphere.fields import truth
from novatui.backends.vsphere.hoststart import starts
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Operation, Plan

HOST = ("parent", "configManager.autoStartManager")
HA = "configuration.dasConfig.enabled"


class Autostart:
    """Plans `power.autostart`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, machine: Subject, operation: Operation) -> Plan:
        """The call that would do it now. NotSupported says why this host does not start machines by itself."""
        wanted = {"on": True, "off": False}.get(operation.arguments.get("to", ""))
        if wanted is None:
            raise InvalidInput("say whether it starts with its host: on or off", subject="to")
        host = machine.values.get("runtime.host")
        if not isinstance(host, Ref):
            raise not_here(f"{machine.name} is on no host", "only a host starts machines by itself", subject="host")
        told = self._planning.asking.of(host, HOST).values
        self._refuse_ha(told.get("parent"))
        manager, config = self._kept(told.get("configManager.autoStartManager"))
        if starts(config, machine.ref) is wanted:
            does = "starts with its host already" if wanted else "does not start with its host anyway"
            raise Conflict(f"{machine.name} {does}", subject="autostart")
        enabled = truth(config, "defaults.enabled") is True
        spec = data(
            "HostAutoStartManagerConfig",
            defaults=data("AutoStartDefaults", enabled=True) if wanted and not enabled else None,
            powerInfo=[_entry(machine.ref, starts=wanted)],
        )
        return self._planning.plan(
            machine,
            self._planning.call(1, "ReconfigureAutostart", manager, spec=spec),
            needs={host: ("Host.Config.AutoStart",)},
            warnings=self._warnings(host, wanted=wanted, enabled=enabled),
            inverse=inverse("power.autostart", machine, to="off" if wanted else "on"),
            irreversible="the host's own switch for starting machines stays on" if wanted and not enabled else "",
        )

    def _kept(self, manager: Any) -> tuple[Ref, Any]:
        """The host's manager, and what it keeps. NotSupported when there is none."""
        if isinstance(manager, Ref):
            try:
                return manager, self._planning.asking.of(manager, ("config",)).values.get("config")
            except NotFound:
                pass
        raise not_here("its host starts no machines by itself", "it has no HostAutoStartManager", subject="host")

    def _refuse_ha(self, parent: Any) -> None:
        if not isinstance(parent, Ref) or parent.type != "ClusterComputeResource":
            return
        if self._planning.asking.of(parent, (HA,)).values.get(HA) is True:
            raise not_here(
                "a host of a cluster with HA starts no machines by itself",
                "HA starts those that ran there, and vSphere switches automatic start off for that",
                hint="its HA restart priority says what is started first",
                subject="HA",
            )

    def _warnings(self, host: Ref, *, wanted: bool, enabled: bool) -> tuple[str, ...]:
        if not wanted:
            return ()
        name = self._planning.name_of(host)
        told = [f"this stands at {name}, and does not go along when the machine moves to another host"]
        if not enabled:
            told.append(f"{name} starts no machine by itself so far: that is switched on for the whole host")
        return tuple(told)


def _entry(machine: Ref, *, starts: bool) -> dict[str, Any]:
    """AutoStartPowerInfo: -1 is any order, and the delay of the host's defaults."""
    return data(
        "AutoStartPowerInfo",
        key=reference(machine),
        startOrder=-1,
        startDelay=-1,
        waitForHeartbeat="systemDefault",
        startAction="powerOn" if starts else "none",
        stopDelay=-1,
        stopAction="systemDefault",
    )
