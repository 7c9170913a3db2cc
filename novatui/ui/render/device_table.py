"""Lines of the devices of a host: what they are, where they sit, which driver and which machine has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.style import Style
from textual.strip import Strip

from novatui.core.devices import Device
from novatui.core.devicestanding import is_local
from novatui.core.states import Power
from novatui.ui.device_tree import Line
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.words import joined
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN, power_mark
from novatui.ui.render.table import highlighted
from novatui.ui.rows.source import RowState

Drawn = tuple[Line, int, bool | None]
"""A line, its depth, and whether what is below it is shown; None where nothing is."""

Holder = Callable[[str], tuple[str, str | None]]
"""Name and power state of the machine with this key."""


class DeviceTable(ItemTable):
    """Devices in columns; what stands over several of them takes the whole line."""

    def __init__(self, look: Look, holder: Holder, can_give: Callable[[Device], bool]) -> None:
        super().__init__(columns(look, holder, can_give), look)

    def row(self, item: Drawn, width: int, state: RowState) -> Strip:
        """The line of a device, or of a group."""
        if item[0].real is not None:
            return super().row(item, width, state)
        look, (text, style) = self._look, fold(item, self._look)
        point = look.marks.point if state.cursor else " "
        pieces = [(f"{point} ", look.styles.key), (text, style), (f"  {item[0].note}", look.styles.quiet)]
        return highlighted(line(pieces, width, cut=look.marks.ellipsis), state, look)


def columns(look: Look, holder: Holder, can_give: Callable[[Device], bool]) -> Sequence[ItemColumn]:
    """The columns; the address, which the name often tells, is given up first."""
    cells = _Cells(look, holder, can_give)
    return (
        ItemColumn(title="DEVICE", draw=cells.name, width=24, grow=16),
        ItemColumn(title="CLASS", draw=cells.kind, width=5),
        ItemColumn(title="GROUP", draw=cells.group, width=5, right=True),
        ItemColumn(title="NUMA", draw=cells.numa, width=4, right=True),
        ItemColumn(title="DRIVER", draw=cells.driver, width=10, grow=4),
        ItemColumn(title="HELD BY", draw=cells.held, width=13, grow=12),
        ItemColumn(title="ADDRESS", draw=cells.address, width=12, rank=1),
        ItemColumn(title="TO GIVE", draw=cells.rest, width=11),
    )


def fold(drawn: Drawn, look: Look) -> Piece:
    """The name behind the sign of what is below it."""
    one, depth, unfolded = drawn
    marks, styles = look.marks, look.styles
    sign = " " if unfolded is None else marks.unfolded if unfolded else marks.folded
    style = styles.text if one.real is not None else styles.info if one.mdev is not None else styles.title
    return f"{'  ' * depth}{sign} {one.title}", style


class _Cells:
    """What stands in the columns."""

    def __init__(self, look: Look, holder: Holder, can_give: Callable[[Device], bool]) -> None:
        self._look, self._holder, self._can_give = look, holder, can_give

    def name(self, drawn: Drawn) -> Piece:
        return fold(drawn, self._look)

    def kind(self, drawn: Drawn) -> Piece:
        one = drawn[0]
        return "type" if one.mdev is not None else one.device.device_class if one.device else "", self._quiet

    def group(self, drawn: Drawn) -> Piece:
        return self._number(drawn, lambda device: device.iommu_group)

    def numa(self, drawn: Drawn) -> Piece:
        return self._number(drawn, lambda device: device.numa_node)

    def driver(self, drawn: Drawn) -> Piece:
        device = drawn[0].real
        return device.driver if device is not None else "", self._quiet

    def held(self, drawn: Drawn) -> Piece:
        device, look = drawn[0].real, self._look
        if device is None:
            return "", look.styles.text
        if not device.holder:
            return ("free", look.styles.good) if self._can_give(device) else (look.marks.inapplicable, self._quiet)
        name, power = self._holder(device.holder)
        return (
            f"{power_mark(power, look.marks)} {name}",
            look.styles.text if power == Power.RUNNING else look.styles.off,
        )

    def address(self, drawn: Drawn) -> Piece:
        device = drawn[0].real
        return device.address if device is not None else "", self._quiet

    def rest(self, drawn: Drawn) -> Piece:
        one, styles = drawn[0], self._look.styles
        if one.device is None or one.mdev is not None:
            return one.note, styles.quiet
        said = (one.offer, joined(one.device.vendor, one.device.product))
        return "  ".join(filter(None, said)), styles.quiet

    @property
    def _quiet(self) -> Style:
        return self._look.styles.quiet

    def _number(self, drawn: Drawn, read: Callable[[Device], int | None]) -> Piece:
        device = drawn[0].real
        if device is None:
            return "", self._quiet
        value = read(device)
        inapplicable = device.device_class == "usb" or is_local(device)
        gap = self._look.marks.inapplicable if inapplicable else UNKNOWN
        return gap if value is None else str(value), self._look.styles.text
