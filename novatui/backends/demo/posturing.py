"""Posture of the demo's machines and hosts: judged like real ones, by what the demo's world says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from novatui.backends.demo.placing import SILENCE_S, lacks_tpm, silent
from novatui.backends.demo.posturing_words import ASKED, MOVES, UNTOLD
from novatui.backends.demo.probing_asked import Asking
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB, MIB, Host, Machine
from novatui.backends.demo.specs import spec_of
from novatui.backends.demo.standing import Standing
from novatui.core.capabilities import Evidence
from novatui.core.cpuset import parse
from novatui.core.errors import NotFound, Timeout
from novatui.core.ids import key
from novatui.core.needs import Told
from novatui.core.posture import Claim, Finding, HostCell, HostFacts, MachineFacts, PageMerging, Plugged, Posture
from novatui.core.posture_judge import judge_host, judge_machine
from novatui.core.states import Family, Kind, Power
from novatui.core.vmspec import VmSpec

FRESH_S = 20.0
"""What runs where is looked up again after that."""

HUGE_FREE = 96
"""Free pages of 1 GiB on each host of libvirt; `probing_words` says the same."""

_RUNS = frozenset({Power.RUNNING, Power.PAUSED, Power.MIGRATING, Power.STOPPING})

T = TypeVar("T")


class Postures:
    """Judges what belongs to one connection."""

    def __init__(self, scene: Scene, call: Callable[[], object]) -> None:
        """`call` is called before each question."""
        self._scene, self._call = scene, call
        self._running: Mapping[int, list[Machine]] = {}
        self._hosts: dict[int, HostFacts] = {}
        self._looked = -FRESH_S

    def judge(self, wanted: str) -> Posture:
        """The machine or host with this key. NotFound when there is none; Timeout for a host that does not answer."""
        begun = time.monotonic()
        thing = self._scene.estate.find(wanted)
        asking = Asking(self._scene, wanted, self._call)
        match thing:
            case Host():
                self._wait_for(thing)
                findings = judge_host(self._host(asking, thing))
            case Machine(kind=Kind.VM):
                findings = self._machine(asking, wanted)
            case _:
                raise NotFound(f"no machine and no host: {wanted}", subject=wanted)
        took = (time.monotonic() - begun) * 1000
        return Posture(key=wanted, findings=findings, at=self._scene.clock.now(), ms=took)

    def _wait_for(self, host: Host) -> None:
        if silent(self._scene, host):
            if self._scene.clock.speed:
                time.sleep(SILENCE_S)
            raise Timeout(f"{host.name} did not answer within {SILENCE_S:.0f} s", subject=host.name)

    def _machine(self, asking: Asking, wanted: str) -> tuple[Finding, ...]:
        standing = Standing.of(self._scene, wanted)
        machine, spec = standing.machine, spec_of(self._scene.estate, standing.machine)
        read = asking.asked("machine", f"{spec.name}: {machine.vcpus} vCPUs, {machine.memory // GIB} GiB", machine)
        cells = {device.address: device.numa_node for device in standing.host.devices if device.id in machine.devices}
        drivers = frozenset({"selinux"}) if asking.family is Family.LIBVIRT else frozenset[str]()
        facts = MachineFacts(
            key=wanted,
            name=machine.name,
            native_id=machine.id,
            family=asking.family,
            running=standing.power in _RUNS,
            vm=spec,
            confined=Told(value=drivers, evidence=read),
            device_cells={
                address: Told(value=node, evidence=asking.asked("devices", f"{address} node {node}", standing.host))
                for address, node in cells.items()
            },
            evidence=read,
        )
        return judge_machine(facts, self._host(asking, standing.host))

    def _host(self, asking: Asking, host: Host) -> HostFacts:
        """Asked now or a moment ago."""
        if time.monotonic() - self._looked >= FRESH_S:
            self._running, self._hosts, self._looked = _by_host(self._scene), {}, time.monotonic()
        known = self._hosts.get(host.at)
        if known is None:
            known = self._hosts[host.at] = self._ask(asking, host)
        return known

    def _ask(self, asking: Asking, host: Host) -> HostFacts:
        ask = _Host(asking, host)
        if silent(self._scene, host):
            return HostFacts(key=key(Kind.HOST, host.id), name=host.name, family=asking.family, **ask.silence())
        family = asking.family
        specs = [spec_of(self._scene.estate, machine) for machine in self._running.get(host.at, ())]
        way, said, answered = MOVES[family]
        merged = host.noise % 3 * 181_337 if family is not Family.VSPHERE else 0
        claim = Claim(
            machines=len(specs),
            vcpus=sum(spec.cpu.count or 0 for spec in specs),
            memory=sum(spec.memory.size or 0 for spec in specs),
        )
        across = True if family is Family.LIBVIRT else None
        return HostFacts(
            key=key(Kind.HOST, host.id),
            name=host.name,
            family=family,
            cpus=ask.told("host", host.cpus, f"{host.cpus} logical processors"),
            memory=ask.told("memory", host.memory, f"{host.memory // GIB} GiB"),
            cells=ask.told("cells", _cells(host), f"{host.numa_nodes} nodes"),
            huge_pages=ask.told("pages", {2 * MIB: 0, GIB: HUGE_FREE}, f"1048576 KiB: {HUGE_FREE} free"),
            claim=ask.told("machines", claim, f"{claim.machines} machines run"),
            pinned=ask.told("machines", _pinned(specs), f"{claim.machines} machines run"),
            merging=ask.told("merging", PageMerging(active=merged > 0, across_cells=across), f"shared: {merged}"),
            accelerated=ask.told("host", True, "virtualisation in the processor"),
            nested=ask.told("offers", True, "host-model with nested virtualisation"),
            secure_boot=ask.told("offers", True, "firmware efi, secure yes"),
            tpm=ask.told("offers", not lacks_tpm(self._scene, host), "TPM 2.0"),
            encryption=self._encryption(ask, host),
            networks=ask.told("networks", self._networks(), f"{len(self._scene.estate.nets)} networks"),
            confinement=ask.told("confinement", frozenset({"selinux", "dac"}), "<secmodel><model>selinux</model>"),
            transport=ask.told("transport", self._scene.traits.transport, f"over {self._scene.traits.transport}"),
            moves=ask.told("moves", way, answered, said),
        )

    def _encryption(self, ask: _Host, host: Host) -> Told[frozenset[str]]:
        if why := UNTOLD.get((ask.family, "encryption")):
            return ask.untold(why)
        offered = frozenset({"sev", "sev-es"}) if "EPYC" in host.cpu_model else frozenset[str]()
        return ask.told("offers", offered, ", ".join(sorted(offered)) or "sev: not supported")

    def _networks(self) -> dict[str, Plugged]:
        nets = self._scene.estate.nets
        return {net.name: Plugged(kind="nat" if net.address else "bridge", vlan=net.vlan) for net in nets}


class _Host:
    """Questions about one host."""

    def __init__(self, asking: Asking, host: Host) -> None:
        self._asking, self._on = asking, host
        self.family = asking.family

    def told(self, what: str, value: T, excerpt: str, said: str = "") -> Told[T]:
        """What the family's call tells; nothing where it has none."""
        known = ASKED[self.family].get(what)
        if known is None:
            return self.untold(UNTOLD.get((self.family, what), "its product does not tell"))
        call, args = known
        return Told(value=value, said=said, evidence=self._asking.evidence(call, excerpt, args, self._on))

    def untold(self, why: str) -> Told[Any]:
        """There is no call for it."""
        return Told(said=why, evidence=Evidence(kind="declared", source=why))

    def silence(self) -> dict[str, Any]:
        """It gives no answer to anything."""
        call, args = ASKED[self.family]["host"]
        why = f"{self._on.name} does not answer"
        told = Told[Any](said=why, evidence=self._asking.evidence(call, why, args, self._on))
        return dict.fromkeys(_OF_HOST, told)


_OF_HOST = (
    "cpus", "memory", "cells", "huge_pages", "claim", "pinned", "networks", "encryption", "confinement", "nested",
    "accelerated",
)  # fmt: skip
"""What rules about machines need of a host."""


def _cells(host: Host) -> tuple[HostCell, ...]:
    nodes = max(1, host.numa_nodes)
    each = host.cpus // nodes
    return tuple(
        HostCell(id=at, cpus=frozenset(range(at * each, (at + 1) * each)), memory=host.memory // nodes)
        for at in range(nodes)
    )


def _by_host(scene: Scene) -> dict[int, list[Machine]]:
    world, found = scene.clock.world(), dict[int, list[Machine]]()
    for machine in scene.estate.machines:
        if machine.kind is not Kind.VM:
            continue
        now = scene.now(machine, world)
        if now.here and now.power in _RUNS:
            found.setdefault(scene.host(machine, now).at, []).append(machine)
    return found


def _pinned(specs: list[VmSpec]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for spec in specs:
        for cpu in set(_alone(spec)):
            found[cpu] = (*found.get(cpu, ()), spec.name)
    return found


def _alone(spec: VmSpec) -> Iterator[int]:
    for pin in spec.cpu.pins:
        chosen = parse(pin.cpuset)
        if len(chosen) == 1:
            yield min(chosen)
