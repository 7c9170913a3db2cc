"""What the real hosts of the labs answer for each feature, kept for the support matrix of README.md."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from novatui.core.states import Family
from tests.acceptance.program import Program
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.missing import LabError
from tests.support_matrix import LabAnswers, LabFact, answers_path


def record() -> None:
    """Ask every lab that there is, and write down what it said."""
    with LibvirtHost("atlas") as host, tempfile.TemporaryDirectory() as folder:
        answers = asked(host.uri, Path(folder))
    path = answers_path(Family.LIBVIRT)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(answers), indent=2) + b"\n")


def asked(uri: str, folder: Path) -> LabAnswers:
    """What the host behind a URI answers to the program as people start it."""
    answer = Program(folder).run("caps", "-c", uri, "--fresh", "--json")
    if answer.code:
        raise LabError(f"the host was not asked: {answer.err}")
    facts: list[dict[str, Any]] = answer.json["facts"]
    return LabAnswers(
        product=next(fact["product"] for fact in facts),
        machine=machine(),
        facts={fact["feature"]: _fact(fact) for fact in facts},
    )


def _fact(fact: dict[str, Any]) -> LabFact:
    evidence = fact.get("evidence", {})
    told = {name: evidence.get(name, "") for name in ("kind", "call", "source")}
    return LabFact(value=fact["value"], **told)


def machine() -> dict[str, str]:
    """What of this machine decides answers, read from the kernel and the file system and not by any hypervisor."""
    flags = set(Path("/proc/cpuinfo").read_text().partition("\nflags")[2].partition("\n")[0].split())
    pci = [_text(path) for path in Path("/sys/bus/pci/devices").glob("*/class")]
    return {
        "architecture": platform.machine(),
        "KVM": _yes(os.path.exists("/dev/kvm")),
        "virtualisation in the processor": _yes(bool(flags & {"vmx", "svm"})),
        "NUMA nodes": str(len(list(Path("/sys/devices/system/node").glob("node[0-9]*")))),
        "IOMMU groups": str(len(list(Path("/sys/kernel/iommu_groups").glob("*")))),
        "huge pages": _text(Path("/proc/sys/vm/nr_hugepages")),
        "KSM": _yes(os.path.exists("/sys/kernel/mm/ksm/run")),
        "network interfaces with a card": str(len(list(Path("/sys/class/net").glob("*/device")))),
        "graphics cards": str(sum(one.startswith("0x03") for one in pci)),
        "NVMe controllers": str(sum(one.startswith("0x0108") for one in pci)),
        "swtpm": _yes(shutil.which("swtpm") is not None),
        "firmware descriptions": str(len(list(Path("/usr/share/qemu/firmware").glob("*.json")))),
    }


def _yes(there: bool) -> str:
    return "yes" if there else "no"


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return "?"
