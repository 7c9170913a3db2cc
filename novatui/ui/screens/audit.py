"""The audit screen: the journal of changes, verified, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.audit import Audit, Entry, read, whole
from novatui.actions.catalogue import Scope
from novatui.core.text import clean
from novatui.engine import blocking
from novatui.engine.fleet import Changes
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.export import Listed
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.audit import audit_table, moment, verdict
from novatui.ui.render.cells import Group, Piece
from novatui.ui.rows.view import RowView
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines


class AuditScreen(FilteredScreen, inherit_bindings=False):
    """Read again whenever the file has grown; a file that is broken is shown up to there."""

    SCOPES = (Scope.EVERYWHERE, Scope.MOVE, Scope.ROWS, Scope.FILTERED, Scope.LISTED, Scope.FRAME)
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "AuditScreen #entries { height: 1fr; }"
    EXAMPLES = "words; who:ana verb:off conn:prod ticket:INC outcome:failed !declined"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._audit: Audit | None = None
        self._trouble = ""
        """Why it cannot be read."""
        self._read_as: tuple[int, int] | None = None
        """Size and time of the file when it was read."""
        self._busy = False
        self._source: ItemSource[Entry] = ItemSource(audit_table(self.look), self._version)
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=self.look.marks.ascii, id="entries"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="audit-title")

    def compose_body(self) -> ComposeResult:
        """The filter, and the entries."""
        yield self.filter
        yield self._title
        yield self._rows

    def on_mount(self) -> None:
        self._rows.focus()
        self._look_at()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["audit"]

    def facts(self) -> Sequence[Group]:
        """Whether the journal is whole."""
        return [(0, [verdict(self._audit, self._trouble, self.look)])]

    def place(self) -> Place:
        """The filter is part of it."""
        return Place("audit", filter=self.filter.text)

    def show(self, place: Place) -> bool:
        """The same with another filter."""
        self.set_filter(place.filter)
        return True

    def take(self, changes: Changes) -> None:
        """What was changed was written down."""
        if changes.tasks:
            self._look_at()

    def age(self) -> None:
        """Other consoles write, too."""
        self._look_at()

    def rows(self) -> RowView:
        """The entries."""
        return self._rows

    def subject(self) -> int | None:
        """The object of the entry under the cursor, if it is in the inventory."""
        entry = self._source.item(self._rows.cursor)
        conn, _, key = entry.text("ref").partition(":") if entry is not None else ("", "", "")
        return self.fleet.inventory.slot(conn, key) if key else None

    # Reading

    @property
    def _path(self) -> Path | None:
        acting = self.stage.acting
        return None if acting is None else acting.gate.journal.path

    def _look_at(self) -> None:
        if self._path is None:
            self._trouble = "this console has no journal"
            self.list_again()
        elif not self._busy:
            self._busy = True
            self.run_worker(self._read(self._path))

    async def _read(self, path: Path) -> None:
        """Read the file, if it is another one than before."""
        try:
            stamp = await blocking.run(lambda: stamp_of(path))
            if stamp != self._read_as or self._audit is None:
                self._audit = await blocking.run(lambda: read(path))
                self._read_as, self._trouble = stamp, ""
                self.list_again()
        except OSError as error:
            self._trouble = f"the journal cannot be read: {error.strerror or error}"
            self.list_again()
        finally:
            self._busy = False

    def list_again(self) -> None:
        """The entries that fit the filter."""
        words = self.filter.text.split()
        found = [one for one in self._audit.entries if one.has(words)] if self._audit is not None else []
        left = self._source.show([(one.seq, one) for one in found])
        self._rows.forget(left)
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.header, self.filter, self._title):
            part.redraw()

    def _why_empty(self) -> str:
        if self._trouble:
            return f" {self._trouble}"
        if self._audit is None:
            return " the journal is being read"
        return " no entry fits the filter" if self.filter.text else " nothing was changed from here yet"

    def _version(self, one: Entry) -> tuple[int, bool]:
        return len(one.records), self.look.utc

    # Drawing

    def counts(self) -> Sequence[Piece]:
        """How many are listed."""
        count = len(self._source.order)
        return [(f" {count:,} entr{'y' if count == 1 else 'ies'} ", self.look.styles.quiet)]

    def _draw_title(self, width: int) -> Strip:
        broken = self._audit.broken if self._audit is not None else None
        if broken is not None:
            said = (
                f"{'Cut off' if broken.torn else 'Broken'}: what follows record {broken.seq - 1} is not to be trusted"
            )
            return bars.rule(self.look, width, said, clean(broken.reason))
        return bars.rule(self.look, width, "What was changed, the newest first", focused=True)

    # Keys

    def action_open(self) -> None:
        """The whole entry, as it stands in the journal."""
        entry = self._source.item(self._rows.cursor)
        if entry is not None:
            keys, ascii_only = self.stage.keys, self.look.marks.ascii
            self.app.push_screen(PageDialog(f"Record {entry.seq}", keys, page_of(entry), ascii_only=ascii_only))

    def line_in_words(self) -> str:
        """The entry under the cursor."""
        entry = self._source.item(self._rows.cursor)
        return "" if entry is None else self._source.table.words(entry)

    def paged(self) -> str:
        """The whole entry under the cursor."""
        entry = self._source.item(self._rows.cursor)
        return "" if entry is None else page_of(entry) + "\n"

    def listed(self) -> Listed:
        """What is listed."""
        entries = [one for node in self._source.order if (one := self._source.item(node)) is not None]
        cells = [[str(one.seq), moment(one, self.look), self._source.table.words(one)] for one in entries]
        values = [{name: one.text(name) for name in one.body} | {"outcome": one.outcome} for one in entries]
        return Listed(name="audit", titles=["NO", "AT", "ENTRY"], cells=cells, values=values)


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and time of a file; zeros when there is none. Blocks."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def page_of(entry: Entry) -> str:
    """The whole entry, harmless."""
    return "\n".join(clean(text, 4000) for text in whole(entry).split("\n"))
