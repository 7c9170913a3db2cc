"""The rule about NUMA: processors, memory and devices of a machine belong on one cell of the host."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.cpuset import parse, written
from novatui.core.errors import InvalidInput
from novatui.core.posture import HostCell, HostFacts, Level, MachineFacts, Verdict, unknown
from novatui.core.posture_performance import pins_of
from novatui.core.units import size


def numa(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    cells = host.cells.value
    evidence = (machine.evidence, host.cells.evidence)
    if cells is None:
        yield unknown("how many NUMA cells the host has", host.cells)
    elif not cells:
        yield Verdict(level=Level.UNKNOWN, reason="the host tells of no NUMA cells", evidence=evidence)
    elif len(cells) == 1:
        yield Verdict(level=Level.OK, reason="the host has one NUMA cell: nothing to align", evidence=evidence)
    else:
        troubles = [*_placement(machine, cells), *_devices(machine, cells)]
        yield from troubles or [Verdict(level=Level.OK, reason=_fine(machine, cells), evidence=evidence)]


def _placement(machine: MachineFacts, cells: tuple[HostCell, ...]) -> Iterator[Verdict]:
    """Processors against memory."""
    used, bound = _cells_of_cpus(machine, cells), _bound(machine)
    evidence = (machine.evidence,)
    if used and bound is not None and bound - used:
        reason = f"vCPUs are tied to cell {written(used)}, memory is bound to cell {written(bound)}"
        yield Verdict(level=Level.WARNING, reason=reason, given=_at(used, cells), evidence=evidence)
    elif used and bound is None and len(used) < len(cells):
        reason = f"vCPUs are tied to cell {written(used)}, memory is bound to none and may come from another"
        yield Verdict(level=Level.ADVICE, reason=reason, given=_at(used, cells), evidence=evidence)
    elif not used and bound is not None and len(bound) < len(cells):
        reason = f"memory is bound to cell {written(bound)}, vCPUs may run on any"
        yield Verdict(level=Level.ADVICE, reason=reason, remedy="cpus", given=_at(bound, cells), evidence=evidence)
    elif not used and (wide := _wider(machine, cells)):
        yield Verdict(level=Level.ADVICE, reason=wide, remedy="guest", evidence=evidence)


def _devices(machine: MachineFacts, cells: tuple[HostCell, ...]) -> Iterator[Verdict]:
    """Host devices against processors."""
    used = _cells_of_cpus(machine, cells)
    for address, told in machine.device_cells.items():
        if told.value is None:
            yield unknown(f"the NUMA cell of {address}", told, address)
        elif told.value not in used and len(used) < len(cells):
            where = f"its vCPUs are tied to cell {written(used)}" if used else "its vCPUs may run on any"
            reason = f"{address} is on cell {told.value}, {where}"
            given = _at(frozenset({told.value}), cells)
            yield Verdict(
                level=Level.WARNING if used else Level.ADVICE, reason=reason, subject=address, given=given,
                evidence=(machine.evidence, told.evidence),
            )  # fmt: skip


def _fine(machine: MachineFacts, cells: tuple[HostCell, ...]) -> str:
    used = _cells_of_cpus(machine, cells)
    if used:
        return f"processors and memory on cell {written(used)}"
    if len(_guest_cells(machine)) > 1:
        return f"the guest itself sees {len(_guest_cells(machine))} NUMA cells"
    return f"fits into one of the {len(cells)} cells: the host's scheduler keeps it together"


def _wider(machine: MachineFacts, cells: tuple[HostCell, ...]) -> str:
    """Why it fits into no single cell, when the guest does not know of it; empty when it does."""
    count, memory = machine.vm.cpu.count or 0, machine.vm.memory.size or 0
    most = max(len(cell.cpus) for cell in cells)
    room = max((cell.memory or 0 for cell in cells), default=0)
    if len(_guest_cells(machine)) > 1:
        return ""
    if most and count > most:
        return f"{count} vCPUs are more than the {most} processors of a cell, and the guest sees one cell"
    if room and memory > room:
        return f"{size(memory)} of memory is more than the {size(room)} of a cell, and the guest sees one cell"
    return ""


def _guest_cells(machine: MachineFacts) -> tuple[object, ...]:
    return machine.vm.numa.cells if machine.vm.numa is not None else ()


def _cells_of_cpus(machine: MachineFacts, cells: tuple[HostCell, ...]) -> frozenset[int]:
    """Cells that the tied vCPUs are on; empty when none is tied, or not all of them are."""
    pins = pins_of(machine)
    if not pins or len(pins) < (machine.vm.cpu.count or 0):
        return frozenset()
    cpus = frozenset[int]().union(*pins.values())
    return frozenset(cell.id for cell in cells if cell.cpus & cpus)


def _bound(machine: MachineFacts) -> frozenset[int] | None:
    """Cells that the memory is bound to; None when it is bound to none, or each guest cell to its own."""
    numa = machine.vm.numa
    if numa is None or not numa.nodeset or numa.mode in {"preferred", "interleave"}:
        return None
    try:
        return parse(numa.nodeset)
    except InvalidInput:
        return None


def _at(wanted: frozenset[int], cells: tuple[HostCell, ...]) -> dict[str, str]:
    cpus = frozenset[int]().union(*(cell.cpus for cell in cells if cell.id in wanted))
    return {"cell": written(wanted), "cpus": written(cpus)}
