"""Where a machine of the demo can run: what its world tells of each host, and what some hosts lack."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TypeVar

from novatui.backends.demo.dice import noise
from novatui.backends.demo.load import host_metrics
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB, TIB, Host, Net, Store
from novatui.backends.demo.specs import spec_of
from novatui.backends.demo.standing import Standing, host_of
from novatui.core.capabilities import Answer, Evidence
from novatui.core.fitting import fit
from novatui.core.ids import key
from novatui.core.needs import DiskTold, HostTold, Needs, Told, TpmOffer, plug
from novatui.core.reasons import Check, Fit, Topic, not_asked
from novatui.core.states import Family, Kind
from novatui.core.vmspec import DiskSpec

ASKED: Mapping[Family, str] = {
    Family.LIBVIRT: "virConnectCompareHypervisorCPU, virConnectGetDomainCapabilities",
    Family.VSPHERE: "QueryVMotionCompatibilityEx_Task",
    Family.HYPERV: "Compare-VM",
    Family.XCPNG: "VM.assert_can_migrate",
    Family.PROXMOX: "GET /nodes/{node}/qemu/{vmid}/migrate",
}
"""What each product is asked where a machine can go."""

READ: Mapping[Family, str] = {
    Family.LIBVIRT: "virDomainGetXMLDesc",
    Family.VSPHERE: "RetrievePropertiesEx",
    Family.HYPERV: "Get-VM",
    Family.XCPNG: "VM.get_record",
    Family.PROXMOX: "GET /nodes/{node}/qemu/{vmid}/config",
}
"""How each product is asked what a machine is like."""

LACKING: Mapping[int, str] = {2: "network", 3: "machine", 5: "answer", 6: "memory", 10: "tpm"}
"""What the host with that number has not, in sites that are large enough."""

LARGE = 8
"""Hosts of a site in which some lack something."""

SILENCE_S = 4.0
"""Seconds that the host without an answer is waited for."""

_GENERATIONS = (("Gold 6338", "Platinum 8358"), ("EPYC 7543", "EPYC 9354"))
"""Processors of one vendor, each able to do what those before it can."""

_ALIKE = frozenset({frozenset(_GENERATIONS[0])})
"""Of the same generation."""

T = TypeVar("T")


def needs_of(scene: Scene, conn: str, wanted: str) -> Needs:
    """What a machine asks of a host. NotFound when it is not there."""
    one = Standing.of(scene, wanted)
    machine, host, estate = one.machine, one.host, scene.estate
    call = READ[one.family].format(node=host.name, vmid=machine.id)
    evidence = Evidence(kind="asked", call=call, at=scene.clock.now())
    return Needs(
        key=wanted,
        conn=conn,
        family=one.family,
        host=key(Kind.HOST, host.id),
        host_uuid=host.uuid,
        power=one.power,
        vm=spec_of(estate, machine),
        snapshots=len(scene.snapshots(machine, one.now)),
        product=scene.traits.version,
        held=held_of(one, evidence),
        evidence=evidence,
        native_host=host.cpu_model,
    )


def fits_of(scene: Scene, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
    """What these hosts answer. NotFound when one of them is none."""
    return [_fit(scene, needs, host_of(scene, wanted), wanted) for wanted in hosts]


def _fit(scene: Scene, needs: Needs, host: Host, wanted: str) -> Fit:
    if silent(scene, host):
        if scene.clock.speed:
            time.sleep(SILENCE_S)
        return not_asked(wanted, host.name, f"{host.name} did not answer within {SILENCE_S:.0f} s")
    return fit(needs, _Asked(scene, needs, host).told())


def held_of(one: Standing, evidence: Evidence) -> tuple[Check, ...]:
    """What keeps a running machine where it is."""
    held = [device for device in one.host.devices if device.id in one.machine.devices] if not one.cold else []
    devices = tuple(
        Check(
            topic=Topic.DEVICES, answer=Answer.NO, evidence=evidence, subject=device.address,
            reason=f"{device.product or device.name} ({device.address}) is given to it: detach it, or move it when off",
        )
        for device in held
    )  # fmt: skip
    if one.machine.snapshots and one.family is Family.LIBVIRT:
        count = len(one.machine.snapshots)
        reason = f"libvirt moves no machine with snapshots, and it has {count}: delete them first"
        return (*devices, Check(topic=Topic.SNAPSHOTS, answer=Answer.NO, reason=reason, evidence=evidence))
    return devices


class _Asked:
    """One host of the world, asked for one machine."""

    def __init__(self, scene: Scene, needs: Needs, host: Host) -> None:
        self.scene, self.needs, self.host = scene, needs, host

    def told(self) -> HostTold:
        scene, needs, host = self.scene, self.needs, self.host
        load = host_metrics(host, scene.clock.world())
        free = GIB // 2 if self._has_not("memory") else int(host.memory - (load["mem.used"] or 0))
        vm = needs.vm
        firmwares = frozenset({"bios", "uefi", vm.firmware.type} - {""})
        pages = {each.size: free // each.size for each in vm.memory.huge_pages if each.size}
        return HostTold(
            host=key(Kind.HOST, host.id),
            name=host.name,
            host_uuid=host.uuid,
            at=scene.clock.now(),
            ms=self._ms * 6,
            cpu_used=load["cpu.used"],
            connected=self._say(True),
            maintenance=self._say(host.maintenance or host.closing),
            migrates=self._say(True),
            guests=self._say(frozenset({(vm.arch, vm.hypervisor)})),
            cpu=self._cpu(),
            machines=self._say(frozenset[str]() if self._has_not("machine") else frozenset({vm.machine})),
            firmwares=self._say(firmwares),
            secure_boot=self._say(True),
            tpm=self._say(TpmOffer() if self._has_not("tpm") else _every(needs)),
            memory_free=self._say(free),
            huge_pages=self._say(pages),
            vcpus_max=self._say(host.cpus * 2),
            disks={disk.target: self._disk(disk) for disk in vm.disks},
            networks={plug(nic): self._say(self._plugs(nic.source)) for nic in vm.nics},
            devices={each.address: self._say(self._has_free(each.name)) for each in vm.host_devices},
            uuid_free=self._say(True),
            name_free=self._say(self._name_free()),
            version=self._say(scene.traits.version),
        )

    def _has_not(self, what: str) -> bool:
        return _lacks(self.scene, self.host, what)

    @property
    def _ms(self) -> float:
        return round(1.5 + 9 * noise(self.host.noise, 1.0), 1)

    def _say(self, value: T, said: str = "") -> Told[T]:
        call = ASKED[self.scene.site.family].format(node=self.host.name, vmid=self.needs.vm.name)
        evidence = Evidence(kind="asked", call=call, at=self.scene.clock.now(), ms=self._ms, excerpt=said)
        return Told(value=value, said=said, evidence=evidence)

    def _cpu(self) -> Told[bool]:
        here, there = _short(self.needs.native_host), _short(self.host.cpu_model)
        if not self.needs.running:
            return self._say(True, f"it starts with what {there} can do")
        if _can_stand_for(there, here):
            return self._say(True, f"{there} can do what {here} does")
        return self._say(False, f"{there} lacks features of {here}, which the running guest may use")

    def _disk(self, disk: DiskSpec) -> DiskTold:
        store = self._reached(self.scene.estate.stores, disk.store)
        if not disk.store or (store and (store.shared or self._is_home) and self._is_of_this_site):
            return DiskTold(reached=self._say(True))
        room = max((each.free for each in self._stores()), default=0)
        enough = (disk.size or TIB) <= room
        return DiskTold(
            reached=self._say(False, f"store {disk.store} is not mounted there"),
            room=self._say(enough, "" if enough else "no store there has room for it"),
        )

    @property
    def _is_of_this_site(self) -> bool:
        """Stores of another connection that have the same name are others."""
        return self.scene.estate.find(self.needs.host) is not None

    @property
    def _is_home(self) -> bool:
        return self.needs.host_uuid == self.host.uuid

    def _stores(self) -> list[Store]:
        return [store for store in self.scene.estate.stores if self._is_reached(store) and store.active]

    def _reached(self, stores: tuple[Store, ...], name: str) -> Store | None:
        return next((store for store in stores if store.name == name and self._is_reached(store)), None)

    def _is_reached(self, thing: Store | Net) -> bool:
        first, last = thing.hosts or (0, len(self.scene.estate.hosts))
        return first <= self.host.at < last

    def _plugs(self, name: str) -> bool:
        if self._has_not("network"):
            return False
        return any(net.name == name and net.active and self._is_reached(net) for net in self.scene.estate.nets)

    def _has_free(self, name: str) -> bool:
        return any(device.product == name and not device.holder for device in self.host.devices)

    def _name_free(self) -> bool:
        vm = self.needs.vm
        return not any(each.name == vm.name and each.uuid != vm.uuid for each in self.scene.estate.machines)


def silent(scene: Scene, host: Host) -> bool:
    """This host gives no answer to whoever asks it for something."""
    return _lacks(scene, host, "answer")


def lacks_tpm(scene: Scene, host: Host) -> bool:
    """This host can give machines no trusted platform module."""
    return _lacks(scene, host, "tpm")


def _lacks(scene: Scene, host: Host, what: str) -> bool:
    return len(scene.estate.hosts) >= LARGE and LACKING.get(host.at) == what


def _every(needs: Needs) -> TpmOffer:
    """A host that has what is asked for."""
    return TpmOffer(
        models=frozenset(each.model for each in needs.vm.tpm), backends=frozenset(each.backend for each in needs.vm.tpm)
    )


def _short(cpu: str) -> str:
    """A processor as people call it."""
    return cpu.replace("(R)", "").partition(" CPU")[0].partition(" 32-Core")[0]


def _can_stand_for(there: str, here: str) -> bool:
    """A processor can do what another one does: the same, or a later one of its vendor."""
    if there == here:
        return True
    for models in _GENERATIONS:
        at = {side: next((n for n, model in enumerate(models) if model in cpu), None) for side, cpu in
              (("there", there), ("here", here))}  # fmt: skip
        if at["there"] is not None and at["here"] is not None:
            return frozenset(models) in _ALIKE or at["there"] >= at["here"]
    return False
