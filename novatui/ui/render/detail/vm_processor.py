"""Processors, memory and NUMA of a machine in full, with what its configuration leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.core.vmspec import CpuSpec, MemorySpec
from novatui.ui.render.detail import words
from novatui.ui.render.detail.grid import Column
from novatui.ui.render.detail.settings import Setting, amount, settings, space, switch
from novatui.ui.render.detail.sheet import Item, Section, Table
from novatui.ui.render.detail.whole import Whole


def processor(whole: Whole) -> Section:
    """Model, flags, shares, pinning."""
    vm = whole.vm
    if vm is None:
        return Section(title="Processor", items=[])
    cpu = vm.cpu
    found: list[Setting] = [
        ("mode", "cpu.mode", cpu.mode),
        ("model", "cpu.model", cpu.model),
        ("match", "cpu.mode", cpu.match),
        ("shares", "cpu.shares", amount(cpu.shares)),
        ("limit", "cpu.quota", _limit(cpu)),
        ("I/O threads", "iothreads", amount(vm.iothreads)),
        ("flags", "cpu.mode", ", ".join(f"{each.name} {each.policy}" for each in cpu.features)),
        ("pinned", "cpu.pins", ", ".join(f"{pin.subject} on {pin.cpuset}" for pin in cpu.pins)),
        ("emulator pins", "cpu.emulator_pin", cpu.emulator_pin),
        ("scheduler", "cpu.schedulers", ", ".join(_schedulers(cpu))),
        ("platform", "cpu.mode", " ".join(vm.features)),
    ]
    return Section(title="Processor", items=settings(whole, found))


def _limit(cpu: CpuSpec) -> str:
    """A quota in microseconds of each period, also as vCPUs."""
    if cpu.quota is None:
        return ""
    if cpu.quota < 0:
        return "none"
    if not cpu.period:
        return f"{cpu.quota} us a period"
    return f"{cpu.quota / cpu.period:.2f} of a processor each ({cpu.quota} of {cpu.period} us)"


def _schedulers(cpu: CpuSpec) -> Iterable[str]:
    for each in cpu.schedulers:
        priority = f" priority {each.priority}" if each.priority is not None else ""
        yield f"{each.subject} {each.policy}{priority}"


def memory(whole: Whole) -> Section:
    """Sizes, backing, balloon."""
    vm = whole.vm
    if vm is None:
        return Section(title="Memory", items=[])
    spec = vm.memory
    found: list[Setting] = [
        ("size", "memory.size", space(spec.size)),
        ("now", "memory.current", space(spec.current)),
        ("can grow to", "memory.maximum", space(spec.maximum)),
        ("slots", "memory.slots", _slots(spec)),
        ("guaranteed", "memory.minimum", space(spec.minimum)),
        ("hard limit", "memory.hard_limit", space(spec.hard_limit)),
        ("huge pages", "memory.huge_pages", ", ".join(_pages(spec))),
        ("backing", "memory.source", spec.source),
        ("access", "memory.access", spec.access),
        ("locked", "memory.locked", switch(spec.locked)),
        ("page sharing", "memory.page_sharing", switch(spec.page_sharing)),
        ("balloon", "memory.balloon", spec.balloon),
        ("balloon stats", "memory.balloon_stats", _period(spec)),
    ]
    return Section(title="Memory", items=settings(whole, found))


def _slots(spec: MemorySpec) -> str:
    if spec.slots is None:
        return ""
    return f"{spec.dimms} of {spec.slots} taken" if spec.dimms is not None else str(spec.slots)


def _pages(spec: MemorySpec) -> Iterable[str]:
    for each in spec.huge_pages:
        of = f" for nodes {each.nodeset}" if each.nodeset else ""
        yield f"{words.size(each.size) if each.size is not None else 'default size'}{of}"


def _period(spec: MemorySpec) -> str:
    if spec.balloon_stats is None:
        return ""
    return f"every {spec.balloon_stats} s" if spec.balloon_stats else "off"


def numa(whole: Whole) -> Section:
    """Nodes that the guest sees, and where the host puts their memory."""
    spec = whole.vm.numa if whole.vm is not None else None
    if spec is None:
        return Section(title="NUMA", items=[])
    items: list[Item] = []
    if spec.cells:
        columns = (
            Column("node", right=True),
            Column("vCPUs", shrinks=True),
            Column("memory", right=True),
            Column("access"),
        )
        rows = [
            (str(cell.id), words.told(cell.cpus), words.size(cell.memory), words.told(cell.access))
            for cell in spec.cells
        ]
        items.append(Table(columns, rows))
    found: list[Setting] = [("on the host", "numa", words.joined(spec.mode, spec.nodeset))]
    return Section(title="NUMA", items=[*items, *settings(whole, found)])
