"""HostAutoStartManager: which machines start and stop with a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

Config = vim.host.AutoStartManager.Config


def begin_with(vc: Vcenter) -> None:
    """Every host has one, which shows what the host's own configuration has."""
    for host in vc.site.of(vim.HostSystem):
        made = vc.site.add(vim.host.AutoStartManager)
        made.facts["config"] = lambda host=host: host.facts["config"].autoStart
        made.private["of"] = host
        host.facts["configManager"].autoStartManager = made.ref


@serves("ReconfigureAutostart")
def _reconfigure(call: Call) -> None:
    """*API*: "Settings in the specification which are not set will not be changed"; a machine that is not on the host
    is InvalidArgument. ASSUMED: an entry that starts nothing and stops nothing of its own is dropped from the list."""
    host: Thing = call.this.private["of"]
    wanted, known = call.given.spec, host.facts["config"].autoStart
    for entry in wanted.powerInfo:
        if entry.key not in host.facts["vm"]:
            raise vmodl.fault.InvalidArgument(invalidProperty="spec.powerInfo.key", msg="It is not on this host.")
    host.facts["config"].autoStart = Config(
        defaults=_merged(known.defaults, wanted.defaults), powerInfo=_listed(known.powerInfo, wanted.powerInfo)
    )
    call.site.touch(host)
    call.site.touch(call.this)


def _merged(known: Any, wanted: Any) -> Any:
    Defaults = vim.host.AutoStartManager.SystemDefaults
    names = [info.name for info in Defaults._GetPropertyList() if not info.name.startswith("dynamic")]
    told = {name: value for name in names if (value := getattr(wanted, name, None)) is not None}
    before = {name: getattr(known, name, None) for name in names}
    return Defaults(**(before | told)) if known or wanted else None


def _listed(known: Any, wanted: Any) -> list[Any]:
    """*API, AutoStartPowerInfo.startOrder*: those with a number first, by it; -1 is any order."""
    entries = {one.key._moId: one for one in known} | {one.key._moId: one for one in wanted}
    kept = [one for one in entries.values() if one.startAction.lower() == "poweron"]
    return sorted(kept, key=lambda one: one.startOrder if one.startOrder > 0 else len(kept) + 1)
