"""The Raw tab: the native form as it came, with search; long lines wrapped or scrolled sideways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.strip import Strip

from novatui.ui.render.cells import Piece, line, spread
from novatui.ui.render.detail.attention import complaint
from novatui.ui.render.detail.raw import RawPage, RawText
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.screens.detail_body import Body, Sight
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.screens.rows import Mover
from novatui.ui.widgets.filterbar import FilterBar
from novatui.ui.widgets.scroll import ScrollLines

SIDEWAYS = 8
"""Cells scrolled by one press."""


class RawBody(Body):
    """Text, and a line above it that says what it is and takes what is searched for."""

    TAKES = frozenset({"open", "filter", "wrap"})
    TITLES: ClassVar[Mapping[str, str]] = {"open": "next found"}

    def __init__(self, owner: FrameScreen, sight: Sight, tab: Tab) -> None:
        super().__init__(owner.stage, sight, tab)
        self._raw = RawText("")
        self._native = ""
        self._format = ""
        self._folded = True
        self._left = 0
        self._at = -1
        """Which of the lines found the view was brought to."""
        self._page: Sequence[Strip] = ()
        self._lines = ScrollLines(self._draw, ascii_only=owner.look.marks.ascii)
        self._search = FilterBar(
            owner,
            lambda width, _: [self._draw_title(width)],
            lambda width, _: [spread([], [self._count()], width)],
            examples=f"what to search for; {owner.key('submit')} goes on to the next",
        )

    def compose(self) -> ComposeResult:
        """Search and text."""
        yield self._search
        yield self._lines

    def on_mount(self) -> None:
        self.redraw()

    @property
    def text(self) -> str:
        """All of it, for whoever wants to take it elsewhere."""
        return self._native

    def redraw(self) -> None:
        """Take in the text if it is another one."""
        whole = self.sight()
        told = whole.detail.raw if whole is not None and whole.detail is not None else None
        if told is not None and told != self._native:
            self._native, self._raw = told, RawText(told)
            self._format = whole.detail.raw_format if whole is not None and whole.detail is not None else ""
            self._lines.redraw()
        elif not self._native:
            self._lines.redraw()
        self._search.redraw()

    def mover(self) -> Mover:
        """The keys scroll."""
        return self._lines

    def begin(self) -> None:
        """The keys go to the screen."""
        self.screen.set_focus(None)

    def step_in(self) -> None:
        """To the right, where lines are cut."""
        self._sideways(SIDEWAYS)

    def step_out(self) -> None:
        """To the left."""
        self._sideways(-SIDEWAYS)

    def _sideways(self, cells: int) -> None:
        left = max(0, min(self._left + cells, self._raw.width - self._lines.size.width + 2))
        if not self._folded and left != self._left:
            self._left = left
            self._lines.redraw()

    def wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self._folded = not self._folded
        self._left = 0
        self._lines.redraw()
        self._search.redraw()

    def step_back(self) -> bool:
        """Drop the search."""
        if not self._search.text:
            return False
        self._search.set_text("")
        self.seek()
        return True

    # Search

    def search(self) -> None:
        """Type what is searched for."""
        self._search.edit()

    def enter(self) -> int | None:
        """To the next line that has it."""
        self._go(self._at + 1)
        return None

    def seek(self) -> None:
        """Another word is searched for: to the first line that has it."""
        self._at = -1
        self._lines.redraw()
        self._go(0)

    def _go(self, nth: int) -> None:
        found = self._raw.find(self._search.text)
        if found and isinstance(self._page, RawPage):
            self._at = nth % len(found)
            row = self._page.row_of(found[self._at])
            self._lines.move(max(0, row - self._lines.size.height // 3) - self._lines.top)
        self._search.redraw()

    # Drawing

    def _draw(self, width: int) -> Sequence[Strip]:
        look = self.stage.look
        if not self._native:
            self._page = [line([(f" {self._why_nothing()}", look.styles.quiet)], width)]
        else:
            word = self._search.text
            self._page = RawPage(self._raw, width, look, folded=self._folded, left=self._left, word=word)
        return self._page

    def _why_nothing(self) -> str:
        whole = self.sight()
        if whole is None:
            return "it is not there any more"
        if whole.problem is not None:
            return f"it could not be read: {complaint(whole.problem)}"
        failed = [one.failure for one in (whole.detail.failures if whole.detail else ()) if one.part == "raw"]
        if failed:
            return f"it could not be read: {complaint(failed[0])}"
        return "it is being read" if whole.reading else "the product tells no native form of it"

    def _draw_title(self, width: int) -> Strip:
        styles, word = self.stage.look.styles, self._search.text
        wanted = (f" /{word}", styles.key) if word else (f" {self.stage.keys.shown('filter')} to search", styles.quiet)
        wrap, back, on = (self.stage.keys.shown(name) for name in ("wrap", "move.out", "move.in"))
        way = f"wrapped, {wrap} cuts" if self._folded else f"cut, {wrap} wraps, {back} {on} scroll"
        kind = self._format.upper() or "text"
        far: list[Piece] = [(f" {kind}, {len(self._raw.lines):,} lines, {way} ", styles.quiet)]
        return spread([wanted, (f"  {self._found()}", styles.info)], far if self._native else [], width)

    def _count(self) -> Piece:
        return f" {self._found()} ", self.stage.look.styles.quiet

    def _found(self) -> str:
        if not self._search.text:
            return ""
        found = len(self._raw.find(self._search.text))
        return f"{self._at + 1} of {found:,} lines" if found else "not found"
