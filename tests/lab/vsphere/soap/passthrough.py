"""The passthrough configuration of a host: what its devices are switched to, how many functions a card has."""

from __future__ import annotations

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.vcenter import Vcenter


def begin_with(vc: Vcenter) -> None:
    """Every host has a HostPciPassthruSystem."""
    for host in vc.site.of(vim.HostSystem):
        made = vc.site.add(vim.host.PciPassthruSystem, of=host)
        made.private["host"] = host
        host.facts["configManager"].pciPassthruSystem = made.ref


@serves("UpdatePassthruConfig")
def _update(call: Call) -> None:
    """*API*: sets what is wanted of each device; ASSUMED: other functions are there after a restart of the host only,
    and more than the card has is an InvalidArgument."""
    host: Thing = call.this.private["host"]
    known = {one.id: one for one in host.facts["config"].pciPassthruInfo}
    for wanted in call.given.config:
        one = known.get(wanted.id)
        if one is None or (
            isinstance(wanted, vim.host.SriovConfig)
            and wanted.numVirtualFunction > getattr(one, "maxVirtualFunctionSupported", 0)
        ):
            raise vmodl.fault.InvalidArgument(invalidProperty="config", msg="The host has no such device.")
        one.passthruEnabled = wanted.passthruEnabled
        if isinstance(wanted, vim.host.SriovConfig):
            one.sriovEnabled, one.numVirtualFunctionRequested = wanted.sriovEnabled, wanted.numVirtualFunction
            host.facts["summary"].rebootRequired = True
    call.site.touch(host)
