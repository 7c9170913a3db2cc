"""Posture of a machine or a host: what is asked for it, and the description that its rules judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from novatui.backends.vsphere.fields import at, each, listed, words
from novatui.backends.vsphere.machine_spec import vm_spec
from novatui.backends.vsphere.posture_host import Looked
from novatui.backends.vsphere.questions import Questions, Read
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.errors import BackendFault, Conflict
from novatui.core.ids import key
from novatui.core.needs import Told
from novatui.core.posture import Finding, MachineFacts, Posture
from novatui.core.posture_judge import judge_host, judge_machine
from novatui.core.states import Family, Kind
from novatui.core.vmspec import NicSpec, NumaSpec, Pin, VmSpec

FRESH_S = 20.0
"""A host that was asked so lately is not asked again for the next of its machines."""

MACHINE = ("config", "layoutEx", "runtime.host", "runtime.powerState", "guest.toolsRunningStatus")

TOOLS_RUN = "guestToolsRunning"
OFF = ("FALSE", "0")


class Postures:
    """Judges machines and hosts of one connection."""

    def __init__(self, questions: Questions, called: Callable[[Ref], str]) -> None:
        """`called` gives the name of another object of the server."""
        self._questions, self._called = questions, called
        tls = questions.opened.tls
        said = "but the certificate of the server is not checked" if tls.trust == "insecure" else ""
        evidence = Evidence(kind="asked", call="Login", at=time.time(), excerpt=f"over https, {tls.version}")
        self._transport: Told[str] = Told(value="https", said=said, evidence=evidence)
        self._looking = threading.Lock()
        self._looked: dict[Ref, Looked] = {}

    def host(self, wanted: str, ref: Ref) -> Posture:
        """NotFound when it is gone."""
        return _posture(wanted, lambda: judge_host(self._look(ref).facts))

    def machine(self, wanted: str, ref: Ref) -> Posture:
        """NotFound when it is gone; Conflict when it is on no host."""
        return _posture(wanted, lambda: self._judge(ref))

    def _judge(self, ref: Ref) -> tuple[Finding, ...]:
        read = self._questions.of(ref, MACHINE)
        config, host = read.values.get("config"), read.values.get("runtime.host")
        if not isinstance(config, dict):
            why = read.unread.get("config", "it is orphaned or inaccessible, or its host cannot be reached")
            raise BackendFault("the machine's configuration cannot be read", meaning=why)
        if not isinstance(host, Ref):
            raise Conflict("the machine is on no host: there is nothing that it could be judged with")
        looked = self._look(host)
        spec = vm_spec(config, read.values.get("layoutEx"), self._called)
        facts = MachineFacts(
            key=key(Kind.VM, ref.id),
            name=spec.name,
            native_id=ref.id,
            family=Family.VSPHERE,
            running=read.values.get("runtime.powerState") == "poweredOn",
            vm=_judged(spec, read, looked),
            evidence=read.quote("config", said=f"config of {spec.name}: {spec.machine}, {spec.cpu.count} vCPUs"),
        )
        return judge_machine(facts, looked.facts)

    def _look(self, ref: Ref) -> Looked:
        """The host, asked now or a moment ago; two machines at the same time share one asking."""
        with self._looking:
            known = self._looked.get(ref)
            if known is None or time.monotonic() - known.since > FRESH_S:
                known = self._looked[ref] = Looked(self._questions, ref, key(Kind.HOST, ref.id), self._transport)
            return known


def _posture(wanted: str, judge: Callable[[], tuple[Finding, ...]]) -> Posture:
    begun = time.monotonic()
    findings = judge()
    return Posture(key=wanted, findings=findings, at=time.time(), ms=(time.monotonic() - begun) * 1000)


def _judged(spec: VmSpec, read: Read, looked: Looked) -> VmSpec:
    """The description with what the rules look at and vSphere keeps elsewhere: affinity, the balloon, port groups."""
    config = read.values["config"]
    bound = ",".join(listed(config, "cpuAffinity.affinitySet"))
    nodes = _option(config, "numa.nodeAffinity")
    nested = ("nested",) if "nested virtualization" in spec.features else ()
    balloon = _balloon(config, read.values.get("guest.toolsRunningStatus"))
    pins = tuple(Pin(subject=f"vcpu {at_}", cpuset=bound) for at_ in range(spec.cpu.count or 0)) if bound else ()
    return msgspec.structs.replace(
        spec,
        features=(*spec.features, *nested),
        cpu=msgspec.structs.replace(spec.cpu, pins=pins),
        memory=msgspec.structs.replace(spec.memory, balloon=balloon),
        numa=NumaSpec(mode="strict", nodeset=nodes) if nodes else spec.numa,
        nics=tuple(_filtered(nic, looked) for nic in spec.nics),
    )


def _balloon(config: object, tools: object) -> str:
    """The driver in the guest's tools; `none` where it may take nothing or does not run, empty where nobody knows."""
    if _option(config, "sched.mem.maxmemctl").upper() in OFF or at(config, "memoryReservationLockedToMax") == "true":
        return "none"
    return "" if tools is None else "vmmemctl" if tools == TOOLS_RUN else "none"


def _option(config: object, name: str) -> str:
    return next((words(one, "value") for one in each(config, "extraConfig") if words(one, "key") == name), "")


def _filtered(nic: NicSpec, looked: Looked) -> NicSpec:
    """A port group that refuses forged transmits and changes of addresses is the filter of its cards."""
    return (
        msgspec.structs.replace(nic, filter="port group") if nic.source in looked.filtered and not nic.filter else nic
    )
