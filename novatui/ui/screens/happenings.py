"""What the screens of tasks, events and alarms share: the filter over happenings, and the way to their objects."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.feed_query import FEED, FeedFilter, parse_feed
from novatui.engine.query import Query, QueryError
from novatui.engine.query_text import quoted_value
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Piece, line, width_of
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.filterbar import FilterBar

EXAMPLES = "fam:vsphere  user:oncall  severity:error  since:1h  text  !conn:lab"


class HappeningScreen(FrameScreen, inherit_bindings=False):
    """A subclass lists what `self.means` lets through when `read` is called."""

    VOCABULARY = FEED

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._wrong: QueryError | None = None
        """What is wrong with the filter that is being typed."""
        self._text = ""
        """The filter in force."""
        self._feed_filter = self._filtering(Query())
        self.filter = FilterBar(
            self,
            lambda width, _: [self._draw_listing(width)],
            lambda width, _: [line(self.counted()[:1], width)],
            text=self.text_of(place),
            examples=EXAMPLES,
            id="filter",
        )
        self._filter_by(self.text_of(place))

    # What a subclass gives

    def read(self) -> None:
        """List anew."""
        raise NotImplementedError

    def counted(self) -> list[Piece]:
        """How much is listed: the far end of the filter line; the first piece alone says the most important."""
        raise NotImplementedError

    def focus_rows(self) -> None:
        """The keyboard goes back to the rows."""
        raise NotImplementedError

    def concerned(self) -> tuple[str, str] | None:
        """Connection and key of the object of the row under the cursor; None without one."""
        raise NotImplementedError

    # What it can rely on

    def means(self, item: object) -> bool:
        """True for what the filter wants."""
        return self._feed_filter.means(item)  # type: ignore[arg-type]

    def subject(self) -> int | None:
        """The object of the row under the cursor, if it is in the inventory."""
        concerned = self.concerned()
        return self.fleet.inventory.slot(*concerned) if concerned else None

    def draw_keys(self, width: int) -> Strip:
        """What is wrong with the filter, or the keys."""
        if self._wrong is not None:
            return bars.problem(self._wrong.message, self._wrong.hint, self.look, width)
        return super().draw_keys(width)

    def step_back(self) -> bool:
        """Drop the filter."""
        if not self._text:
            return False
        self.filter.set_text("")
        self._filter_by("")
        self.read()
        return True

    @staticmethod
    def text_of(place: Place) -> str:
        """The filter of a place; a node that it is limited to means what happens on its connection."""
        conn = ObjectRef.parse(place.scope).conn if place.scope else ""
        return clean(" ".join(filter(None, (f"conn:{quoted_value(conn)}" if conn else "", place.filter))))

    def show_filter(self, place: Place) -> None:
        """Another filter, not typed here."""
        text = self.text_of(place)
        self.filter.set_text(text)
        self._filter_by(text)
        self.read()

    # The filter

    def action_filter(self) -> None:
        """Type a filter."""
        self.filter.edit()

    def filter_typed(self, text: str) -> None:
        """Every letter filters."""
        self._filter_by(text)
        if self._wrong is None:
            self.read()
        self.footer.redraw()

    def filter_done(self) -> None:
        """The rows are wanted back."""
        self.focus_rows()

    def filter_closed(self) -> None:
        """A filter that could not be read was never in force: the line says what is."""
        self._wrong = None
        self.filter.set_text(self._text)
        self.filter.redraw()
        self.footer.redraw()

    def _filter_by(self, text: str) -> None:
        try:
            query = parse_feed(text)
        except QueryError as error:
            self._wrong = error
            return
        self._wrong, self._text = None, text
        self._feed_filter = self._filtering(query)

    def _filtering(self, query: Query) -> FeedFilter:
        return FeedFilter(query, self.fleet, self.stage.watch.alarms, self.look)

    def _draw_listing(self, width: int) -> Strip:
        styles = self.look.styles
        text = (f" /{self._text}", styles.key) if self._text else (f" {self.key('filter')} to filter", styles.quiet)
        left = [(f" :{self.place().name} ", styles.title), text]
        far = fitting(self.counted(), width - width_of(left))
        room = max(0, width - width_of(far))
        return Strip.join([line(left, room, cut=self.look.marks.ellipsis), line(far, width - room)])

    # The objects

    def action_open(self) -> None:
        """Open the object of the row under the cursor."""
        concerned, slot = self.concerned(), self.subject()
        if slot is not None:
            self.stage.navigation.open(Place("detail", ref=str(self.fleet.inventory.ref(slot))))
        elif concerned is not None and concerned[1]:
            self.report("the object is not in the inventory", "it is gone, or its kind is not listed")
        else:
            self.report("this row is about no object")


def fitting(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """As many of the pieces as fit, the first ones first."""
    kept: list[Piece] = []
    for piece in pieces:
        width -= width_of([piece])
        if width < 0:
            break
        kept.append(piece)
    return kept
