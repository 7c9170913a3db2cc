"""What to do against findings about performance, in words and in what each product takes. Data.

In braces stands what the finding names; `posture_judge` fills it in, quoted as the product's shell wants it. Keys
of REMEDIES are rules, or `rule/case` where one rule has several remedies.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from novatui.core.states import Family

L, V, H, X, P = Family.LIBVIRT, Family.VSPHERE, Family.HYPERV, Family.XCPNG, Family.PROXMOX


class Remedy(msgspec.Struct, frozen=True):
    """What helps."""

    words: str
    native: Mapping[Family, str] = {}


REMEDIES: dict[str, Remedy] = {
    "acceleration": Remedy("Let KVM execute it; it has to be off for that.", {
        L: "virsh edit {name}\n  <domain type='kvm'>",
        P: "qm set {id} --kvm 1",
    }),
    "acceleration/host": Remedy("Switch virtualisation on in the host's firmware and load the kernel module.", {
        L: "modprobe kvm_amd (or kvm_intel) on {host}; ls -l /dev/kvm",
        P: "modprobe kvm_amd (or kvm_intel) on {host}; qm set {id} --kvm 1",
    }),
    "cpu_mode": Remedy(
        "Give it the host's processor, or where machines move between unlike hosts the best model they share.", {
        L: "virsh edit {name}\n  <cpu mode='host-model' check='partial'/>",
        P: "qm set {id} --cpu x86-64-v2-AES",
    }),
    "cpu_count": Remedy("Give it at most as many vCPUs as the host has processors.", {
        L: "virsh setvcpus {name} {count} --config --maximum",
        V: "govc vm.change -vm {name} -c {count}",
        H: "Set-VMProcessor -VMName {name} -Count {count}",
        X: "xe vm-param-set uuid={id} VCPUs-at-startup={count} VCPUs-max={count}",
        P: "qm set {id} --cores {count}",
    }),
    "pinning": Remedy("Tie each vCPU to a processor that no other one has, or untie all of them.", {
        L: "virsh vcpupin {name} VCPU CPU --live --config   (free: {cpus})",
        V: "govc vm.change -vm {name} -e sched.cpu.affinity={cpus}",
        X: "xe vm-param-set uuid={id} VCPUs-params:mask={cpus}",
        P: "qm set {id} --affinity {cpus}",
    }),
    "pinning/emulator": Remedy("Tie the emulator's threads to processors that none of its vCPUs has ({cpus}).", {
        L: "virsh emulatorpin {name} CPUS --live --config",
        V: "govc vm.change -vm {name} -latency high",
        X: "xe host-cpu-tune on {host}: keep dom0 on processors of its own",
        P: "qm set {id} --affinity CPUS   (QEMU's threads and vCPUs together)",
    }),
    "numa": Remedy("Bind processors and memory to cell {cell}; memory moves there with the next start.", {
        L: "virsh numatune {name} --mode strict --nodeset {cell} --config\nvirsh vcpupin {name} VCPU {cpus} --config",
        V: "govc vm.change -vm {name} -e numa.nodeAffinity={cell}",
        H: "Set-VMHost -NumaSpanningEnabled $false",
        X: "xe vm-param-set uuid={id} VCPUs-params:mask={cpus}",
        P: "qm set {id} --numa 1 --affinity {cpus}",
    }),
    "numa/cpus": Remedy("Let its vCPUs run on the processors of cell {cell} only ({cpus}).", {
        L: "virsh vcpupin {name} VCPU {cpus} --live --config",
        V: "govc vm.change -vm {name} -e numa.nodeAffinity={cell}",
        H: "Set-VMHost -NumaSpanningEnabled $false",
        X: "xe vm-param-set uuid={id} VCPUs-params:mask={cpus}",
        P: "qm set {id} --affinity {cpus}",
    }),
    "numa/guest": Remedy("Show the guest as many NUMA cells as it spans, or make it small enough for one.", {
        L: "virsh edit {name}\n  <cpu> <numa> <cell id='0' cpus='...' memory='...'/> <cell id='1' .../> </numa> </cpu>",
        V: "govc vm.change -vm {name} -e numa.vcpu.maxPerVirtualNode=VCPUS",
        H: "Set-VMProcessor -VMName {name} -MaximumCountPerNumaNode VCPUS",
        X: "xe vm-param-set uuid={id} platform:cores-per-socket=VCPUS",
        P: "qm set {id} --numa 1 --sockets SOCKETS --cores CORES",
    }),
    "huge_pages": Remedy("Back its memory with the free huge pages; it takes a restart.", {
        L: "virsh edit {name}\n  <memoryBacking> <hugepages> <page size='{kib}' unit='KiB'/> ...",
        P: "qm set {id} --hugepages {mib}",
    }),
    "huge_pages/reserve": Remedy("Set {count} pages of {mib} MiB aside, best when the host boots.", {
        L: "virsh allocpages {kib} {count}\nor when {host} boots: hugepagesz={mib}M hugepages={count}",
        P: "when {host} boots: hugepagesz={mib}M hugepages={count}",
    }),
    "ballooning": Remedy("Give it a balloon, or promise less to the others.", {
        L: "virsh edit {name}\n  <memballoon model='virtio'> <stats period='5'/> </memballoon>",
        V: "install VMware Tools in the guest of {name}: the balloon is its driver",
        H: "Set-VMMemory -VMName {name} -DynamicMemoryEnabled $true",
        X: "xe vm-memory-dynamic-range-set uuid={id} min=... max=...",
        P: "qm set {id} --balloon MIB",
    }),
    "ballooning/drop": Remedy("Take the balloon out: it promises what it cannot give.", {
        L: "virsh edit {name}\n  <memballoon model='none'/>",
        V: "govc vm.change -vm {name} -e sched.mem.maxmemctl=0",
        H: "Set-VMMemory -VMName {name} -DynamicMemoryEnabled $false",
        X: "xe vm-memory-static-range-set uuid={id} min=... max=...   (both the same)",
        P: "qm set {id} --balloon 0",
    }),
    "ballooning/measure": Remedy("Let the balloon report the guest's figures every few seconds.", {
        L: "virsh dommemstat {name} --period 5 --live --config",
        P: "qm set {id} --balloon MIB   (and the virtio balloon driver in the guest)",
    }),
    "disk_cache": Remedy(
        "Write past the host's page cache; it takes a restart, on a file system that knows O_DIRECT.", {
        L: "virsh edit {name}\n  <driver name='qemu' type='{format}' cache='none' io='native'/>   of {target}",
        P: "qm set {id} --{target} {source},cache=none,aio=io_uring",
    }),
    "disk_bus": Remedy("Put {target} on a paravirtual bus; the guest needs the driver before it.", {
        L: "virsh edit {name}\n  <target dev='...' bus='virtio'/>   in place of {target}",
        V: "govc device.scsi.add -vm {name} -type pvscsi, then attach {target} to it",
        H: "Add-VMScsiController -VMName {name}; Move-VMHardDiskDrive ... -ToControllerType SCSI",
        X: "install the PV drivers in the guest of {name}: {target} is then served by blkback",
        P: "qm set {id} --scsihw virtio-scsi-single; move {target} to scsiN",
    }),
    "iothreads": Remedy("Give the machine I/O threads and each busy disk one of them.", {
        L: "virsh iothreadadd {name} 1 --config\nvirsh edit {name}\n  <driver ... iothread='1'/> of {target}",
        P: "qm set {id} --scsihw virtio-scsi-single --{target} ...,iothread=1",
    }),
    "nic_model": Remedy("Make it paravirtual; the guest needs the driver, and sees a new interface.", {
        L: "virsh edit {name}\n  <interface> <mac address='{mac}'/> <model type='virtio'/>",
        V: "govc vm.network.change -vm {name} -net {source} -net.adapter vmxnet3 -net.address {mac} ethernet-N",
        H: "Add-VMNetworkAdapter -VMName {name} -SwitchName {source}   (and remove the legacy one)",
        X: "install the PV drivers in the guest of {name}: {mac} is then served by netback",
        P: "qm set {id} --netN virtio={mac},bridge={source}",
    }),
    "multiqueue": Remedy("Give it {queues} queues; in the guest: ethtool -L IFACE combined {queues}.", {
        L: "virsh edit {name}\n  <interface> <mac address='{mac}'/> <driver name='vhost' queues='{queues}'/>",
        P: "qm set {id} --netN virtio={mac},bridge={source},queues={queues}",
    }),
    "nested": Remedy("Take the flag away unless the guest runs machines itself; it takes a restart.", {
        L: "virsh edit {name}\n  <cpu ...> <feature policy='disable' name='svm'/>   (vmx on Intel)",
        V: "ReconfigVM_Task: nestedHVEnabled = false on {name}",
        H: "Set-VMProcessor -VMName {name} -ExposeVirtualizationExtensions $false",
        X: "xe vm-param-set uuid={id} platform:nested-virt=false",
        P: "qm set {id} --cpu x86-64-v3",
    }),
    "cpu_overcommit": Remedy("Move machines to a host with fewer, or give those that idle fewer vCPUs.", {
        L: "virsh migrate --live --persistent NAME qemu+ssh://HOST/system",
        V: "MigrateVM_Task, or DRS fully automated on the cluster of {host}",
        H: "Move-VM -Name NAME -DestinationHost HOST",
        X: "xe vm-migrate uuid=UUID host=HOST live=true",
        P: "qm migrate VMID NODE --online",
    }),
    "memory_overcommit": Remedy("Move machines away before the host swaps, or let balloons take memory back.", {
        L: "virsh migrate --live --persistent NAME qemu+ssh://HOST/system\nvirsh setmem NAME SIZE --live",
        V: "MigrateVM_Task, or DRS fully automated on the cluster of {host}",
        H: "Move-VM -Name NAME -DestinationHost HOST",
        X: "xe vm-migrate uuid=UUID host=HOST live=true",
        P: "qm migrate VMID NODE --online",
    }),
    "page_merging": Remedy("Merge pages within each cell only.", {
        L: "virsh node-memory-tune --shm-merge-across-nodes 0   (first: echo 2 > /sys/kernel/mm/ksm/run)",
        V: "Mem.ShareForceSalting = 2 among the advanced settings of {host}",
        P: "on {host}: echo 2 > /sys/kernel/mm/ksm/run; echo 0 > /sys/kernel/mm/ksm/merge_across_nodes",
    }),
}  # fmt: skip

_BY_ITSELF = "its product does that by itself"

NOT_OFFERED: dict[tuple[str, Family], str] = {
    ("acceleration", V): "ESXi executes machines by the processor only",
    ("acceleration", H): "Hyper-V executes machines by the processor only",
    ("acceleration", X): "XCP-ng executes machines by the processor only",
    ("cpu_mode", V): "ESXi gives the processor that it has; EVC masks it for a whole cluster",
    ("cpu_mode", H): "Hyper-V gives the processor that it has; compatibility for migration masks it",
    ("cpu_mode", X): "XCP-ng gives what all hosts of the pool can do",
    ("pinning", H): "Hyper-V ties no vCPU to a processor; CPU groups share them out",
    ("huge_pages", V): "ESXi backs memory with large pages by itself",
    ("huge_pages", H): "Hyper-V backs memory with large pages by itself",
    ("huge_pages", X): "Xen backs memory with large pages by itself",
    ("disk_cache", V): "ESXi caches no writes: there is no mode to choose",
    ("disk_cache", H): "Hyper-V writes through: there is no mode to choose",
    ("disk_cache", X): "tapdisk writes past the cache of dom0: there is no mode to choose",
    ("iothreads", V): "ESXi serves disks beside the vCPUs by itself",
    ("iothreads", H): "Hyper-V serves disks on channels of its own by itself",
    ("iothreads", X): "each disk has a tapdisk process of its own",
    ("multiqueue", V): "vmxnet3 has queues by the number of vCPUs by itself",
    ("multiqueue", H): "the synthetic adapter has queues by the number of vCPUs by itself",
    ("multiqueue", X): "netback has queues by the number of vCPUs by itself",
    ("page_merging", H): "Hyper-V merges no pages",
    ("page_merging", X): "XCP-ng merges no pages",
}
"""Rules about performance that a product has nothing for, and why."""
