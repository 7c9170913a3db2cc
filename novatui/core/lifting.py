"""What would take away what keeps a machine from a host, by the check that said so; in words for people."""

from __future__ import annotations

from novatui.core.fitting import COPIED
from novatui.core.reasons import Check, Topic

_BY_TOPIC: dict[Topic, str] = {
    Topic.PLACE: "take another host",
    Topic.HOST: "make the host reachable, or end its maintenance",
    Topic.PRODUCT: "what the product says itself is the way",
    Topic.ARCHITECTURE: "take a host that executes what it needs",
    Topic.CPU: "give it a processor model that the hosts share, when it is off (novatui caps --baseline)",
    Topic.MACHINE: "update the product there, or give it a machine type that both have, when it is off",
    Topic.FIRMWARE: "install that firmware on the host",
    Topic.SECURE_BOOT: "install firmware for secure boot on the host",
    Topic.TPM: "install a TPM emulator on the host (swtpm)",
    Topic.DEVICES: "detach it",
    Topic.SNAPSHOTS: "delete its snapshots",
    Topic.STORAGE: "put it on storage that both hosts reach, or make room for a copy",
    Topic.NETWORK: "define it on the host",
    Topic.MEMORY: "free memory on the host, or give the machine less",
    Topic.HUGE_PAGES: "reserve more huge pages on the host",
    Topic.VCPUS: "give it fewer vCPUs",
    Topic.NAME: "rename one of the two",
    Topic.MIGRATION: "move it when it is off",
    Topic.VERSION: "update the product there",
}


def lift(check: Check) -> str:
    """What a person can do about it, with the part of the machine that it is about."""
    about = f" ({check.subject})" if check.subject else ""
    if check.condition == COPIED:
        return f"copy its storage on the way{about}: --storage copy"
    return f"{_BY_TOPIC[check.topic]}{about}"
