"""A domain's XML as the neutral description: every element that the console reads, and what stands for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.backends.libvirt.domxml import vm_spec
from novatui.backends.libvirt.pending import pending_changes
from novatui.backends.libvirt.summary import EMPTY, mirrored, summarise
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.core import vmspec
from novatui.core.inventory import FIELD

GIB = 1 << 30
EVERYTHING = Path(__file__).with_name("libvirt_data").joinpath("everything.xml").read_text()
BARE = "<domain><name>bare</name></domain>"


@pytest.fixture(scope="module")
def vm() -> vmspec.VmSpec:
    return vm_spec(EVERYTHING, autostart=True)


def domain(inner: str) -> str:
    return f"<domain type='qemu'><name>x</name>{inner}</domain>"


def test_who_it_is(vm: vmspec.VmSpec) -> None:
    assert (vm.name, vm.uuid) == ("everything", "5a0b8c1e-7d2f-4c3a-9b1d-2e4f6a8b0c1d")
    assert (vm.title, vm.description) == ("Every element once", "A machine that uses all that the console reads")
    assert (vm.hypervisor, vm.arch, vm.machine) == ("kvm", "x86_64", "pc-q35-9.0")
    assert (vm.guest_os, vm.tags, vm.on_crash, vm.autostart) == ("debian/12", ("prod", "db"), "preserve", True)


def test_processors(vm: vmspec.VmSpec) -> None:
    cpu = vm.cpu
    assert (cpu.count, cpu.maximum, cpu.hot_add) == (4, 8, True)
    assert (cpu.mode, cpu.model, cpu.match) == ("custom", "EPYC-Milan", "exact")
    assert cpu.topology == vmspec.CpuTopology(sockets=2, dies=1, cores=2, threads=2)
    assert [(each.name, each.policy) for each in cpu.features] == [
        ("topoext", "require"),
        ("svm", "disable"),
        ("invtsc", "require"),
    ]
    assert (cpu.shares, cpu.period, cpu.quota) == (2048, 100000, -1)
    assert [(pin.subject, pin.cpuset) for pin in cpu.pins] == [
        ("vcpus", "0-15"),
        ("vcpu 0", "2"),
        ("vcpu 1", "3"),
        ("iothread 1", "4"),
    ]
    assert cpu.emulator_pin == "0-1"
    assert [(each.subject, each.policy, each.priority) for each in cpu.schedulers] == [
        ("vcpus 0-1", "fifo", 1),
        ("iothreads 2", "batch", None),
        ("emulator", "rr", 2),
    ]
    assert vm.iothreads == 2


def test_memory_and_numa(vm: vmspec.VmSpec) -> None:
    memory = vm.memory
    assert (memory.size, memory.current, memory.maximum, memory.slots) == (16 * GIB, 12 * GIB, 64 * GIB, 16)
    assert (memory.minimum, memory.hard_limit, memory.dimms) == (4 * GIB, 20 * GIB, 1)
    assert [(page.size, page.nodeset) for page in memory.huge_pages] == [(GIB, "0"), (2 << 20, "1")]
    assert (memory.source, memory.access, memory.locked, memory.page_sharing) == ("memfd", "shared", True, False)
    assert (memory.balloon, memory.balloon_stats) == ("virtio", 5)
    assert vm.numa is not None
    assert (vm.numa.mode, vm.numa.nodeset) == ("strict", "0-1")
    assert [(cell.id, cell.cpus, cell.memory, cell.access) for cell in vm.numa.cells] == [
        (0, "0-3", 8 * GIB, "shared"),
        (1, "4-7", 8 * GIB, ""),
    ]


def test_boot_and_security(vm: vmspec.VmSpec) -> None:
    assert vm.firmware == vmspec.FirmwareSpec(
        type="uefi",
        loader="/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
        secure_boot=True,
        nvram="/var/lib/libvirt/qemu/nvram/everything_VARS.fd",
        boot_order=("vda", "52:54:00:00:00:01"),
    )
    assert vm.tpm == (vmspec.TpmSpec(model="tpm-crb", backend="emulator", version="2.0"),)
    assert vm.launch_security == vmspec.LaunchSecurity(type="sev", policy="0x0003", cbitpos=47)


def test_features_do_not_contain_the_iommu_that_libvirt_drops(vm: vmspec.VmSpec) -> None:
    assert vm.features == ("acpi", "apic", "hyperv.relaxed", "hyperv.spinlocks", "kvm.hidden", "smm", "ioapic")
    assert vm.iommu == "virtio"
    assert vm_spec(domain("<features><iommu model='intel'/></features><devices/>")).iommu == ""


def test_disks(vm: vmspec.VmSpec) -> None:
    top, volume, network, nvme, vhost, drive = vm.disks
    assert top == vmspec.DiskSpec(
        target="vda",
        device="disk",
        bus="virtio",
        source_type="file",
        source="/images/top.qcow2",
        format="qcow2",
        cache="none",
        io="native",
        discard="unmap",
        queues=4,
        iothread=1,
        serial="NOVA0001",
        boot=1,
        backing=("/images/middle.qcow2", "/dev/vg/base"),
        iops_limit=500,
        encrypted=True,
    )
    assert (volume.source, volume.store, volume.iops_limit, volume.encrypted) == ("data.raw", "fast", 150, False)
    assert volume.shareable
    assert network.source == "rbd:pool/image@mon1:6789,mon2"
    assert (nvme.source, vhost.source) == ("0000:01:00.0 namespace 1", "/run/spdk.sock")
    assert (drive.device, drive.source, drive.readonly, drive.encrypted) == ("cdrom", "", True, None)


def test_interfaces(vm: vmspec.VmSpec) -> None:
    bridge, network, vhost, direct, given, user = vm.nics
    assert bridge == vmspec.NicSpec(
        target="vnet0",
        type="bridge",
        source="br0",
        model="virtio",
        mac="52:54:00:00:00:01",
        vlan="42,123",
        vlan_trunk=True,
        port_type="openvswitch",
        port_id="09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f",
        queues=4,
        driver="vhost",
        link_up=False,
        filter="clean-traffic",
        mtu=9000,
        rate_in=1_000_000,
        rate_out=128_000,
        boot=2,
    )
    assert (network.source, network.vlan, network.vlan_trunk, network.link_up) == ("default/blue", "7", False, None)
    assert network.isolated is True
    assert (vhost.vhost_socket, vhost.vhost_mode, vhost.queues) == ("/run/vhost-user.sock", "server", 2)
    assert direct.source == "ens3"
    assert (given.source, given.vlan) == ("0000:3b:00.2", "9")
    assert (user.type, user.source, user.isolated) == ("user", "", None)


def test_other_devices(vm: vmspec.VmSpec) -> None:
    assert [(each.type, each.address, each.managed) for each in vm.host_devices] == [
        ("pci", "0000:65:00.0", True),
        ("mdev", "3b2a0000-0000-4000-8000-000000000001", None),
        ("usb", "usb 1:4", None),
        ("scsi", "scsi_host0 0:3:0", None),
    ]
    assert vm.host_devices[0].driver == "vfio"
    assert [(each.type, each.listen, each.port, each.tls_port, each.socket) for each in vm.graphics] == [
        ("vnc", "127.0.0.1", 5901, None, ""),
        ("spice", "::1", None, 5902, ""),
        ("vnc", "", None, None, "/run/vnc.sock"),
    ]
    assert vm.controllers == ("scsi0 virtio-scsi queues=8 iothread=2", "pci0 pcie-root")
    assert vm.channels == ("org.qemu.guest_agent.0", "com.redhat.spice.0")
    assert (vm.watchdog, vm.rng, vm.serial_ports) == ("i6300esb reset", "virtio random /dev/urandom", 1)


def test_what_is_not_stated_is_unknown() -> None:
    vm = vm_spec(BARE)
    assert vm == vmspec.VmSpec(name="bare")
    assert vm_spec(domain("<memoryBacking/>")).memory.locked is False
    assert vm_spec(domain("<memoryBacking/>")).memory.page_sharing is True
    assert vm_spec(domain("<devices/>")).memory.dimms == 0


@pytest.mark.parametrize(
    ("system", "kind", "secure"),
    [
        ("<type arch='x86_64' machine='pc'>hvm</type>", "bios", None),
        ("<type arch='aarch64' machine='virt'>hvm</type>", "", None),
        ("<type>exe</type>", "", None),
        ("<type arch='x86_64'>hvm</type><loader type='pflash' secure='no'>/x</loader>", "uefi", False),
        ("<type arch='x86_64'>hvm</type><loader type='pflash'>/x</loader>", "uefi", None),
        ("<type arch='x86_64'>hvm</type><loader>/x</loader>", "bios", None),
        ("<loader type='pflash' secure='yes'>/x</loader>", "uefi", True),
        (
            "<loader type='pflash' secure='yes'>/x</loader>"
            "<firmware><feature enabled='no' name='enrolled-keys'/></firmware>",
            "uefi",
            False,
        ),
        ("<firmware><feature enabled='no' name='secure-boot'/></firmware>", "", False),
    ],
)
def test_firmware_and_secure_boot(system: str, kind: str, secure: bool | None) -> None:
    firmware = vm_spec(domain(f"<os>{system}</os>")).firmware
    assert (firmware.type, firmware.secure_boot) == (kind, secure)


def test_numa_nodes_of_cells_without_one_for_all() -> None:
    numa = vm_spec(domain("<numatune><memnode cellid='0' mode='strict' nodeset='1'/></numatune>")).numa
    assert numa is not None
    assert (numa.mode, numa.nodeset) == ("strict", "cell 0: 1")


@pytest.mark.parametrize(
    ("element", "size"),
    [
        ("<memory unit='KiB'>1024</memory>", 1 << 20),
        ("<memory>1024</memory>", 1 << 20),
        ("<memory unit='b'>7</memory>", 7),
        ("<memory unit='MB'>1</memory>", 1_000_000),
        ("<memory unit='T'>1</memory>", 1 << 40),
        ("<memory unit='furlong'>1</memory>", None),
        ("<memory>much</memory>", None),
        ("<memory>-1</memory>", None),
        ("<memory unit='EiB'>99999999999999999999</memory>", None),
        ("<memory/>", None),
    ],
)
def test_sizes_have_units(element: str, size: int | None) -> None:
    assert vm_spec(domain(element)).memory.size == size


@pytest.mark.parametrize("text", ["", "<", "<domain>", "no xml", "<a/><b/>", "<domain\x00/>", "\ufeff<domain"])
def test_malformed_xml_is_one_clear_refusal(text: str) -> None:
    for read in (vm_spec, summarise, mirrored):
        with pytest.raises(MalformedXml):
            read(text)


def test_entities_are_refused() -> None:
    bomb = (
        "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><domain><name>&b;</name></domain>"
    )
    with pytest.raises(MalformedXml, match="document type"):
        vm_spec(bomb)
    with pytest.raises(MalformedXml):
        vm_spec("<!DOCTYPE d SYSTEM 'file:///etc/passwd'><domain/>")


def test_summary_says_the_same_as_the_description(vm: vmspec.VmSpec) -> None:
    summary = summarise(EVERYTHING)
    columns = summary.columns
    assert columns.keys() == EMPTY.columns.keys() <= FIELD.keys()
    assert (columns["vcpus"], columns["vcpus_max"]) == (vm.cpu.count, vm.cpu.maximum)
    assert (columns["memory"], columns["memory_max"]) == (vm.memory.current, vm.memory.size)
    assert (columns["disks"], columns["nics"], columns["passthrough"]) == (5, 6, 5)
    assert (columns["firmware"], columns["secure_boot"], columns["tpm"]) == ("uefi", True, "2.0")
    assert (columns["machine"], columns["native_type"]) == ("pc-q35-9.0", "kvm domain")
    assert (columns["guest_os"], columns["tags"]) == ("debian/12", ["prod", "db"])
    assert columns["description"] == "Every element once"
    assert columns["tools"] == "guest agent connected"
    assert summary.macs == tuple(nic.mac for nic in vm.nics)
    assert summary.hostdevs == (*(each.address for each in vm.host_devices), "0000:3b:00.2")
    assert summary.disks == tuple(disk.target for disk in vm.disks)
    assert summary.interfaces == ("vnet0",)
    assert summary.fixed == ("vda", "sda", "vdb", "vdc", "vdd"), "drives for removable media are not disks"
    assert summary.images[:2] == ("/images/top.qcow2", "fast/data.raw")
    assert mirrored(EVERYTHING) == ("vdb",)


def test_pending_changes_are_told_one_by_one(vm: vmspec.VmSpec) -> None:
    assert pending_changes(vm, vm_spec(EVERYTHING)) == []
    stored = (
        EVERYTHING.replace("current='4'>8", "current='2'>8")
        .replace("<target dev='vda'", "<target dev='vdz'")
        .replace("pc-q35-9.0", "pc-q35-9.2")
        .replace("<title>Every element once</title>", "")
    )
    told = {(each.name, each.value) for each in pending_changes(vm, vm_spec(stored))}
    assert told == {
        ("title", "Every element once -> none"),
        ("vCPUs", "4 -> 2"),
        ("machine type", "pc-q35-9.0 -> pc-q35-9.2"),
        ("disk", "vdz /images/top.qcow2 is added"),
        ("disk", "vda /images/top.qcow2 is removed"),
    }
