"""What a host can do with processors and memory: pinning, NUMA, nesting, sharing, ballooning, huge pages, merging."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.found import Found, Unanswered, declared, no, partly, unknown, yes
from novatui.backends.libvirt.probe_found import Documented, need, quoting
from novatui.backends.libvirt.probe_host import HostAnswers
from novatui.backends.libvirt.xmltree import integer
from novatui.core.capabilities import Evidence
from novatui.core.units import size

PINNING = Documented(9_003, "libvirt hvsupport: virDomainPinVcpuFlags in the QEMU driver since 0.9.3")
OVERCOMMIT = Documented(
    4_002_000,
    "libvirt formatdomain: memory is allocated on demand (memoryBacking), processors are shared by weight (cputune)",
)
BALLOON = Documented(8_003, "libvirt formatdomain, memballoon: added to all QEMU and KVM guests, since 0.8.3")

KIB = 1024
VIRTUALISATION = frozenset({"vmx", "svm"})
"""Processor flags of Intel and AMD that a hypervisor needs."""

X86 = frozenset({"x86_64", "i686"})


def cpu_pinning(host: HostAnswers) -> Found:
    """Documented; how many processors there are is asked."""
    source = host.documented(PINNING)
    cpus = host.capabilities.findall("host/topology/cells/cell/cpus/cpu")
    words = f"to any of its {len(cpus)} processors" if cpus else ""
    return yes(source, words, f"{len(cpus)} CPUs" if cpus else "", host.capabilities_asked)


def numa(host: HostAnswers) -> Found:
    """Nodes of the capabilities' topology."""
    cells, told = host.capabilities.find("host/topology/cells"), host.capabilities_asked
    nodes = cells.findall("cell") if cells is not None else []
    if not nodes:
        raise Unanswered("its capabilities say nothing of nodes", told.evidence)
    memory = ", ".join(f"node {each.get('id', '?')}: {_node_words(each)}" for each in nodes)
    decided = quoting(told, f"<cells num='{len(nodes)}'> {memory}")
    if len(nodes) == 1:
        return partly(
            decided, f"all of the host is one node ({_node_words(nodes[0])}): there is nothing to choose", "1 node"
        )
    return yes(decided, memory, f"{len(nodes)} nodes")


def _node_words(cell: Element) -> str:
    memory = cell.find("memory")
    told = integer(memory.text) if memory is not None else None
    words = [f"{len(cell.findall('cpus/cpu'))} CPUs", size(told * KIB) if told is not None else ""]
    return ", ".join(filter(None, words))


def nested_virt(host: HostAnswers) -> Found:
    """Whether the processor that a machine gets has VMX or SVM: libvirt expands its model."""
    domain = host.domain
    if domain.arch not in X86:
        return unknown(host.domain_asked(), f"libvirt does not tell it of {domain.arch or 'this architecture'}")
    told = host.processor_asked
    found = sorted(VIRTUALISATION & need(told))
    if not found:
        words = "a machine's processor would have neither vmx nor svm: see the option `nested` of kvm_intel or kvm_amd"
        return no(told, words, "", host.domain_asked())
    words = f"a machine with the host's model has {' and '.join(found)}"
    decided = quoting(told, "".join(f"<feature policy='require' name='{name}'/>" for name in found))
    return yes(
        decided, f"{words}, emulated: without KVM" if domain.emulated else words, " ".join(found), host.domain_asked()
    )


def overcommit(host: HostAnswers) -> Found:
    """Documented."""
    words = "memory is taken as it is written, and processors are shared; not memory that is locked or of huge pages"
    return yes(host.documented(OVERCOMMIT), words)


def ballooning(host: HostAnswers) -> Found:
    """Documented."""
    return yes(host.documented(BALLOON), "the guest needs its virtio driver", "virtio")


def huge_pages(host: HostAnswers) -> Found:
    """Pages that are set aside, of the capabilities' topology."""
    told, cells = host.capabilities_asked, host.capabilities.findall("host/topology/cells/cell")
    if not any(cell.find("pages") is not None for cell in cells):
        raise Unanswered("its capabilities say nothing of pages", told.evidence)
    pages: dict[int, int] = {}
    for cell in cells:
        for kib, count in _above_the_smallest(cell):
            pages[kib] = pages.get(kib, 0) + count
    decided = quoting(told, "".join(f"<pages unit='KiB' size='{kib}'>{count}</pages>" for kib, count in pages.items()))
    if not pages:
        return no(told, "its processor has pages of one size only")
    if not any(pages.values()):
        sizes = ", ".join(size(kib * KIB) for kib in pages)
        return partly(decided, f"none is set aside: vm.nr_hugepages ({sizes})", "0 set aside")
    return _set_aside(host, decided, {kib: count for kib, count in pages.items() if count})


def _above_the_smallest(cell: Element) -> list[tuple[int, int]]:
    """Size (KiB) and number of every size but the one that all memory is made of."""
    told = ((integer(each.get("size")), integer(each.text)) for each in cell.findall("pages"))
    return sorted((kib, count or 0) for kib, count in told if kib is not None)[1:]


def _set_aside(host: HostAnswers, decided: Evidence, pages: dict[int, int]) -> Found:
    asked = host.free_pages(pages)
    free: dict[int, int] = {}
    for node in (asked.value or {}).values():
        for kib, count in node.items():
            free[kib] = free.get(kib, 0) + count
    words = [
        f"{count} of {size(kib * KIB)}" + (f", {free[kib]} free" if kib in free else "") for kib, count in pages.items()
    ]
    kib, count = max(pages.items())
    return yes(decided, "; ".join(words), f"{count}×{size(kib * KIB).replace(' ', '')}"[:12], asked)


def memory_compression(_host: HostAnswers) -> Found:
    """zswap and zram are the kernel's: libvirt asks neither."""
    raise Unanswered(
        "libvirt has no call for it: zswap and zram belong to the kernel of the host", declared("libvirt: no such call")
    )


def page_dedup(host: HostAnswers) -> Found:
    """Counters of KSM. libvirt does not tell whether it is switched on, only what it has done."""
    told = need(host.merging)
    counters = {name.removeprefix("shm_"): value for name, value in told.items()}
    sharing = counters.get("pages_sharing")
    if sharing is None:
        raise Unanswered("libvirt tells of no page merging here", host.merging.evidence)
    if sharing > 0:
        saved = size(sharing * page * KIB) if (page := _page(host)) else f"{sharing} pages"
        return yes(host.merging, f"KSM has merged pages: {saved} are saved", saved[:12], host.capabilities_asked)
    if counters.get("full_scans"):
        return partly(host.merging, "KSM has looked through all memory, and found nothing to merge now", "0 merged")
    return partly(
        host.merging, "KSM is there and has merged nothing; libvirt does not tell whether it is switched on", "0 merged"
    )


def _page(host: HostAnswers) -> int | None:
    """KiB of the pages that KSM counts: the smallest ones."""
    root = host.capabilities_asked.value
    sizes = [integer(each.get("size")) for each in root.findall("host/cpu/pages")] if root is not None else []
    return min(filter(None, sizes), default=None)
