"""What is told of one machine, now, and of the host that it is on."""

from __future__ import annotations

from typing import Any

from novatui.backends.found import Found, Unanswered
from novatui.backends.vsphere import machine_devices
from novatui.backends.vsphere.fields import each, listed, truth, type_of, words
from novatui.backends.vsphere.probe_survey import HostAnswers, Survey
from novatui.backends.vsphere.questions import Questions, Read
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Evidence
from novatui.core.once import once

MACHINE = (
    "name", "overallStatus", "disabledMethod", "runtime.host", "runtime.powerState", "runtime.connectionState",
    "runtime.question", "snapshot", "guest.toolsRunningStatus", "config.hardware.device", "config.hardware.numCPU",
    "config.hardware.memoryMB", "config.extraConfig", "config.firmware", "config.guestFullName",
    "config.bootOptions.efiSecureBootEnabled", "config.cpuHotAddEnabled", "config.memoryHotAddEnabled",
    "config.hotPlugMemoryLimit", "config.changeTrackingEnabled", "config.nestedHVEnabled",
    "config.flags.snapshotDisabled", "config.cpuAffinity", "config.memoryAllocation.reservation",
    "config.memoryReservationLockedToMax", "config.latencySensitivity.level", "config.sevEnabled",
    "config.sevSnpEnabled", "config.tdxEnabled", "capability.snapshotOperationsSupported",
    "capability.memorySnapshotsSupported", "capability.changeTrackingSupported", "capability.secureBootSupported",
    "capability.nestedHVSupported",
)  # fmt: skip

DEVICES = "config.hardware.device"
OPTIONS = "config.extraConfig"


class MachineAnswers:
    """What is told of one machine. NotFound when there is none."""

    def __init__(self, questions: Questions, ref: Ref) -> None:
        self.ref = ref
        self.questions = questions
        self.read: Read = questions.of(ref, MACHINE)

    @once
    def host(self) -> HostAnswers:
        """The host that it is on. Unanswered when it is on none."""
        ref: Ref = self.read.set("runtime.host")
        return HostAnswers(self.survey, ref)

    @once
    def survey(self) -> Survey:
        """What is asked of the server and of that host."""
        return Survey(self.questions, [self.read.set("runtime.host")])

    @property
    def power(self) -> str:
        """poweredOn, poweredOff or suspended. Unanswered when the server does not know: its host is lost."""
        connection = self.read.set("runtime.connectionState")
        if connection != "connected":
            raise Unanswered(f"the machine is {connection}", self.read.quote("runtime.connectionState"))
        return str(self.read.set("runtime.powerState"))

    @property
    def is_on(self) -> bool:
        """It runs."""
        return self.power == "poweredOn"

    @property
    def powered(self) -> Evidence:
        """How its state was told."""
        return self.read.quote("runtime.powerState")

    @once
    def devices(self) -> list[dict[str, Any]]:
        """VirtualDevice and what extends it."""
        return each(self.read.set(DEVICES))

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """Devices of these types."""
        return [one for one in self.devices if type_of(one) in types]

    @property
    def disks(self) -> list[dict[str, Any]]:
        """Disks, without drives."""
        return self.of_type("VirtualDisk")

    @property
    def cards(self) -> list[dict[str, Any]]:
        """Network cards."""
        return self.of_type(*machine_devices.MODELS)

    def slot(self, device: dict[str, Any]) -> str:
        """`scsi0:1`."""
        return machine_devices.slot_of(device, self.devices)

    def said(self, text: str) -> Evidence:
        """How its devices were told, and what matters of them."""
        return self.read.quote(DEVICES, said=text)

    def option(self, name: str) -> str | None:
        """Value of one of its extra options, which may hold secrets: only those that are asked for are looked at."""
        for one in each(self.read.get(OPTIONS)):
            if words(one, "key").lower() == name.lower():
                return words(one, "value")
        return None

    def optioned(self, name: str, value: str | None) -> Evidence:
        """How that was told."""
        return self.read.quote(OPTIONS, said=f"{OPTIONS}: {name} = {'not set' if value is None else value}")

    @property
    def passed(self) -> list[dict[str, Any]]:
        """PCI devices of the host that it has for itself: a vGPU is none, a function of a network card is."""
        whole = [one for one in self.of_type("VirtualPCIPassthrough") if not is_vgpu(one)]
        return whole + self.of_type("VirtualSriovEthernetCard")

    @property
    def vgpus(self) -> list[dict[str, Any]]:
        """Parts of graphics cards."""
        return [one for one in self.of_type("VirtualPCIPassthrough") if is_vgpu(one)]

    @property
    def snapshots(self) -> int:
        """How many it has."""
        waiting, count = each(self.read.get("snapshot"), "rootSnapshotList"), 0
        while waiting:
            one = waiting.pop()
            count += 1
            waiting += each(one, "childSnapshotList")
        return count

    @property
    def disabled(self) -> list[str]:
        """Methods that the server would refuse now."""
        return listed(self.read.get("disabledMethod"), "")

    @property
    def cpus(self) -> int | None:
        """Number of its vCPUs."""
        return _whole(self.read.get("config.hardware.numCPU"))

    def on(self, path: str) -> bool:
        """A switch that is off where it is not told. Unanswered when it could not be read."""
        return truth(self.read.get(path)) is True

    def as_host(self, find: Any) -> Found:
        """It is with it as with its host."""
        return find(self.host)


def is_vgpu(device: dict[str, Any]) -> bool:
    """VirtualPCIPassthroughVmiopBackingInfo."""
    return "Vmiop" in words(device, "backing._type")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
