"""The list of rules, in the order in which people read them: what each looks at, without how."""

from __future__ import annotations

from novatui.core.posture import Rule, Topic
from novatui.core.states import Kind

_VM, _HOST = Kind.VM, Kind.HOST
_SPEED, _SAFE = Topic.PERFORMANCE, Topic.SECURITY

RULES: tuple[Rule, ...] = (
    Rule("console", _SAFE, _VM, "exposed screen", "Who reaches a VNC or SPICE screen, and whether it is encrypted."),
    Rule("console_password", _SAFE, _VM, "screen password", "Whether a screen that others reach asks for a password."),
    Rule("serial", _SAFE, _VM, "exposed serial", "Whether a serial console is open on the network."),
    Rule("confinement", _SAFE, _VM, "confinement", "Whether the process of the machine runs under a security label."),
    Rule("secure_boot", _SAFE, _VM, "secure boot", "Whether the firmware starts signed code only."),
    Rule("tpm", _SAFE, _VM, "TPM", "Whether the machine has a trusted platform module, and of which version."),
    Rule("memory_encryption", _SAFE, _VM, "memory encryption", "Whether the host can read the memory of the machine."),
    Rule("vlan", _SAFE, _VM, "network isolation", "Whether each interface is on a VLAN or a network of its own."),
    Rule("nic_filter", _SAFE, _VM, "address filter", "Whether the machine can use addresses that are not its own."),
    Rule("disk_transport", _SAFE, _VM, "disk transport", "Whether disks on the network travel in plain text."),
    Rule("transport", _SAFE, _HOST, "management transport", "Whether this connection itself is encrypted."),
    Rule("security_driver", _SAFE, _HOST, "security driver", "Whether the host keeps its machines apart by labels."),
    Rule("moves", _SAFE, _HOST, "migration transport", "Whether memory travels encrypted when a machine moves."),
    Rule("disk_cache", _SPEED, _VM, "disk cache and I/O", "Whether writes are safe, and not kept twice."),
    Rule("memory_overcommit", _SPEED, _HOST, "memory overcommit", "Memory that is promised to machines that run."),
    Rule("cpu_overcommit", _SPEED, _HOST, "CPU overcommit", "vCPUs of running machines against processors."),
    Rule("page_merging", _SPEED, _HOST, "page merging", "Whether equal pages are merged across NUMA cells."),
    Rule("acceleration", _SPEED, _VM, "acceleration", "Whether the processor executes the machine, or a program does."),
    Rule("cpu_mode", _SPEED, _VM, "CPU mode", "Whether the machine sees what its processor can do."),
    Rule("cpu_count", _SPEED, _VM, "vCPU count", "Whether it has more vCPUs than its host has processors."),
    Rule("pinning", _SPEED, _VM, "CPU pinning", "Whether vCPUs that are tied to processors have them for themselves."),
    Rule("numa", _SPEED, _VM, "NUMA alignment", "Whether processors, memory and devices are on the same cell."),
    Rule("huge_pages", _SPEED, _VM, "huge pages", "Whether a large memory is backed by large pages."),
    Rule("ballooning", _SPEED, _VM, "ballooning", "Whether memory can be taken back, and the guest's use is measured."),
    Rule("disk_bus", _SPEED, _VM, "disk bus", "Whether disks are paravirtual or emulated."),
    Rule("iothreads", _SPEED, _VM, "I/O threads", "Whether disks of larger machines are served beside the main loop."),
    Rule("nic_model", _SPEED, _VM, "NIC model", "Whether interfaces are paravirtual or emulated."),
    Rule("multiqueue", _SPEED, _VM, "NIC queues", "Whether a machine with several vCPUs has several queues."),
    Rule("nested", _SPEED, _VM, "nested virtualisation", "Whether the guest can run machines itself, without need."),
)  # fmt: skip
"""Every rule."""

RULE = {rule.slug: rule for rule in RULES}
"""By slug."""
