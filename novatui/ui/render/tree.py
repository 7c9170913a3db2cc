"""The inventory tree: one line for each connection, datacenter, cluster, host and machine."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from novatui.core import units
from novatui.core.states import Family, Kind, Link, Power
from novatui.ui.render import readings
from novatui.ui.render.cells import Group, Piece, spread, whole, width_of
from novatui.ui.render.marks import UNKNOWN, link_mark, power_mark
from novatui.ui.render.subject import Subject
from novatui.ui.render.table import alarm_mark, highlighted
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import RowState

SHOWN = frozenset(
    {
        Kind.GROUP,
        Kind.CONNECTION,
        Kind.DATACENTER,
        Kind.FOLDER,
        Kind.CLUSTER,
        Kind.HOST,
        Kind.RESOURCE_POOL,
        Kind.VM,
        Kind.CONTAINER,
        Kind.TEMPLATE,
    }
)
"""Kinds that the tree has rows for; stores and networks have screens of their own."""

CONTAINERS = frozenset({Kind.CLUSTER, Kind.DATACENTER, Kind.FOLDER, Kind.GROUP})
"""Kinds that are told apart by how many machines are in them."""

NAME_AT_LEAST = 12
"""Cells of a name that facts leave to it."""

FAMILY_NAMES: dict[Family, str] = {
    Family.LIBVIRT: "libvirt",
    Family.VSPHERE: "vSphere",
    Family.HYPERV: "Hyper-V",
    Family.XCPNG: "XCP-ng",
    Family.PROXMOX: "Proxmox",
}


def row(subject: Subject, width: int, state: RowState, has_children: bool) -> Strip:
    """The line of one node."""
    look = subject.look
    fold = (look.marks.unfolded if state.expanded else look.marks.folded) if has_children else " "
    sign, sign_style = _sign(subject)
    left: list[Piece] = [
        ("  " * state.depth, look.styles.text),
        (fold + " ", look.styles.quiet),
        (f"{sign} " if sign else "", sign_style),
        ("*" if state.marked else "", look.styles.mark),
    ]
    mark = alarm_mark(subject)
    if mark is not None:
        left.append(mark)
    name = subject.fleet.inventory.name(subject.slot)
    room = width - width_of(left) - min(cell_len(name), NAME_AT_LEAST)
    far = whole(_facts(subject), room)
    room = width - width_of(left) - width_of(far)
    left.append((fit(name, max(1, room), ellipsis=look.marks.ellipsis), _name_style(subject)))
    return highlighted(spread(left, far, width), state, look)


def _name_style(subject: Subject) -> Style:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    if readings.shown_age(fleet, slot, look):
        return look.styles.stale
    return readings.own_tint(fleet, slot, look) or look.styles.text


def _sign(subject: Subject) -> tuple[str, Style]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    kind = fleet.inventory.kind(slot)
    if kind is Kind.CONNECTION:
        link = fleet.connections[fleet.inventory.conn(slot)].status.link
        style = look.styles.good if link is Link.UP else look.styles.bad if link is Link.DOWN else look.styles.warning
        return link_mark(link, look.marks), style
    if kind in readings.MACHINES:
        power = readings.power(fleet, slot)
        running = power == Power.RUNNING
        return power_mark(power, look.marks), look.styles.good if running else look.styles.off
    if kind is Kind.HOST:
        if fleet.inventory.value(slot, "maintenance") is True:
            return look.marks.partly, look.styles.warning
        power = readings.power(fleet, slot)
        if power is None:
            return UNKNOWN, look.styles.quiet
        return power_mark(power, look.marks), look.styles.good if power == Power.RUNNING else look.styles.bad
    return "", look.styles.text


def _facts(subject: Subject) -> list[Group]:
    """What stands at the right end of a node."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    kind = fleet.inventory.kind(slot)
    if kind is Kind.CONNECTION:
        return _connection_facts(subject)
    age = readings.shown_age(fleet, slot, look)
    if age:
        return [(0, [(f" ~{age} ", look.styles.stale)])]
    machines: Group = (1, [(f" {fleet.identity.count(slot, 'machines'):,} vm ", look.styles.quiet)])
    if kind is Kind.HOST:
        if fleet.inventory.value(slot, "maintenance") is True:
            return [(0, [(" maintenance ", look.styles.warning)])]
        cpu = units.percent(fleet.metrics.latest(slot, "cpu.used"))
        return [machines, (2, [(f" cpu {fit(cpu, 3, right=True)}% ", look.styles.quiet)])]
    return [machines] if kind in CONTAINERS else []


def _connection_facts(subject: Subject) -> list[Group]:
    """What it is; how long it has been away; and what protects it, which is never left out for lack of room."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    connection = fleet.connections[fleet.inventory.conn(slot)]
    facts: list[Group] = [
        (4, [(f" {fleet.identity.count(slot, 'machines'):,} vm ", look.styles.quiet)]),
        (3, [(f" {FAMILY_NAMES[connection.spec.family]} ", look.styles.quiet)]),
    ]
    link = connection.status.link
    if link is not Link.UP:
        away = readings.shown_age(fleet, slot, look)
        facts.append((2, [(f" ~{away} ", look.styles.stale) if away else (f" {link.value} ", look.styles.warning)]))
    if connection.spec.protected:
        facts.append((0, [(" PROT", look.styles.protected), (" ", look.styles.text)]))
    if connection.spec.readonly:
        facts.append((1, [(" RO", look.styles.readonly), (" ", look.styles.text)]))
    return facts
