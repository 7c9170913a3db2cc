"""What the matrix of capabilities shows: columns of a level, features that fit the filter, and where the cursor is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import msgspec
from textual.strip import Strip

from novatui.core import units
from novatui.core.capabilities import Fact, Sheet
from novatui.core.features import FEATURES, Feature
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Fleet
from novatui.ui.capability_columns import Column, Level, columns_of
from novatui.ui.capability_filter import CapabilityFilter
from novatui.ui.capability_sheets import sheet_of, spoken
from novatui.ui.render.capabilities import Cell, Head, Layout, cell_of, headings, lay_out, row
from novatui.ui.render.look import Look
from novatui.ui.rows.source import ROOT, RowState

NUMBERS: Mapping[str, int] = {feature.slug: at for at, feature in enumerate(FEATURES)}


class View(msgspec.Struct, frozen=True):
    """Where a person is in it: going back shows the same."""

    level: Level = Level.FAMILIES
    scope: str = ""
    column: str = ""
    """Key of the column under the cursor."""


class Asked(msgspec.Struct, frozen=True):
    """How much of what is to be listed was asked."""

    count: int
    last: float | None
    """When the last one answered, epoch seconds."""
    slowest: float | None
    """Milliseconds that the slowest answer took."""


class Matrix:
    """Rows are numbers of features, so that a `RowView` goes through them; columns are its own."""

    def __init__(self, fleet: Fleet, look: Look, asking: Callable[[ObjectRef], bool]) -> None:
        """`asking` tells whether a question about an object is out."""
        self._fleet = fleet
        self._look = look
        self._asking = asking
        self.view = View()
        self.columns: list[Column] = []
        """Those that are listed, pinned ones first."""
        self.candidates: list[Column] = []
        """Those that fit the filter whatever they answer: it takes the answers of all of them to tell who is listed."""
        self.total = 0
        """Columns of the level, listed or not."""
        self.order: list[int] = []
        """Features that are listed, by number, pinned ones first."""
        self.filter = CapabilityFilter("")
        self.pinned: list[str] = []
        """Keys of columns that stay at the left."""
        self.kept: list[int] = []
        """Features that stay at the top."""
        self.marked: list[str] = []
        """Keys of columns, in the order in which they were marked."""
        self._left = 0
        self._all: list[Column] = []
        self._at: dict[str, int] = {}
        """Number of each listed column, by its key."""
        self._asked: Asked | None = None
        self._known: set[str] | None = None
        """Keys of objects of which something is known; None before somebody asks for that."""
        self._layout = Layout(0, 1, ())
        self._shown: dict[str, tuple[Head, list[Cell]]] = {}
        """Of each column on the screen: what stands above it, and a cell for each feature."""

    # What is listed

    def show(self, view: View) -> None:
        """Another level, or another part of the fleet."""
        self.view = view
        self._left = 0
        self.refill()

    def refill(self) -> None:
        """Find the columns anew: objects came or went, or the filter is another one."""
        self._all = columns_of(self._fleet, self.view.level, self.view.scope)
        self.total = len(self._all)
        self.sift()

    def sift(self) -> None:
        """List what fits the filter; pinned columns and features stay, whatever it says."""
        rows = [at for at, feature in enumerate(FEATURES) if at in self.kept or self.filter.feature(feature)]
        columns = self._all
        if self.filter.by_column:
            columns = [one for one in columns if one.key in self.pinned or self._fits(one)]
        self.candidates = columns
        if self.filter.by_answer:
            rows, columns = self._crossing(rows, columns)
        self.order = sorted(rows, key=lambda at: (self.kept.index(at) if at in self.kept else len(self.kept), at))
        self.columns = sorted(columns, key=lambda one: _rank(self.pinned, one.key)) if self.pinned else columns
        self._at = {one.key: at for at, one in enumerate(self.columns)}
        if self.cursor is None and self.columns:
            self.view = msgspec.structs.replace(self.view, column=self.columns[0].key)
        self._forget()

    def _forget(self) -> None:
        self._shown.clear()
        self._asked = self._known = None

    def _fits(self, column: Column) -> bool:
        words = {"name": column.name, "conn": column.conn, "family": column.family.value}
        return self.filter.column(words)

    def _crossing(self, rows: Sequence[int], columns: Sequence[Column]) -> tuple[list[int], list[Column]]:
        """Rows and columns that have one of the answers which are asked for."""
        untold = set(rows) if self.filter.cell(cell_of(None)) else set[int]()
        found = {one.key: self._having(one, rows) if self._told(one) else untold for one in columns}
        some = set[int]().union(*found.values())
        return (
            [at for at in rows if at in some or at in self.kept],
            [one for one in columns if found[one.key] or one.key in self.pinned],
        )

    def _having(self, column: Column, rows: Sequence[int]) -> set[int]:
        return {at for at in rows if self.filter.cell(self._cells(column)[at])}

    def _told(self, column: Column) -> bool:
        """Something is known of it."""
        if self._known is None:
            self._known = {str(sheet.ref) for sheet in self._fleet.facts.sheets()}
        return column.gathered or column.key in self._known

    def aged(self) -> None:
        """Time went by: what is stale is older."""
        self._shown.clear()

    def changed(self) -> None:
        """Somebody answered, or marks are other ones: cells are made anew."""
        if self.filter.by_answer:
            self._forget()
            self.sift()
        self._forget()

    # The cursor

    @property
    def cursor(self) -> int | None:
        """Number of the column under the cursor; None when there is none."""
        return self._at.get(self.view.column)

    @property
    def column(self) -> Column | None:
        """The column under the cursor."""
        return self.named(self.view.column)

    def named(self, key: str) -> Column | None:
        """The column with this key, if it is listed."""
        at = self._at.get(key)
        return None if at is None else self.columns[at]

    def step(self, columns: int) -> None:
        """Go so many columns to the right (to the left if negative)."""
        if self.columns:
            at = max(0, min((self.cursor or 0) + columns, len(self.columns) - 1))
            self.view = msgspec.structs.replace(self.view, column=self.columns[at].key)

    def page(self, pages: int) -> None:
        """Go screenfuls of columns, one less each."""
        columns = pages * max(1, len(self._layout.shown) - 1)
        self._left += columns
        self.step(columns)

    def go_to(self, key: str) -> None:
        """To this column, if it is listed."""
        if key in self._at:
            self.view = msgspec.structs.replace(self.view, column=key)

    # What it says

    def sheet(self, column: Column) -> Sheet | None:
        """What is known of a column."""
        return sheet_of(self._fleet, column)

    def fact(self, column: Column, feature: int) -> Fact | None:
        """What one column says of one feature; None while nothing was asked."""
        sheet = self.sheet(column)
        return None if sheet is None else sheet.facts.get(FEATURES[feature].slug)

    def cell(self, column: Column, feature: int) -> Cell:
        """The same as it is drawn."""
        return self._cells(column)[feature]

    @property
    def asked(self) -> Asked:
        """How much of what is to be listed was asked, and when."""
        if self._asked is None:
            told = (self.sheet(one) for one in self.candidates if self._told(one))
            known = [sheet for sheet in told if sheet is not None and sheet.at is not None]
            self._asked = Asked(
                len(known),
                max((sheet.at for sheet in known if sheet.at is not None), default=None),
                max((sheet.ms for sheet in known if sheet.ms is not None), default=None),
            )
        return self._asked

    def asking(self, column: Column) -> bool:
        """A question about it is out."""
        return any(self._asking(ref) for ref in column.parts)

    def _cells(self, column: Column) -> list[Cell]:
        return self._seen(column)[1]

    def _seen(self, column: Column) -> tuple[Head, list[Cell]]:
        found = self._shown.get(column.key)
        if found is None:
            sheet, asking = self.sheet(column), self.asking(column)
            facts = {} if sheet is None else sheet.facts
            stale = sheet is not None and sheet.stale
            cells = [cell_of(facts.get(one.slug), stale=stale, asking=asking) for one in FEATURES]
            found = self._shown[column.key] = self._head(column, sheet), cells
        return found

    def _head(self, column: Column, sheet: Sheet | None) -> Head:
        age = ""
        if sheet is not None and sheet.stale and sheet.at is not None:
            age = units.age(max(0.001, self._look.epoch() - sheet.at))
        about = spoken(self._fleet, column, sheet)
        return Head(column.name, about, age, column.key in self.pinned, column.key in self.marked)

    # As lines

    def lay_out(self, width: int) -> Layout:
        """The columns that are on the screen at this width."""
        pinned = sum(key in self._at for key in self.pinned)
        cursor = self.cursor or 0
        self._layout = lay_out(width, len(self.columns), pinned, self._left, cursor)
        if len(self._layout.shown) < len(self.columns) and cursor >= pinned:
            self._left = self._layout.shown[min(pinned, len(self._layout.shown) - 1)]
        return self._layout

    @property
    def on_screen(self) -> list[Column]:
        """The columns that were drawn last."""
        return [self.columns[at] for at in self._layout.shown if at < len(self.columns)]

    def draw_head(self, width: int) -> list[Strip]:
        """Names of the columns, and what is to be said of each."""
        layout = self.lay_out(width)
        heads = [self._seen(self.columns[at])[0] for at in layout.shown]
        return headings(heads, layout, self._place(layout), self._look, width)

    def _place(self, layout: Layout) -> int | None:
        cursor = self.cursor
        return layout.shown.index(cursor) if cursor in layout.shown else None

    # As the source of a RowView

    def children(self, node: int) -> Sequence[int]:
        """All rows; a row has nothing below it."""
        return self.order if node == ROOT else ()

    def parent(self, node: int) -> int | None:
        """The root, for every feature that is listed."""
        return ROOT if node in self.order else None

    def version(self, node: int) -> Hashable:
        """Everything that is drawn: the cells on the screen and how they are placed."""
        cells = tuple(self._cells(one)[node] for one in self.on_screen) if node in self.order else ()
        return self._layout, self._place(self._layout), node in self.kept, cells

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of a feature."""
        if not 0 <= node < len(FEATURES):
            return Strip([])
        layout = self.lay_out(width)
        cells = [self._cells(self.columns[at])[node] for at in layout.shown]
        cursor = self._place(layout)
        return row(FEATURES[node], cells, layout, cursor, self._look, width, state, pinned=node in self.kept)

    def header(self, width: int) -> Strip:
        """The columns have two lines of their own above the rows."""
        return Strip.blank(width)

    def feature(self, node: int | None) -> Feature | None:
        """The feature of a row."""
        return None if node is None or node not in self.order else FEATURES[node]


def _rank(pinned: Sequence[str], key: str) -> int:
    return pinned.index(key) if key in pinned else len(pinned)
