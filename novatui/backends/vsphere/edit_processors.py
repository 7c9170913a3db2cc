"""Plans of a machine's virtual processors: how many it has, and on which of the host's it may run."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.dataobjects import data
from novatui.backends.vsphere.fields import listed, truth
from novatui.backends.vsphere.planning import Planning, inverse, shows, whole
from novatui.backends.vsphere.reconfiguring import Machine, reconfigure, text
from novatui.backends.vsphere.updates import Ref
from novatui.core import cpuset
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import Operation, Plan

THREADS = "summary.hardware.numCpuThreads"
CLUSTER = "ClusterComputeResource"


class ProcessorPlans:
    """Plans `edit.vcpus` and `edit.pin`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def vcpus(self, machine: Machine, operation: Operation) -> Plan:
        """More of them while it runs where that was switched on; otherwise while it is off."""
        wanted, now = whole(operation, "count", least=1), machine.number("hardware.numCPU") or 0
        if wanted == now:
            raise Conflict(f"{machine.name} has {now} virtual processors already", subject="count")
        hot = self._refuse_running(machine, now, wanted)
        cores = machine.number("hardware.numCoresPerSocket") or 1
        fitting = cores if wanted % cores == 0 else _fitting(wanted, cores)
        if machine.on and fitting != cores:
            raise InvalidInput(
                f"{wanted} processors do not fill sockets of {cores}",
                meaning="the cores of a socket cannot be changed while it runs",
                hint=f"a multiple of {cores}",
                subject="count",
            )
        other = f"its sockets have {fitting} cores then instead of {cores}: {wanted} cannot be divided by {cores}"
        back = not hot or machine.truth("cpuHotRemoveEnabled") is True or wanted < now
        stays = "vSphere takes no processor out of this machine while it runs"
        return self._planning.plan(
            machine.subject,
            reconfigure(
                self._planning, machine, numCPUs=wanted, numCoresPerSocket=fitting if fitting != cores else None
            ),
            warnings=(*([other] if fitting != cores else []), *self._too_many(machine, wanted)),
            inverse=inverse("edit.vcpus", machine.subject, count=str(now)) if back else None,
            irreversible="" if fitting == cores and back else stays if not back else "the cores of a socket stay",
            expects=shows(machine.subject, "vcpus", str(wanted)),
        )

    def _refuse_running(self, machine: Machine, now: int, wanted: int) -> bool:
        """True when it is done while the machine runs."""
        flag, word = ("cpuHotAddEnabled", "more") if wanted > now else ("cpuHotRemoveEnabled", "fewer")
        if machine.on and machine.truth(flag) is True:
            return True
        machine.need_off(f"it was not set up to get {word} processors while it runs ({flag})")
        return False

    def _too_many(self, machine: Machine, wanted: int) -> tuple[str, ...]:
        host = _host_of(machine)
        threads = self._planning.asking.of(host, (THREADS,)).values.get(THREADS) if host is not None else None
        if host is None or not isinstance(threads, int) or wanted <= threads:
            return ()
        return (f"{self._planning.name_of(host)} has {threads} processors: it does not start there with {wanted}",)

    def pin(self, machine: Machine, operation: Operation) -> Plan:
        """The processors of the host that the machine may run on; all of them take the affinity away."""
        count = machine.number("hardware.numCPU") or 0
        if (vcpu := whole(operation, "vcpu")) >= count:
            raise InvalidInput(f"{machine.name} has processors 0 to {count - 1}, not {vcpu}", subject="vcpu")
        chosen = cpuset.parse(text(operation, "cpus"))
        threads = self._threads_of_free_host(machine)
        if beyond := sorted(cpu for cpu in chosen if cpu >= threads):
            raise InvalidInput(f"the host has processors 0 to {threads - 1}, not {beyond[0]}", subject="cpus")
        every = frozenset(range(threads))
        if len(chosen) < count:
            raise InvalidInput(
                f"{machine.name} has {count} virtual processors: it needs as many of the host's",
                subject="cpus",
            )
        before = frozenset(int(one) for one in listed(machine.config, "cpuAffinity.affinitySet") if one.isdecimal())
        if chosen == (before or every):
            raise Conflict(f"{machine.name} runs on {cpuset.written(chosen)} already", subject="cpus")
        affinity = data("VirtualMachineAffinityInfo", affinitySet=[] if chosen == every else sorted(chosen))
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, cpuAffinity=affinity),
            warnings=(
                f"vSphere pins the machine as a whole: all {count} of its processors",
                "it stays where it is: a machine with an affinity is not moved by DRS, and loses it when it is moved",
            ),
            inverse=inverse("edit.pin", machine.subject, vcpu=str(vcpu), cpus=cpuset.written(before or every)),
        )

    def _threads_of_free_host(self, machine: Machine) -> int:
        """Processors of its host. NotSupported in a cluster where DRS places machines."""
        host = _host_of(machine)
        if host is None:
            raise Conflict(f"{machine.name} is on no host", subject="host")
        told = self._planning.asking.of(host, (THREADS, "parent")).values
        above = told.get("parent")
        if isinstance(above, Ref) and above.type == CLUSTER:
            config: Any = self._planning.asking.of(above, ("configurationEx",)).values.get("configurationEx")
            if truth(config, "drsConfig.enabled"):
                raise NotSupported(
                    f"{machine.name} is in the cluster {self._planning.name_of(above)}, where DRS places machines",
                    meaning="vSphere pins no machine there: each vMotion would lose it",
                    hint="a rule of the cluster keeps a machine on some hosts; pinning needs a host without DRS",
                    subject="drs",
                )
        threads = told.get(THREADS)
        if not isinstance(threads, int):
            raise Conflict("the host does not tell how many processors it has", subject="host")
        return threads


def _host_of(machine: Machine) -> Ref | None:
    found = machine.subject.values.get("runtime.host")
    return found if isinstance(found, Ref) else None


def _fitting(count: int, cores: int) -> int:
    """The most cores of a socket, up to these, that divide the count."""
    return next(each for each in range(min(cores, count), 0, -1) if count % each == 0)
