"""What the faults of vCenter's own checks are about: topics of the reason engine by the names of fault types.

Names are those of the vSphere Web Services API reference; they are matched by their words, because every release
brings more of them.
"""

from __future__ import annotations

from novatui.core.reasons import Topic

_WORDS: tuple[tuple[str, Topic], ...] = (
    ("NotEnoughLogicalCpus", Topic.VCPUS),
    ("NotEnoughCpus", Topic.VCPUS),
    ("NumVirtualCpus", Topic.VCPUS),
    ("VirtualHardware", Topic.MACHINE),
    ("HardwareVersion", Topic.MACHINE),
    ("Snapshot", Topic.SNAPSHOTS),
    ("Cpu", Topic.CPU),
    ("CPU", Topic.CPU),
    ("FeatureRequirements", Topic.CPU),
    ("EVC", Topic.CPU),
    ("Memory", Topic.MEMORY),
    ("SecureBoot", Topic.SECURE_BOOT),
    ("Tpm", Topic.TPM),
    ("Encryption", Topic.TPM),
    ("Crypto", Topic.TPM),
    ("Firmware", Topic.FIRMWARE),
    ("PassthroughDevice", Topic.DEVICES),
    ("PCI", Topic.DEVICES),
    ("VGpu", Topic.DEVICES),
    ("Vgpu", Topic.DEVICES),
    ("VmfsDisk", Topic.STORAGE),
    ("Datastore", Topic.STORAGE),
    ("Disk", Topic.STORAGE),
    ("Storage", Topic.STORAGE),
    ("Rdm", Topic.STORAGE),
    ("RDM", Topic.STORAGE),
    ("File", Topic.STORAGE),
    ("Network", Topic.NETWORK),
    ("Portgroup", Topic.NETWORK),
    ("Dvs", Topic.NETWORK),
    ("DVPort", Topic.NETWORK),
    ("Switch", Topic.NETWORK),
    ("Nic", Topic.NETWORK),
    ("Ethernet", Topic.NETWORK),
    ("Intranet", Topic.NETWORK),
    ("Device", Topic.DEVICES),
    ("Maintenance", Topic.HOST),
    ("HostState", Topic.HOST),
    ("HostConnection", Topic.HOST),
    ("HostNot", Topic.HOST),
    ("Quarantine", Topic.HOST),
    ("VMotion", Topic.MIGRATION),
    ("Vmotion", Topic.MIGRATION),
    ("Migration", Topic.MIGRATION),
    ("Duplicate", Topic.NAME),
)
"""The first that occurs in the name decides; what none of them is in is the product's own word."""


def topic_of(fault: str) -> Topic:
    """What a fault type is about: `CpuIncompatible1ECX`, `NotEnoughLogicalCpus`, `VmHostAffinityRuleViolation`."""
    return next((topic for word, topic in _WORDS if word in fault), Topic.PRODUCT)
