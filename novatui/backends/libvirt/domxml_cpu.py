"""Processors of a domain, from its XML: count, model, topology, pinning, scheduling, NUMA."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.xmltree import integer, scaled, text_at, text_of
from novatui.core.vmspec import CpuFeature, CpuSpec, CpuTopology, NumaCell, NumaSpec, Pin, Scheduler


def cpu(root: Element) -> CpuSpec:
    """Virtual processors and what they may use of the host's."""
    online, most = counts(root)
    model = root.find("cpu")
    tune = root.find("cputune")
    return CpuSpec(
        count=online,
        maximum=most,
        mode=model.get("mode", "") if model is not None else "",
        model=text_at(model, "model"),
        match=model.get("match", "") if model is not None else "",
        topology=_topology(model),
        features=_features(model),
        shares=integer(text_at(tune, "shares")),
        quota=integer(text_at(tune, "quota")),
        period=integer(text_at(tune, "period")),
        pins=tuple(_pins(root, tune)),
        emulator_pin=_cpuset(tune, "emulatorpin"),
        schedulers=tuple(_schedulers(tune)),
        hot_add=most > online if most is not None and online is not None else None,
    )


def counts(root: Element) -> tuple[int | None, int | None]:
    """vCPUs online and at most."""
    vcpu = root.find("vcpu")
    most = integer(text_of(vcpu))
    if vcpu is None or "current" not in vcpu.attrib:
        return most, most
    return integer(vcpu.get("current")), most


def _topology(model: Element | None) -> CpuTopology | None:
    shape = model.find("topology") if model is not None else None
    if shape is None:
        return None
    sockets, cores, threads = (integer(shape.get(part)) for part in ("sockets", "cores", "threads"))
    if sockets is None or cores is None or threads is None:
        return None
    return CpuTopology(sockets=sockets, dies=integer(shape.get("dies")) or 1, cores=cores, threads=threads)


def _features(model: Element | None) -> tuple[CpuFeature, ...]:
    if model is None:
        return ()
    return tuple(
        CpuFeature(name=name, policy=feature.get("policy", "require"))
        for feature in model.findall("feature")
        if (name := feature.get("name"))
    )


def _pins(root: Element, tune: Element | None) -> Iterator[Pin]:
    vcpu = root.find("vcpu")
    if vcpu is not None and (cpuset := vcpu.get("cpuset")):
        yield Pin(subject="vcpus", cpuset=cpuset)
    for tag, name in (("vcpupin", "vcpu"), ("iothreadpin", "iothread")):
        for pin in tune.findall(tag) if tune is not None else ():
            if (number := pin.get(name)) and (cpuset := pin.get("cpuset")):
                yield Pin(subject=f"{name} {number}", cpuset=cpuset)


def _cpuset(tune: Element | None, tag: str) -> str:
    pin = tune.find(tag) if tune is not None else None
    return pin.get("cpuset", "") if pin is not None else ""


def _schedulers(tune: Element | None) -> Iterator[Scheduler]:
    kinds = (("vcpusched", "vcpus"), ("iothreadsched", "iothreads"), ("emulatorsched", "emulator"))
    for tag, name in kinds:
        for each in tune.findall(tag) if tune is not None else ():
            if policy := each.get("scheduler"):
                subject = f"{name} {each.get(name, '')}".strip()
                yield Scheduler(subject=subject, policy=policy, priority=integer(each.get("priority")))


def numa(root: Element) -> NumaSpec | None:
    """NUMA of the guest and of its memory on the host; None when nothing is said of it."""
    cells = tuple(_cell(position, cell) for position, cell in enumerate(root.findall("cpu/numa/cell")))
    memory = root.find("numatune/memory")
    nodes = root.findall("numatune/memnode")
    if not cells and memory is None and not nodes:
        return None
    if memory is not None:
        return NumaSpec(cells=cells, mode=memory.get("mode", ""), nodeset=memory.get("nodeset", ""))
    placed = ", ".join(f"cell {node.get('cellid', '?')}: {node.get('nodeset', '?')}" for node in nodes)
    return NumaSpec(cells=cells, mode=nodes[0].get("mode", "") if nodes else "", nodeset=placed)


def _cell(position: int, cell: Element) -> NumaCell:
    """Without an id the cells are numbered by their order."""
    number = integer(cell.get("id"))
    return NumaCell(
        id=position if number is None else number,
        cpus=cell.get("cpus", ""),
        memory=scaled(cell.get("memory"), cell.get("unit", "KiB")),
        access=cell.get("memAccess", ""),
    )
