"""The demo driver under the suite of controls, as each of its five families; its ledger is the server's own log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from novatui.backends.demo.balancer import recommended
from novatui.backends.demo.clock import Clock
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, GIB, MIB, Host, Machine
from novatui.backends.demo.upkeep import automated, there
from novatui.backends.demo.ways import way
from novatui.config.demo import expand
from novatui.core.devices import Device
from novatui.core.ids import key
from novatui.core.states import Family, Kind, Power
from tests.conformance.controls import ControlConformance, ControlLab

NOTHING_MOVES = int(Clock(1.0).today) - 3600
"""The fleet stands still there."""


MORE = {Family.VSPHERE: "&hosts=20"}
"""Two clusters: one whose balancer acts by itself, and one whose balancer recommends."""


class DemoControlLab(ControlLab):
    """A fleet that stands still, read a second time to find machines that fit."""

    def __init__(self, family: Family, folder: Path) -> None:
        self._file = folder / "state.jsonl"
        (self.spec,) = expand(
            f"demo://?family={family.value}&vms=200{MORE.get(family, '')}&at={NOTHING_MOVES}&state={self._file}"
        )
        self._scene = Scene(self.spec)
        self._world = self._scene.clock.world()
        self._free: set[str] = set()

    def machine(self, power: Power) -> str:
        found = self._machines(lambda machine: self._power(machine) is power and machine.tools)
        return _key(found[0]) if found else ""

    def subject(self, verb: str) -> tuple[str, dict[str, str]] | None:
        noun, _, word = verb.partition(".")
        if noun == "device" and word in ("mdev_create", "mdev_remove", "vfs"):
            return self._host(word)
        if verb == "edit.pool":
            pools = (place for place in self._scene.estate.places if place.kind is Kind.RESOURCE_POOL)
            return key(Kind.RESOURCE_POOL, next(pools).id), {"cpu_limit": "8000", "memory_shares": "high"}
        if noun in ("host", "cluster"):
            return self._whole(verb)
        wanted = {"power.autostart": Power.RUNNING, "snap.create": Power.RUNNING}.get(verb)
        wanted = wanted or _STATE.get(verb) or (Power.OFF if noun in ("edit", "device") else Power.RUNNING)
        fit = _FITS.get(verb, lambda machine: bool(machine))
        found = self._machines(lambda one: self._power(one) is wanted and fit(one) and one.tools)
        if not found:
            return None
        arguments = self._arguments(verb, found[0])
        return None if arguments is None else (_key(found[0]), arguments)

    def applied(self) -> int:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return sum('"failure"' not in line for line in lines)

    def _arguments(self, verb: str, machine: Machine) -> dict[str, str] | None:
        estate = self._scene.estate
        snapshot = machine.snapshots[0].id if machine.snapshots else ""
        device = next((each for each in estate.hosts[machine.host].devices if _is_free_vf(each)), None)
        match verb:
            case "power.autostart":
                return {"to": "off" if machine.autostart else "on"}
            case "snap.create":
                return {"name": "conformance", "description": "made by a test", "memory": "yes"}
            case "snap.revert" | "snap.delete":
                return {"snapshot": snapshot}
            case "device.attach":
                return {"device": device.id} if device else None
            case "device.detach":
                return {"device": machine.devices[0]}
            case "edit.vcpus":
                return {"count": str(machine.vcpus + 1)}
            case "edit.memory":
                return {"size": str(machine.memory + 512 * MIB)}
            case "edit.disk_add":
                return {"store": max(estate.stores, key=lambda store: store.free).name, "size": str(GIB)}
            case "edit.disk_remove":
                number = len(machine.disks) - 1
                return {"target": self._scene.traits.disk_target.format(number=number, letter="abcdefgh"[number])}
            case "edit.nic_add":
                return {"network": estate.nets[0].name}
            case "edit.nic_remove":
                return {"mac": machine.nics[0].mac}
            case "edit.iso_insert":
                return {"source": "default/debian-13.iso"}
            case "edit.iso_eject":
                return None
            case "edit.memory_add":
                return {"size": str(256 * MIB)}
            case "edit.pin":
                return {"vcpu": "0", "cpus": "0-1,3"}
            case "edit.rename":
                return {"name": "renamed-by-a-test"}
            case "edit.notes":
                return {"text": "noted by a test"}
            case _:
                return {}

    def _whole(self, verb: str) -> tuple[str, dict[str, str]] | None:
        """A host that its cluster empties by itself, one in maintenance, or a cluster with a recommendation."""
        estate = self._scene.estate
        if verb.startswith("host."):
            closed = verb == "host.return"
            fit = (host for host in estate.hosts if host.maintenance is closed and automated(self._scene, host))
            leaves = (host for host in fit if closed or not _stuck(self._scene, host, self._world))
            return key(Kind.HOST, next(leaves).id), {}
        for place in estate.places:
            if one := next(iter(recommended(self._scene, place, self._world)), None):
                return key(Kind.CLUSTER, place.id), {"recommendation": one.key}
        return None

    def _host(self, word: str) -> tuple[str, dict[str, str]] | None:
        wanted: Callable[[Device], bool] = (
            (lambda each: each.functions_max is not None) if word == "vfs" else (lambda each: bool(each.mdev_types))
        )
        for host in self._scene.estate.hosts:
            for device in host.devices:
                if wanted(device) and not device.holder and not _held_below(host, device) and word != "mdev_remove":
                    given = {"count": "4"} if word == "vfs" else {"type": device.mdev_types[0].id}
                    return key(Kind.HOST, host.id), {"device": device.id, **given}
        return None

    def _machines(self, fits: Callable[[Machine], bool]) -> list[Machine]:
        """Machines that belong here, to which nothing is being done."""
        return [
            machine
            for machine in self._scene.estate.machines
            if machine.kind is Kind.VM
            and not machine.visitor
            and machine.away != AWAY_FROM_SITE
            and machine.routine != "refused"
            and self._scene.now(machine, self._world).act is None
            and self._scene.now(machine, self._world).here
            and fits(machine)
        ]

    def _power(self, machine: Machine) -> Power:
        return self._scene.now(machine, self._world).power


_STATE = {
    "power.start": Power.OFF,
    "power.resume": Power.PAUSED,
    "power.wake": Power.SUSPENDED,
    "edit.notes": Power.RUNNING,
    "edit.iso_insert": Power.RUNNING,
}
_FITS: dict[str, Callable[[Machine], bool]] = {
    "snap.create": lambda machine: not machine.devices,
    "snap.revert": lambda machine: bool(machine.snapshots) and not machine.devices,
    "snap.delete": lambda machine: bool(machine.snapshots),
    "device.detach": lambda machine: bool(machine.devices),
    "edit.disk_add": lambda machine: len(machine.disks) < 8,
    "edit.disk_remove": lambda machine: len(machine.disks) > 1,
}


def _key(machine: Machine) -> str:
    return key(machine.kind, machine.id)


def _stuck(scene: Scene, host: Host, world: float) -> bool:
    """A machine could not leave it."""
    return any(each.devices or scene.now(each, world).act for each in there(scene, host, world))


def _is_free_vf(device: Device) -> bool:
    return device.device_class == "vf" and not device.holder


def _held_below(host: Host, device: Device) -> bool:
    return any(each.parent == device.id and each.holder for each in host.devices)


def _never(family: Family, *verbs: str) -> dict[str, str]:
    """Declared only where the family's words really have no call for it."""
    words = {verb: verb.partition(".")[2].replace("_", "-") for verb in verbs}
    assert all(way(family, word) is None for word in words.values())
    found = dict.fromkeys(verbs, f"{family} has no call for it, or the demo of it does not show it")
    return found | ALARMS | ({} if family is Family.VSPHERE else STILL)


ALARMS = {"AlarmControl": "the demo's alarms come and go by themselves"}
LIBVIRT_HAS_NONE = "libvirt has no maintenance mode, and no clusters"
STILL = dict.fromkeys(("HostControl", "ClusterControl"), "only the demo's vSphere takes hosts out of service")


class DemoControls(ControlConformance):
    family: ClassVar[Family]

    @pytest.fixture
    def served(self, tmp_path: Path) -> ControlLab:
        return DemoControlLab(self.family, tmp_path)


class TestAsLibvirt(DemoControls):
    family = Family.LIBVIRT
    lacks = _never(Family.LIBVIRT, "device.vfs", "edit.pool") | dict.fromkeys(STILL, LIBVIRT_HAS_NONE)


class TestAsVsphere(DemoControls):
    family = Family.VSPHERE
    lacks = _never(
        Family.VSPHERE, "edit.pin", "power.pause", "power.resume", "power.autostart",
        "device.mdev_create", "device.mdev_remove",
    )  # fmt: skip


class TestAsHyperV(DemoControls):
    family = Family.HYPERV
    lacks = _never(Family.HYPERV, "edit.pin", "edit.pool", "device.mdev_create", "device.mdev_remove")


class TestAsXcpNg(DemoControls):
    family = Family.XCPNG
    lacks = _never(Family.XCPNG, "edit.pin", "edit.pool", "device.vfs", "device.mdev_create", "device.mdev_remove")


class TestAsProxmox(DemoControls):
    family = Family.PROXMOX
    lacks = _never(Family.PROXMOX, "edit.pin", "edit.pool", "device.vfs", "device.mdev_create", "device.mdev_remove")
