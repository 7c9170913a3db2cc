"""The 28 features that every product, host and machine is asked about: their slugs, titles and meanings."""

from __future__ import annotations

import msgspec


class Feature(msgspec.Struct, frozen=True):
    """One row of the matrix."""

    slug: str
    """Its name on the command line, in filters and in files; never changed."""
    title: str
    """At most 22 cells."""
    meaning: str
    """What a yes says, of a product, a host or a machine."""
    blocks: str
    """What a no takes away."""


FEATURES: tuple[Feature, ...] = (
    Feature(
        "lifecycle",
        "create, start, stop",
        "machines can be created, started and stopped through this connection",
        "creating machines and their power actions",
    ),
    Feature(
        "live_migration",
        "live migration",
        "a running machine can move to another host without being stopped",
        "emptying a host without stopping its machines",
    ),
    Feature(
        "snapshots",
        "snapshots",
        "the state of a machine can be kept and gone back to",
        "a way back after a change inside the guest",
    ),
    Feature(
        "cpu_hotplug",
        "CPU hot-plug",
        "a running machine can get more virtual CPUs",
        "giving vCPUs to a machine without stopping it",
    ),
    Feature(
        "memory_hotplug",
        "memory hot-plug",
        "a running machine can get more memory than it was started with",
        "giving memory to a machine without stopping it",
    ),
    Feature(
        "gpu_passthrough",
        "GPU passthrough",
        "a machine can have a graphics card, or a part of one, for itself",
        "machines that need a GPU",
    ),
    Feature(
        "sriov",
        "SR-IOV",
        "machines can have virtual functions of network cards for themselves",
        "network cards given to machines without a bridge in between",
    ),
    Feature(
        "thin_provisioning",
        "thin provisioning",
        "disks take only the space that was written",
        "disks that are larger together than the store that holds them",
    ),
    Feature(
        "live_storage_migration",
        "live storage migration",
        "disks of a running machine can move to another store",
        "emptying a store, or moving without shared storage, without stopping machines",
    ),
    Feature(
        "incremental_backup",
        "incremental backup",
        "backups can take only what changed since the one before",
        "short backup windows for large disks",
    ),
    Feature(
        "secure_boot",
        "secure boot",
        "machines can be made to start signed boot loaders only",
        "guests that must prove how they were started",
    ),
    Feature(
        "tpm",
        "TPM",
        "machines can have a trusted platform module",
        "guests that seal keys, such as BitLocker and Windows 11",
    ),
    Feature(
        "memory_encryption",
        "memory encryption",
        "the memory of a machine can be encrypted against its host",
        "machines that must not trust their host",
    ),
    Feature(
        "metrics",
        "metrics",
        "load of machines and hosts can be measured",
        "charts, sparklines and alarms of load",
    ),
    Feature(
        "events",
        "events",
        "the product tells what happens by itself",
        "seeing changes at once: they are found at the next listing",
    ),
    Feature(
        "health",
        "health",
        "the product tells the condition of hosts, stores or machines",
        "alarms that the product itself raises",
    ),
    Feature(
        "cpu_pinning",
        "CPU pinning",
        "virtual CPUs can be bound to processors of the host",
        "machines that need processors for themselves",
    ),
    Feature(
        "numa",
        "NUMA placement",
        "memory and virtual CPUs can be kept on one node of the host",
        "large machines with memory beside their processors",
    ),
    Feature(
        "nested_virt",
        "nested virtualisation",
        "a machine can be a hypervisor itself",
        "hypervisors, and containers with machines of their own, inside machines",
    ),
    Feature(
        "overcommit",
        "overcommit",
        "machines can be given more memory or processors together than the host has",
        "running more machines than the host has room for at once",
    ),
    Feature(
        "ballooning",
        "ballooning",
        "memory can be taken from a running machine and given back",
        "getting memory back from machines that do not use it",
    ),
    Feature(
        "huge_pages",
        "huge pages",
        "memory of machines can be of huge pages",
        "machines with much memory at full speed",
    ),
    Feature(
        "memory_compression",
        "memory compression",
        "memory is compressed before it is swapped",
        "slowing down gently when the host is short of memory",
    ),
    Feature(
        "page_dedup",
        "page deduplication",
        "equal memory pages of machines are kept once",
        "room for many alike machines",
    ),
    Feature(
        "dpdk",
        "DPDK, vhost-user",
        "machines can be plugged into a switch that runs beside the kernel",
        "network functions with millions of packets a second",
    ),
    Feature(
        "multiqueue",
        "multi-queue",
        "network cards or disks of a machine can have a queue for each virtual CPU",
        "a machine using more than one processor for its I/O",
    ),
    Feature(
        "offloads",
        "network offloads",
        "network cards take checksums and segmentation off the processors",
        "network traffic that does not cost processors",
    ),
    Feature(
        "nvme",
        "native NVMe",
        "machines can have an NVMe controller, given or emulated",
        "disks at the speed of NVMe inside the guest",
    ),
)
"""In the order in which they are shown, on the command line as on the screen."""

FEATURE: dict[str, Feature] = {feature.slug: feature for feature in FEATURES}
"""By slug."""
