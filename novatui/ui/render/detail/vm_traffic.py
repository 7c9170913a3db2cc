"""What goes through each disk and interface of a machine: a line for each, to see at once which one it is."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.core import units
from novatui.core.detail import DiskRates, NicRates, Rates
from novatui.core.vmspec import DiskSpec, NicSpec
from novatui.ui.render import readings
from novatui.ui.render.detail import words
from novatui.ui.render.detail.grid import Column, Row
from novatui.ui.render.detail.sheet import Item, Section, Table, Text
from novatui.ui.render.detail.whole import Whole

OLD = 10.0
"""Seconds after which rates are not those of now."""

DISK_COLUMNS = (
    Column("disk", shrinks=True),
    Column("read", right=True),
    Column("written", right=True),
    Column("requests", right=True),
    Column("latency", right=True),
)

NIC_COLUMNS = (
    Column("interface", shrinks=True),
    Column("received", right=True),
    Column("sent", right=True),
    Column("drops", right=True),
    Column("network", shrinks=True, rank=1),
)


def disk_traffic(whole: Whole, disks: Sequence[DiskSpec]) -> Section:
    """All disks, and the drives that have a medium."""
    rates = _rates(whole)
    found = {each.target: each for each in rates.disks} if rates is not None else {}
    rows = [
        _disk(whole, found.get(disk.target) or DiskRates(target=disk.target))
        for disk in disks
        if disk.device in ("disk", "lun") or disk.target in found
    ]
    return _section(whole, rates, DISK_COLUMNS, rows)


def nic_traffic(whole: Whole, nics: Sequence[NicSpec]) -> Section:
    """All interfaces, by their name on the host or by their address."""
    rates = _rates(whole)
    found = {each.target: each for each in rates.nics} if rates is not None else {}
    rows = [_nic(nic, found.get(nic.target or nic.mac) or NicRates(target=nic.target or nic.mac)) for nic in nics]
    return _section(whole, rates, NIC_COLUMNS, rows)


def _rates(whole: Whole) -> Rates | None:
    return whole.detail.rates if whole.detail is not None else None


def _disk(whole: Whole, one: DiskRates) -> Row:
    latency = words.number(one.latency, "ms")
    if one.latency is None and one.iops == 0:
        latency = whole.look.marks.inapplicable
    return [one.target, words.rate(one.read), words.rate(one.write), words.number(one.iops, "/s"), latency]


def _nic(nic: NicSpec, one: NicRates) -> Row:
    network = words.told(nic.source)
    return [words.told(one.target), words.rate(one.rx), words.rate(one.tx), words.number(one.drops, "/s"), network]


def _section(whole: Whole, rates: Rates | None, columns: Sequence[Column], rows: Sequence[Row]) -> Section:
    if not readings.measures(whole.fleet, whole.slot):
        items: list[Item] = [Text("it does not run: nothing goes through", whole.look.styles.quiet)] if rows else []
        return Section(title="Traffic", items=items, wide=True)
    return Section(title="Traffic", items=[Table(columns, rows)] if rows else [], far=_when(whole, rates), wide=True)


def _when(whole: Whole, rates: Rates | None) -> str:
    """Of what time the figures are."""
    if rates is None:
        return "being read" if whole.reading else "not told"
    if rates.seconds is None:
        return "counted once, rates come with the next reading"
    age = whole.rates_age
    if age is not None and age >= OLD:
        return f"~{units.age(age)} old"
    return f"mean of {rates.seconds:.0f} s"
