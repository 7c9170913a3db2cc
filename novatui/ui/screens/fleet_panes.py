"""The panes of the fleet screen: what is there at which size, and what is drawn in it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.geometry import Size
from textual.strip import Strip

from novatui.core.text import clean
from novatui.engine.query import QueryError
from novatui.ui.columns.views import HOME, VIEW
from novatui.ui.listing import FleetListing, sort_of
from novatui.ui.place import Place
from novatui.ui.render import bars, peek, readings, strip
from novatui.ui.render.cells import spread
from novatui.ui.render.subject import Subject
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.snapreport import SnapshotReport
from novatui.ui.sources import TableSource, TreeSource
from novatui.ui.stage import Stage
from novatui.ui.widgets.filterbar import FilterBar
from novatui.ui.widgets.lines import Lines
from novatui.ui.widgets.pane import Pane

TITLE_EDGES = 10
"""Cells of a title that are neither text nor far text."""


class FleetPanes(FrameScreen, inherit_bindings=False):
    """Tree, table, peek pane, strip of tasks and events, and the lines around them."""

    DEFAULT_CSS = """
    FleetPanes #middle { layout: horizontal; }
    FleetPanes #tree-pane { width: 34; }
    FleetPanes #table-pane { width: 1fr; }
    FleetPanes #bar { width: 1; height: 1fr; }
    FleetPanes #peek { height: 4; }
    FleetPanes #strip { height: 5; }
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._tree_source = TreeSource(stage.fleet, stage.look, stage.versions)
        self._table_source = TableSource(stage.fleet, stage.look, stage.versions)
        view = VIEW.get(place.name, HOME)
        self._listing = FleetListing(
            stage.fleet, stage.look, view, filter=clean(place.filter), sort=sort_of(place.sort)
        )
        self._table_source.grid = view.grid(stage.preferences.columns(view.name))
        self._tree_wanted: bool | None = None
        """What the person asked for; None: by the width of the screen."""
        self._in_tree = False
        """The tree has the keyboard. Known at once, while Textual tells of the focus some messages later."""
        self._zoomed = ""
        """Pane that has the screen for itself: `tree`, `table`, or empty."""
        self._wrong: QueryError | None = self._listing.problem
        """What is wrong with the filter that is being typed."""
        self._words_wanted: bool | None = None
        """Lines in words instead of columns; None: by the width of the screen."""

        self._snapshots = SnapshotReport(stage.fleet, stage.look)
        self._make_panes()

    def _make_panes(self) -> None:
        ascii_only, painter = self.look.marks.ascii, self.stage.pulse.painter
        self._filter = FilterBar(self, self._draw_listing, self._draw_counts, text=self.at.filter, id="filter")
        self._tree = RowView(self._tree_source, painter=painter, ascii_only=ascii_only, id="tree")
        self._table = RowView(self._table_source, header=True, painter=painter, ascii_only=ascii_only, id="table")
        self._peek_title = Lines(self._draw_peek_title, id="peek-title")
        self._peek = Lines(self._draw_peek, id="peek")
        self._strip_title = Lines(lambda width, _: [bars.rule(self.look, width, "Tasks & events")], id="strip-title")
        self._strip = Lines(lambda width, height: strip.lines(self.fleet, self.look, width, height), id="strip")
        self._tree_title = Lines(self._draw_tree_title, id="tree-title")
        self._table_title = Lines(self._draw_table_title, id="table-title")
        self._tree_pane = Pane(self._tree_title, self._tree, id="tree-pane")
        self._bar = Lines(self._draw_bar, id="bar")
        self._table_pane = Pane(self._table_title, self._table, id="table-pane")

    def compose_body(self) -> ComposeResult:
        """The panes, top to bottom, laid out as they will stay: the first frame is laid out once."""
        self._lay_out(self.app.size)
        yield self._filter
        yield Pane(self._tree_pane, self._bar, self._table_pane, id="middle")
        yield self._peek_title
        yield self._peek
        yield self._strip_title
        yield self._strip

    # Drawing

    def draw_header(self, width: int) -> Strip:
        """Counts over all connections."""
        return bars.status(self.fleet, self.look, width)

    def _draw_listing(self, width: int, height: int) -> list[Strip]:
        del height
        return [bars.listing(self._table_source.listing, self.look, width, self.key("filter"))]

    def _draw_counts(self, width: int, height: int) -> list[Strip]:
        del height
        return [spread([], bars.counts(self._table_source.listing, self.look)[:1], width)]

    def _draw_bar(self, width: int, height: int) -> list[Strip]:
        return [bars.edge(self.look, width)] * height

    def _draw_tree_title(self, width: int, height: int) -> list[Strip]:
        del height
        return [bars.rule(self.look, width, "Inventory", focused=self._in_tree)]

    def _draw_table_title(self, width: int, height: int) -> list[Strip]:
        del height
        name, scope = self._table_source.listing.scope, self._listing.scope
        title = self._listing.view.title
        protected = bool(name) and scope is not None and readings.protected(self.fleet, scope)
        if name:
            title += f" in {name}"
        elif self._listing.view.name != "conn":
            title += " in all connections"
        listed = self._listing.order if self._listing.view.name == "snap" else ()
        far = self._snapshots.text(listed, width - cell_len(title) - TITLE_EDGES) if listed else ""
        return [bars.rule(self.look, width, title, far, focused=not self._in_tree, protected=protected)]

    def subject(self) -> int | None:
        """The object under the cursor of the pane with the keyboard."""
        slot = self.rows().cursor
        return slot if slot is not None and self.fleet.inventory.alive(slot) else None

    def _subject(self) -> Subject | None:
        slot = self.subject()
        return None if slot is None else self._table_source.subject(slot)

    def _draw_peek_title(self, width: int, height: int) -> list[Strip]:
        del height
        subject = self._subject()
        if subject is None:
            return [bars.rule(self.look, width, "Nothing selected")]
        name, way = peek.title(subject)
        return [bars.rule(self.look, width, name, way, protected=readings.protected(self.fleet, subject.slot))]

    def _draw_peek(self, width: int, height: int) -> list[Strip]:
        subject = self._subject()
        return peek.lines(subject, width, height) if subject else []

    def draw_keys(self, width: int) -> Strip:
        """What is wrong with the filter, or the keys."""
        if self._wrong is not None:
            return bars.problem(self._wrong.message, self._wrong.hint, self.look, width)
        return super().draw_keys(width)

    def _draw_sort_keys(self, width: int) -> Sequence[Strip]:
        shown = self._table_source.grid.shows(self._table.body_width)
        return bars.sort_keys(self._listing.view.words(shown).items(), self.look, width)

    # Layout

    def _lay_out(self, size: Size) -> None:
        """Which panes are there, and how large, on a screen of this size."""
        plan = layout.plan(
            size.width, size.height, tree=self._tree_wanted, zoomed=self._zoomed, words=self._words_wanted
        )
        for part, shown in (
            (self._filter, plan.bars),
            (self._tree_title, plan.titles),
            (self._table_title, plan.titles),
            (self._tree_pane, plan.tree > 0),
            (self._bar, plan.tree > 0 and plan.table),
            (self._table_pane, plan.table),
            (self._peek_title, plan.peek > 0),
            (self._peek, plan.peek > 0),
            (self._strip_title, plan.strip > 0),
            (self._strip, plan.strip > 0),
        ):
            part.set_class(not shown, "gone")
        self._tree_pane.styles.width = plan.tree
        self._write_in_words(plan.words)
        self._peek.styles.height = plan.peek
        self._strip.styles.height = plan.strip

    def on_resize(self) -> None:
        self._lay_out_anew()

    def _lay_out_anew(self) -> None:
        """The screen has another size, or somebody wants other panes."""
        self._lay_out(self.size)
        if not self._tree_shown and self._in_tree:
            self._go_to(tree=False)
        self._filter.redraw()

    def _write_in_words(self, words: bool) -> None:
        """A sentence for each object, or columns with their titles."""
        if self._table_source.in_words != words:
            self._table_source.in_words = words
            self._table.show_header(not words)
            self._table.redraw()

    @property
    def _tree_shown(self) -> bool:
        return not self._tree_pane.has_class("gone")

    # The keyboard

    def rows(self) -> RowView:
        """The pane that row keys go to."""
        return self._tree if self._in_tree else self._table

    def _go_to(self, *, tree: bool) -> None:
        """Give one of the panes the keyboard: also for a key that came together with this one."""
        self._in_tree = tree
        self.rows().focus()

    def on_descendant_focus(self) -> None:
        """Titles tell which pane has the keyboard; a click may have given it."""
        self._in_tree = self.focused is self._tree
        for title in (self._tree_title, self._table_title, self._peek_title, self._peek):
            title.redraw()
