"""XML of small guests that really run in the lab.

A Linux that reaches a shell, or no operating system at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests.lab.libvirt.guest.build import GuestImage


@dataclass(frozen=True)
class GuestSpec:
    """One guest. Sizes in MiB; `extra_*` is libvirt XML put in as it is.

    `boot` is "linux" (the lab guest; about 220 MiB of real memory) or "none" (firmware only, about 42 MiB).
    `tap` is the number of a tap device of the host's private network, from 1 (0: no NIC). `bridge` is the name of a
    bridge to be on instead.
    `dirty` is (MiB, MiB per second) of memory that the guest writes for ever.
    `witness` is (MiB of memory, MiB of the disk) that the guest watches for differences (see guest/witness.c).
    """

    name: str
    uuid: str = ""
    title: str = ""
    description: str = ""
    memory_mib: int = 128
    vcpus: int = 1
    vcpus_max: int = 0
    machine: str = "pc"
    boot: str = "linux"
    disk_mib: int = 0
    disk_writes: bool = False
    dirty: tuple[int, int] | None = None
    witness: tuple[int, int] | None = None
    tap: int = 0
    bridge: str = ""
    extra_domain: str = ""
    extra_devices: str = ""


def guest_xml(spec: GuestSpec, image: GuestImage, disk: Path | None, console_log: Path) -> str:
    """The domain XML of `spec`.

    TCG, serial console also written to a file, balloon statistics every second.
    """
    uuid = f"<uuid>{spec.uuid}</uuid>" if spec.uuid else ""
    title = f"<title>{escape(spec.title)}</title>" if spec.title else ""
    description = f"<description>{escape(spec.description)}</description>" if spec.description else ""
    current = f" current='{spec.vcpus}'" if spec.vcpus_max else ""
    cpu = "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"
    return f"""<domain type='qemu'>
<name>{escape(spec.name)}</name>{uuid}{title}{description}
<memory unit='MiB'>{spec.memory_mib}</memory><vcpu{current}>{spec.vcpus_max or spec.vcpus}</vcpu>
<os><type arch='x86_64' machine='{spec.machine}'>hvm</type>{_boot(spec, image)}</os>
<features><acpi/><apic/></features>{"" if "<cpu" in spec.extra_domain else cpu}
{spec.extra_domain}
<devices>{_disk(disk)}{_nic(spec)}
<serial type='pty'><log file={quoteattr(str(console_log))} append='on'/></serial><console type='pty'/>
<memballoon model='virtio'><stats period='1'/></memballoon>
{spec.extra_devices}</devices>
</domain>"""


def _boot(spec: GuestSpec, image: GuestImage) -> str:
    if spec.boot == "none":
        return "<boot dev='hd'/>"
    words = ["console=ttyS0", "quiet", "panic=-1"]
    if spec.dirty:
        words.append("dirty={},{}".format(*spec.dirty))
    if spec.witness:
        words.append("witness={},{}".format(*spec.witness))
    if spec.disk_writes:
        words.append("diskwrite")
    if spec.tap or spec.bridge:
        words.append(f"net={spec.tap or 1}")
    kernel, initrd = escape(str(image.kernel)), escape(str(image.initrd))
    return f"<kernel>{kernel}</kernel><initrd>{initrd}</initrd><cmdline>{' '.join(words)}</cmdline>"


def _disk(path: Path | None) -> str:
    if path is None:
        return ""
    source = quoteattr(str(path))
    return (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file={source}/><target dev='vda' bus='virtio'/></disk>"
    )


def _nic(spec: GuestSpec) -> str:
    if spec.bridge:
        return f"<interface type='bridge'><source bridge={quoteattr(spec.bridge)}/><model type='virtio'/></interface>"
    if not spec.tap:
        return ""
    target = f"<target dev='nvt{spec.tap}' managed='no'/>"
    return f"<interface type='ethernet'>{target}<model type='virtio'/></interface>"
