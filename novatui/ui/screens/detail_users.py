"""The machines that use a store or a network, and through which of their devices."""

from __future__ import annotations

from textual.app import ComposeResult

from novatui.core.detail import Users
from novatui.core.states import Kind
from novatui.engine.naming import natural_key
from novatui.ui.columns import cells
from novatui.ui.columns.column import Column, Grid
from novatui.ui.columns.views import View
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.listing import unread
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.subject import Subject
from novatui.ui.screens.detail_body import MembersBody, Sight
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

USED = {Kind.DATASTORE: "has a disk here", Kind.NETWORK: "is plugged in here"}
"""What a machine does that uses an object of this kind."""


class UsersBody(MembersBody):
    """Who is in trouble when this is: rows as in the list of machines, with the devices that lead here."""

    DEFAULT_CSS = """
    UsersBody #untold { height: 1; }
    """

    def __init__(self, stage: Stage, sight: Sight, tab: Tab, kind: Kind) -> None:
        """`kind` is what is used."""
        self._through_cells = 17 if kind is Kind.NETWORK else 9  # a whole MAC: they all begin alike
        self._through: dict[int, tuple[str, ...]] = {}
        """By slot: names of its devices."""
        super().__init__(stage, sight, tab)
        self._untold = Lines(lambda width, _: [line([self._said()], width)], id="untold")

    def compose(self) -> ComposeResult:
        """The table, and how many machines may be missing from it."""
        yield from super().compose()
        yield self._untold

    def grid(self, view: View) -> Grid:
        """Those of the list of machines behind the devices."""
        through = Column(
            id="through", title="THROUGH", help="its disks or interfaces here", width=self._through_cells, grow=12,
            rank=1, draw=self._draw_through, word="through",
        )  # fmt: skip
        return Grid([through, *view.grid().columns])

    def members(self, whole: Whole) -> list[int]:
        """Those that are in the inventory, by name."""
        store, told = self.stage.fleet.inventory, _users(whole)
        found = {
            slot: user.through for user in told.machines if (slot := store.neighbour(whole.slot, user.key)) is not None
        }
        self._through = found
        return sorted(found, key=lambda slot: natural_key(store.name(slot)))

    def empty(self, whole: Whole | None) -> str:
        """Why nobody is listed."""
        if whole is None:
            return ""
        told = whole.detail.users if whole.detail is not None else None
        return unread(whole, "users", told, f"no machine {USED[whole.kind]}")

    def redraw(self) -> None:
        """The same, and how many are not known of."""
        super().redraw()
        self._untold.set_class(not self._said()[0], "gone")
        self._untold.redraw()

    def _said(self) -> Piece:
        whole = self.sight()
        missing = _users(whole).untold if whole is not None else 0
        said = f" ? of {missing:,} more machines it is not known" if missing else ""
        return said, self.stage.look.styles.warning

    def _draw_through(self, subject: Subject, width: int) -> Piece:
        names = self._through.get(subject.slot, ())
        return cells.plain(", ".join(names) or "?", subject, width)


def _users(whole: Whole) -> Users:
    told = whole.detail.users if whole.detail is not None else None
    return told if told is not None else Users()
