"""The hypervisor-neutral description of a machine: what its native configuration says, in one vocabulary.

None means that the configuration does not say; an empty tuple means that it says there is none.
"""

from __future__ import annotations

import msgspec


class CpuTopology(msgspec.Struct, frozen=True, kw_only=True):
    """How virtual CPUs are laid out."""

    sockets: int
    dies: int = 1
    cores: int
    threads: int = 1


class CpuFeature(msgspec.Struct, frozen=True, kw_only=True):
    """One processor flag and what is asked of it."""

    name: str
    policy: str
    """require, force, optional, disable, forbid."""


class CpuSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Virtual processors."""

    count: int | None = None
    maximum: int | None = None
    mode: str = ""
    """host-passthrough, host-model, custom, maximum; empty when not stated."""
    model: str = ""
    match: str = ""
    topology: CpuTopology | None = None
    features: tuple[CpuFeature, ...] = ()
    shares: int | None = None
    quota: int | None = None
    """Microseconds of each period that a vCPU may run; None or negative: no limit."""
    period: int | None = None
    """Microseconds."""
    pins: tuple[Pin, ...] = ()
    emulator_pin: str = ""
    schedulers: tuple[Scheduler, ...] = ()
    hot_add: bool | None = None


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """Host CPUs that one vCPU or I/O thread may use."""

    subject: str
    """`vcpu 0`, `iothread 1`."""
    cpuset: str


class Scheduler(msgspec.Struct, frozen=True, kw_only=True):
    """Host scheduler class of some threads of the machine."""

    subject: str
    """`vcpus 0-3`, `iothreads 1`, `emulator`."""
    policy: str
    priority: int | None = None


class NumaCell(msgspec.Struct, frozen=True, kw_only=True):
    """One NUMA node as the guest sees it."""

    id: int
    cpus: str = ""
    memory: int | None = None
    """Bytes."""
    access: str = ""
    """shared or private."""


class NumaSpec(msgspec.Struct, frozen=True, kw_only=True):
    """NUMA of the guest and where the host puts its memory."""

    cells: tuple[NumaCell, ...] = ()
    mode: str = ""
    """strict, preferred, interleave, restrictive."""
    nodeset: str = ""


class MemorySpec(msgspec.Struct, frozen=True, kw_only=True):
    """Memory; sizes in bytes."""

    size: int | None = None
    current: int | None = None
    maximum: int | None = None
    slots: int | None = None
    minimum: int | None = None
    """Lower bound of dynamic memory."""
    huge_pages: tuple[HugePages, ...] = ()
    source: str = ""
    """memfd, file, anonymous."""
    access: str = ""
    """shared or private."""
    locked: bool | None = None
    page_sharing: bool | None = None
    """May be merged with other machines' pages (KSM)."""
    balloon: str = ""
    """Model of the balloon device, `none` without one."""
    balloon_stats: int | None = None
    """Seconds between readings of the guest's memory figures."""
    hard_limit: int | None = None
    dimms: int | None = None


class HugePages(msgspec.Struct, frozen=True, kw_only=True):
    """Pages that back the memory."""

    size: int | None = None
    """Bytes; None: the host's default huge page."""
    nodeset: str = ""


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One disk or optical drive."""

    target: str
    """Name inside the guest or slot: vda, scsi0:1."""
    device: str = "disk"
    """disk, cdrom, floppy, lun."""
    bus: str = ""
    source_type: str = ""
    """file, block, network, volume, nvme, vhostuser."""
    source: str = ""
    store: str = ""
    """Datastore or pool."""
    format: str = ""
    size: int | None = None
    """Virtual size, bytes."""
    allocation: int | None = None
    """Bytes taken on the store."""
    cache: str = ""
    io: str = ""
    discard: str = ""
    queues: int | None = None
    iothread: int | None = None
    serial: str = ""
    readonly: bool = False
    shareable: bool = False
    boot: int | None = None
    backing: tuple[str, ...] = ()
    """Files below it, nearest first."""
    iops_limit: int | None = None
    encrypted: bool | None = None
    tls: bool | None = None
    """Of a disk on the network: the way there is encrypted."""


class NicSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface."""

    target: str = ""
    """Name on the host: vnet3."""
    type: str = ""
    """network, bridge, direct, hostdev, vhostuser, user, ethernet, vdpa."""
    source: str = ""
    model: str = ""
    mac: str = ""
    vlan: str = ""
    vlan_trunk: bool | None = None
    port_type: str = ""
    """openvswitch, 802.1Qbh …"""
    port_id: str = ""
    queues: int | None = None
    driver: str = ""
    """vhost, qemu."""
    link_up: bool | None = None
    isolated: bool | None = None
    """Kept apart from other ports of the bridge."""
    filter: str = ""
    mtu: int | None = None
    vhost_socket: str = ""
    vhost_mode: str = ""
    """client or server."""
    rate_in: int | None = None
    """Bytes per second."""
    rate_out: int | None = None
    boot: int | None = None


class HostDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device of the host given to the machine."""

    type: str
    """pci, usb, scsi, mdev."""
    address: str = ""
    model: str = ""
    managed: bool | None = None
    driver: str = ""
    name: str = ""


class GraphicsSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A screen to connect to."""

    type: str
    """vnc, spice, rdp, egl-headless, dbus."""
    listen: str = ""
    port: int | None = None
    tls_port: int | None = None
    socket: str = ""
    password: bool | None = None
    """It asks for one; None: not told. Which one is never read."""
    tls: bool | None = None
    """Nothing of it travels in plain text; None: not told."""


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A serial port or channel that waits for connections from the network."""

    name: str
    """`serial 0`."""
    address: str = ""
    port: str = ""
    protocol: str = ""
    """raw, telnet, telnets, tls, udp."""
    tls: bool | None = None


class FirmwareSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine boots with."""

    type: str = ""
    """bios or uefi; empty when not stated."""
    loader: str = ""
    secure_boot: bool | None = None
    nvram: str = ""
    boot_order: tuple[str, ...] = ()
    kernel: str = ""


class TpmSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Trusted platform module."""

    model: str = ""
    backend: str = ""
    version: str = ""


class LaunchSecurity(msgspec.Struct, frozen=True, kw_only=True):
    """Memory encryption of a confidential machine."""

    type: str
    """sev, sev-snp, tdx, s390-pv."""
    policy: str = ""
    cbitpos: int | None = None


class VmSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One machine."""

    name: str
    uuid: str = ""
    title: str = ""
    description: str = ""
    arch: str = ""
    machine: str = ""
    hypervisor: str = ""
    """kvm, qemu, xen, hvf …: what executes it."""
    guest_os: str = ""
    cpu: CpuSpec = CpuSpec()
    memory: MemorySpec = MemorySpec()
    numa: NumaSpec | None = None
    firmware: FirmwareSpec = FirmwareSpec()
    tpm: tuple[TpmSpec, ...] = ()
    launch_security: LaunchSecurity | None = None
    features: tuple[str, ...] = ()
    """Platform features that are switched on: acpi, apic, hyperv.relaxed …"""
    disks: tuple[DiskSpec, ...] = ()
    nics: tuple[NicSpec, ...] = ()
    host_devices: tuple[HostDevice, ...] = ()
    graphics: tuple[GraphicsSpec, ...] = ()
    controllers: tuple[str, ...] = ()
    iommu: str = ""
    """Model of the virtual IOMMU."""
    iothreads: int | None = None
    serial_ports: int | None = None
    listeners: tuple[Listener, ...] = ()
    channels: tuple[str, ...] = ()
    watchdog: str = ""
    rng: str = ""
    on_crash: str = ""
    autostart: bool | None = None
    tags: tuple[str, ...] = ()
