"""What stands between the tabs and the footer of a detail screen: pages, lists, and the machines of a place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.states import Kind
from novatui.engine.fleet import Changes
from novatui.ui.columns.column import Grid
from novatui.ui.columns.views import VIEWS, View
from novatui.ui.entries import EntrySource
from novatui.ui.export import Listed
from novatui.ui.render.cells import line
from novatui.ui.render.detail import pages, places, sheet
from novatui.ui.render.detail.listing import Listing, listing
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.render.detail.whole import Whole
from novatui.ui.rows.source import ROOT
from novatui.ui.rows.view import RowView
from novatui.ui.screens.rows import Mover
from novatui.ui.sources import TableSource
from novatui.ui.stage import Stage
from novatui.ui.widgets.scroll import ScrollLines

Sight = Callable[[], Whole | None]
"""The object as it is now; None when it is gone or not there yet: what was drawn last stays."""

MEASURED = frozenset({Kind.VM, Kind.CONTAINER, Kind.HOST})
"""Kinds that have metrics of their own."""

PANE_FROM = 14
"""Bodies at least this high show what the entry under the cursor is in full below the list."""


class Body(Vertical):
    """One tab."""

    DEFAULT_CSS = """
    Body { width: 1fr; height: 1fr; }
    Body .gone { display: none; }
    """

    TAKES: ClassVar[frozenset[str]] = frozenset()
    """Ids of the actions on rows and texts that mean something here: the footer names no others."""

    TITLES: ClassVar[Mapping[str, str]] = {}
    """What some of them are called here."""

    def __init__(self, stage: Stage, sight: Sight, tab: Tab) -> None:
        super().__init__(id=f"tab-{tab.name}")
        self.stage = stage
        self.sight = sight
        self.tab = tab

    SCOPES: ClassVar[tuple[Scope, ...]] = ()
    """Whose keys go before those of the screen while it is shown."""

    def redraw(self) -> None:
        """Something changed, or time went by."""

    def part(self) -> Mapping[str, str]:
        """Arguments that say which part of the object the cursor is on."""
        return {}

    def listed(self) -> Listed | None:
        """What an export writes, where there is something to be written."""
        return None

    def concerns(self, changes: Changes) -> bool:
        """Something changed that the tab shows beside the object itself."""
        del changes
        return False

    def read_again(self) -> None:
        """Somebody wants to see it as it is now."""

    def take(self, changes: Changes) -> None:
        """Something changed in the stores that concerns what is shown."""
        del changes
        self.redraw()

    def mover(self) -> Mover:
        """What the keys of movement go through."""
        raise NotImplementedError

    def rows(self) -> RowView | None:
        """The rows that can be folded, opened and marked, if there are any."""
        return None

    def begin(self) -> None:
        """It is shown from now on."""
        rows = self.rows()
        if rows is not None:
            rows.focus()

    def enter(self) -> int | None:
        """Open what the cursor is on; the slot of an object that has a screen of its own."""
        return None

    def step_in(self) -> None:
        """To the right, or unfold."""
        rows = self.rows()
        if rows is not None:
            rows.step_in()

    def step_out(self) -> None:
        """To the left, or fold."""
        rows = self.rows()
        if rows is not None:
            rows.step_out()

    def step_back(self) -> bool:
        """Undo one narrowing; False when there is none."""
        return False

    def subject(self) -> int | None:
        """The object under the cursor, where rows are objects."""
        return None

    def measured(self) -> Collection[int]:
        """Slots beside the object itself whose metrics are shown."""
        return ()

    def summed(self) -> Collection[int]:
        """Nodes whose machines are to be summed up."""
        return ()

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """Keys to measure by connection: the object itself, where it can be measured, and `measured`."""
        whole = self.sight()
        if whole is None:
            return {}
        store = self.stage.fleet.inventory
        found: dict[str, set[str]] = {}
        for slot in {whole.slot, *self.measured()}:
            if store.alive(slot) and store.kind(slot) in MEASURED:
                found.setdefault(store.conn(slot), set()).add(store.key(slot))
        return found


class PageBody(Body):
    """Boxes of named fields, scrolled through."""

    def __init__(self, stage: Stage, sight: Sight, tab: Tab) -> None:
        super().__init__(stage, sight, tab)
        self._lines = ScrollLines(self._draw, ascii_only=stage.look.marks.ascii)
        self._last: Sequence[Strip] = ()

    def compose(self) -> ComposeResult:
        """The page."""
        yield self._lines

    def redraw(self) -> None:
        """Draw anew; only what differs is repainted."""
        self._lines.redraw()

    def take(self, changes: Changes) -> None:
        """What sums up many objects waits for the next look at ages, unless it changed itself."""
        whole = self.sight()
        if whole is None or whole.kind not in PLACES or whole.slot in changes.rows or changes.connections:
            self._lines.redraw()

    def mover(self) -> Mover:
        """The keys scroll."""
        return self._lines

    def measured(self) -> Collection[int]:
        """Of a place its hosts: their figures are summed up."""
        whole = self.sight()
        if whole is None or whole.kind not in PLACES:
            return ()
        return places.members(whole, Kind.HOST)

    def _draw(self, width: int) -> Sequence[Strip]:
        if width <= 0:
            return ()
        whole = self.sight()
        if whole is not None:
            self._last = pages.page(whole, self.tab.name, width)
        elif not self._last:
            return [line([(" it is not in the inventory, or not yet", self.stage.look.styles.quiet)], width)]
        return [strip if strip.cell_length == width else strip.adjust_cell_length(width) for strip in self._last]


PLACES = frozenset({Kind.CLUSTER, Kind.DATACENTER, Kind.FOLDER, Kind.GROUP, Kind.CONNECTION})
"""Kinds whose pages sum up hosts."""


class ListBody(Body):
    """Entries, and in full below them the one under the cursor. Enter gives it all the room."""

    TAKES = frozenset({"open"})
    TITLES: ClassVar[Mapping[str, str]] = {"open": "in full"}

    def __init__(self, stage: Stage, sight: Sight, tab: Tab) -> None:
        super().__init__(stage, sight, tab)
        ascii_only = stage.look.marks.ascii
        self._source = EntrySource(stage.look)
        self._view = self.view(RowView)
        self._pane = ScrollLines(self._draw_pane, ascii_only=ascii_only)
        self._unfolded: set[int] = set()
        """Branches that were shown open once: who folded one keeps it folded."""
        self._expanded = False
        """The pane has all the room."""

    def view(self, made: type[RowView]) -> RowView:
        """The rows, of this class."""
        painter, ascii_only = self.stage.pulse.painter, self.stage.look.marks.ascii
        return made(self._source, header=True, painter=painter, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """The list and the pane."""
        yield self._view
        yield self._pane

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Take in what is told now."""
        whole = self.sight()
        if whole is None:
            return
        self.fill(listing(whole, self.tab.name))

    def fill(self, told: Listing) -> None:
        """Show these entries; the cursor stays on its entry."""
        before = self._source.branches
        self._source.set(told)
        self._view.placeholder = f" {told.empty}"
        self._view.changed(ROOT, *before, *self._source.branches)
        fresh = set(self._source.branches) - self._unfolded
        if fresh:
            self._unfolded |= fresh
            self._view.set_expanded(fresh)
        self._view.touch(self._view.model.window())
        self._lay_out()

    def mover(self) -> Mover:
        """The list, or the pane while it has all the room."""
        return self._pane if self._expanded else self._view

    def rows(self) -> RowView:
        """The entries."""
        return self._view

    def enter(self) -> int | None:
        """Give the entry under the cursor all the room, or take it back."""
        entry = self._source.entry(self._view.cursor)
        if entry is not None and entry.full is not None:
            self._expanded = not self._expanded
            self._lay_out()
        return None

    def step_back(self) -> bool:
        """Back to the list."""
        if not self._expanded:
            return False
        self._expanded = False
        self._lay_out()
        return True

    def _lay_out(self) -> None:
        entry = self._source.entry(self._view.cursor)
        full = entry is not None and entry.full is not None
        self._expanded = self._expanded and full
        height = self.size.height
        room = height if self._expanded else min(16, height * 2 // 5) if full and height >= PANE_FROM else 0
        self._pane.set_class(not room, "gone")
        self._view.set_class(self._expanded, "gone")
        self._pane.styles.height = room or 1
        self._pane.redraw()

    def on_resize(self, event: events.Resize) -> None:
        del event
        self._lay_out()

    @on(RowView.CursorMoved)
    def _moved(self) -> None:
        self._pane.home()
        self._lay_out()

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.enter()

    def _draw_pane(self, width: int) -> Sequence[Strip]:
        entry = self._source.entry(self._view.cursor)
        if entry is None or entry.full is None or width <= 0:
            return ()
        whole = self.sight()
        return sheet.draw(entry.full(), width, self.stage.look, protected=whole is not None and whole.protected)


_VIEW_OF_TAB = {"machines": "vm", "users": "vm", "hosts": "host", "storage": "ds", "networks": "net"}


class MembersBody(Body):
    """Objects of the inventory that belong to the one that is shown: Enter opens them."""

    TAKES = frozenset({"open", "mark"})

    def __init__(self, stage: Stage, sight: Sight, tab: Tab) -> None:
        super().__init__(stage, sight, tab)
        self._kind = next(view for view in VIEWS if view.name == _VIEW_OF_TAB[tab.name])
        self._source = TableSource(stage.fleet, stage.look, stage.versions)
        self._source.grid = self.grid(self._kind)
        self._view = RowView(
            self._source,
            header=True,
            painter=stage.pulse.painter,
            ascii_only=stage.look.marks.ascii,
        )

    def compose(self) -> ComposeResult:
        """The table."""
        yield self._view

    def on_mount(self) -> None:
        self.redraw()

    def grid(self, view: View) -> Grid:
        """The columns."""
        return view.grid()

    def members(self, whole: Whole) -> list[int]:
        """Who belongs to it, in drawing order."""
        return places.members(whole, *self._kind.kinds)

    def empty(self, whole: Whole | None) -> str:
        """What is said where nobody does."""
        del whole
        return f"no {self._kind.many} are known here"

    def redraw(self) -> None:
        """Take in who belongs to it now, and what is new of them."""
        whole = self.sight()
        self._view.placeholder = f" {self.empty(whole)}"
        order = self.members(whole) if whole is not None else []
        if order != self._source.order:
            gone = set(self._source.order) - set(order)
            self._source.order = order
            self._view.forget(gone)
            self._view.changed()
        self._view.touch(self._view.model.window())

    def take(self, changes: Changes) -> None:
        """Who belongs to it changes with the shape of the tree only."""
        if changes.structure or changes.connections:
            self.redraw()
        else:
            self._view.touch(changes.rows)

    def mover(self) -> Mover:
        """The rows."""
        return self._view

    def rows(self) -> RowView:
        """The rows."""
        return self._view

    def enter(self) -> int | None:
        """The object under the cursor."""
        return self._view.cursor

    def subject(self) -> int | None:
        """The object under the cursor."""
        cursor = self._view.cursor
        return cursor if cursor is not None and self.stage.fleet.inventory.alive(cursor) else None

    def measured(self) -> Collection[int]:
        """What is on the screen."""
        return self._view.model.window()

    @on(RowView.CursorMoved)
    def _moved(self, message: Any) -> None:
        del message
        self.stage.pulse.attend()
