"""One machine to be changed in every way, put back to the same beginning before each, by virsh alone."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.missing import LabError

NAME = "subject"
UUID = "5d0c7a52-6c4e-4f0e-9a3e-6d1f6f0d0001"
POOL, NETWORK = "images", "lab"
MAC = "52:54:00:aa:bb:01"
MIB = 1 << 20
VOLUMES = {"subject-vda.qcow2": "qcow2", "subject-vdb.qcow2": "qcow2", "other.qcow2": "qcow2", "disc.iso": "raw"}


@dataclass(frozen=True)
class Case:
    """One change: what it begins with, and whether the machine looks different after it."""

    verb: str
    state: str = "off"
    """off, running, paused, saved."""
    cells: bool = False
    """With slots and a NUMA cell for more memory."""
    differs: bool = True
    arguments: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ",".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.verb}-{self.state}{f'-{said}' if said else ''}"


def case(verb: str, state: str = "off", *, cells: bool = False, differs: bool = True, **arguments: str) -> Case:
    return Case(verb, state, cells, differs, arguments)


CASES = (
    case("power.start"),
    case("power.shutdown", "running", differs=False),
    case("power.reboot", "running", differs=False),
    case("power.reset", "running", differs=False),
    case("power.off", "running"),
    case("power.pause", "running"),
    case("power.resume", "paused"),
    case("power.suspend", "running"),
    case("power.wake", "saved"),
    case("power.autostart", to="on"),
    case("edit.vcpus", count="2"),
    case("edit.vcpus", count="6"),
    case("edit.vcpus", "running", count="3"),
    case("edit.vcpus", "running", count="6"),
    case("edit.memory", size=str(96 * MIB)),
    case("edit.memory", "running", size=str(48 * MIB)),
    case("edit.memory", "running", size=str(128 * MIB)),
    case("edit.memory_add", cells=True, size=str(128 * MIB)),
    case("edit.memory_add", "running", cells=True, size=str(128 * MIB)),
    case("edit.disk_add", store=POOL, size=str(64 * MIB)),
    case("edit.disk_add", "running", store=POOL, volume="other.qcow2"),
    case("edit.disk_add", "running", store=POOL, size=str(64 * MIB), bus="sata"),
    case("edit.disk_remove", target="vdb"),
    case("edit.nic_add", network=NETWORK),
    case("edit.nic_add", "running", network=NETWORK, model="e1000", mac="52:54:00:aa:bb:02", apply="persistent"),
    case("edit.nic_remove", mac=MAC),
    case("edit.iso_insert", source=f"{POOL}/disc.iso"),
    case("edit.iso_insert", "paused", source=f"{POOL}/disc.iso", target="hdc"),
    case("edit.iso_eject", "paused", target="hdd"),
    case("edit.pin", vcpu="0", cpus="0"),
    case("edit.pin", "running", vcpu="0", cpus="0"),
    case("edit.rename", name="renamed"),
    case("edit.notes", text="who, \"what\" & 'why' <now>"),
    case("edit.notes", "running", text="-x"),
    case("edit.notes", "running", text=""),
)


def furnish(host: LibvirtHost) -> None:
    """A pool with volumes, and a network."""
    host.define(
        f"<pool type='dir'><name>{POOL}</name><target><path>{host.images}</path></target></pool>", "pool-define"
    )
    host.virsh("pool-start", POOL)
    host.define(
        f"<network><name>{NETWORK}</name><forward mode='bridge'/><bridge name='nova-lab0'/></network>", "net-define"
    )
    host.virsh("net-start", NETWORK)


def prepare(host: LibvirtHost, beginning: Case) -> None:
    """The machine as every change of it begins, whatever there was."""
    _clear(host)
    for volume, kind in VOLUMES.items():
        host.make_disk(volume, 16, kind)
    host.virsh("pool-refresh", POOL)
    host.define(_machine(host.images, cells=beginning.cells))
    if beginning.state != "off":
        host.virsh("start", NAME, *(["--paused"] if beginning.state == "paused" else []))
    if beginning.state == "saved":
        host.virsh("managedsave", NAME)


def run_lines(commands: tuple[str, ...]) -> None:
    """Run printed command lines as a person would. LabError carries what went wrong."""
    for command in commands:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise LabError(f"{command}: {done.stderr.strip()}")


def _clear(host: LibvirtHost) -> None:
    if UUID in host.virsh("list", "--uuid").split():
        host.virsh("destroy", UUID)
    if UUID in host.virsh("list", "--all", "--uuid").split():
        host.virsh("undefine", UUID, "--managed-save", "--snapshots-metadata")
    for file in host.images.iterdir():
        file.unlink()


def _machine(images: Path, *, cells: bool) -> str:
    """No system inside: it starts at once, and answers no request."""
    numa = "<numa><cell id='0' cpus='0-3' memory='64' unit='MiB'/></numa>" if cells else ""
    slots = "<maxMemory slots='4' unit='MiB'>1024</maxMemory>" if cells else ""
    return f"""<domain type='qemu'>
<name>{NAME}</name><uuid>{UUID}</uuid><description>as it was</description>
{slots}<memory unit='MiB'>64</memory><vcpu current='1'>4</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/><apic/></features>
<cpu mode='custom' match='exact'><model>qemu64</model>{numa}</cpu>
<devices>
{_disk(images, "vda")}{_disk(images, "vdb")}
<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='{images}/disc.iso'/>
<target dev='hdd' bus='ide'/><readonly/></disk>
<interface type='user'><mac address='{MAC}'/><model type='virtio'/></interface>
<memballoon model='virtio'/></devices></domain>"""


def _disk(images: Path, target: str) -> str:
    return (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file='{images}/subject-{target}.qcow2'/><target dev='{target}' bus='virtio'/></disk>"
    )
