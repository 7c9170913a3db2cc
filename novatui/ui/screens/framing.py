"""Header, footer, place in the history and changes to follow: what a full screen is, but for its verbs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Action, Scope, in_scope
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Changes
from novatui.engine.query_keys import Vocabulary
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group
from novatui.ui.screens import layout
from novatui.ui.screens.rows import RowScreen
from novatui.ui.stage import Stage
from novatui.ui.taker import HasPanel
from novatui.ui.textual_private import MeteredApp
from novatui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from novatui.ui.export import Listed


class Framing(RowScreen, inherit_bindings=False, inherit_css=False):
    """A screen of the console, made as `SomeScreen(stage, place)`.

    A subclass sets `SCOPES`, `BINDINGS = bindings(*SCOPES)`, and what below says that it may. Everything that an
    action touches is to be made in `__init__`: the next key may come before the screen is composed.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.EVERYWHERE, Scope.FRAME)
    """Whose keys work here: bindings, footer and help come from them."""

    AUTO_FOCUS = ""
    VOCABULARY: ClassVar[Vocabulary | None] = None
    """What a filter of this screen can ask for; None: its filter is no query."""

    DEFAULT_CSS = """
    Framing {
        layout: vertical; layers: base overlay; overflow: hidden hidden; background: $background; color: $foreground;
    }
    Framing:ansi { background: ansi_default; color: ansi_default; }
    Framing .gone { display: none; }
    Framing > #panel { layer: overlay; dock: bottom; width: 100%; margin: 0 0 1 0; background: $background; }
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__()
        self.stage = stage
        self.fleet = stage.fleet
        self.look = stage.look
        self.at = place
        """The place that the screen was opened with."""
        self.header = Lines(lambda width, _: [self.draw_header(width)], id="header")
        self.footer = Lines(lambda width, _: self.draw_footer(width), id="footer")
        self._panel: Lines | None = None
        """What the strip of a leader shows above the footer; made when one wants it first."""
        self._problem: tuple[str, str] | None = None
        """What is to be said in the footer, and what to try."""
        self.last_report = ""
        """What was reported last, in full."""
        self._good = False
        self._frozen: list[ObjectRef] | None = None
        self._covered = False
        """Something lies on top of this screen."""

    # What a subclass gives

    def compose_body(self) -> ComposeResult:
        """Everything between header and footer."""
        raise NotImplementedError

    def crumbs(self) -> Sequence[str]:
        """The way to what is shown, without the name of the program."""
        return ()

    def facts(self) -> Sequence[Group]:
        """What the header says on its right, before the locks and the clock."""
        return ()

    def about(self) -> ConnectionSpec | None:
        """The one connection that everything shown belongs to: the header tells its locks. None: all of them."""
        return None

    def take(self, changes: Changes) -> None:
        """Draw what changed in the stores. Called while the screen is on top, and once with all it missed before."""

    def age(self) -> None:
        """Some seconds went by, or the screen is on top again: ages have to be drawn anew."""

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """What is to be measured: keys by connection, None for all of them."""
        return {}

    def summed(self) -> Collection[int]:
        """Slots of nodes whose machines are to be summed up, in place of figures that their product does not give."""
        return ()

    def subject(self) -> int | None:
        """Slot of the object under the cursor, or of the one that the screen is about."""
        return None

    def targets(self) -> list[int]:
        """Slots that an action is for: what is marked, else the subject."""
        subject = self.subject()
        return [] if subject is None else [subject]

    def part(self) -> Mapping[str, str]:
        """Arguments that say which part of the subject the cursor is on, such as one of its snapshots."""
        return {}

    def place(self) -> Place:
        """Where the person is now: opening it again shows the same."""
        return self.at

    def show(self, place: Place) -> bool:
        """Show another place here; False when that takes a screen of its own."""
        del place
        return False

    def reveal(self, ref: ObjectRef) -> bool:
        """Put the cursor on this object; False when that is not possible here."""
        del ref
        return False

    def step_back(self) -> bool:
        """Undo one narrowing of this screen (a prompt, a range, a filter); False when there is none left."""
        return False

    def draw_header(self, width: int) -> Strip:
        """The first line."""
        return bars.header(self.crumbs(), self.facts(), self.fleet, self.look, width, self.about())

    def draw_keys(self, width: int) -> Strip:
        """The footer while nothing else is to be said there."""
        titles = {} if self.stage.navigation.at_home else {"quit": "close"}
        return bars.footer(self.offered(*self.SCOPES), self.stage.keys, self.look, width, titles)

    def offered(self, *scopes: Scope) -> list[Action]:
        """The actions of these scopes; where nothing can be changed, those that change something are not shown."""
        locked = not self.stage.changes or self.sealed
        return [action for action in in_scope(*scopes) if not (locked and action.scope is Scope.CHANGES)]

    @property
    def sealed(self) -> bool:
        """Nothing can be changed on the connection of the object under the cursor, whoever unlocks what."""
        slot = self.subject()
        return slot is not None and bool(self.stage.locks.dead(self.fleet.inventory.conn(slot)))

    def sortable(self) -> Sequence[str]:
        """Words of the columns that `:sort` takes."""
        return ()

    def listed(self) -> Listed | None:
        """What an export writes; for the scope LISTED."""
        return None

    def line_in_words(self) -> str:
        """The line under the cursor, to be copied."""
        return ""

    def paged(self) -> str:
        """A text that is worth a pager of its own; empty when there is none."""
        return ""

    def filter_typed(self, text: str) -> None:
        """Another filter was typed; for screens with a `FilterBar`."""

    def filter_done(self) -> None:
        """Typing is over, the rows are wanted back."""

    def filter_closed(self) -> None:
        """Nobody types a filter any more."""

    # What it can rely on

    def report(self, message: str, hint: str = "", *, bad: bool = True) -> None:
        """Say in the footer what is wrong (or not `bad`: what was done), until the next key."""
        self._problem = (message, hint)
        self._good = not bad
        self.last_report = "\n".join(part for part in (message, hint) if part)
        self.redraw_frame()

    def key(self, action: str) -> str:
        """The key of an action as people read it; without a key: what to type for it."""
        return self.stage.keys.shown(action, self.look.marks.ascii)

    def clear_report(self) -> None:
        """Nothing is wrong any more."""
        if self._problem is not None:
            self._problem = None
            self.redraw_frame()

    def aim(self) -> list[ObjectRef]:
        """What an action is for: what its strip froze, else the targets as they are now."""
        if self._frozen is not None:
            return self._frozen
        store = self.fleet.inventory
        return [store.ref(slot) for slot in self.targets() if store.alive(slot)]

    def aim_for(self, leader: str) -> list[ObjectRef]:
        """What the strip of a leader is about."""
        del leader
        return self.aim()

    def aim_in_words(self) -> str:
        """Name of what an action is for, or how many."""
        refs = self.aim()
        slot = self.fleet.inventory.slot(refs[0].conn, refs[0].key) if len(refs) == 1 else None
        return f"{len(refs)} objects" if len(refs) > 1 else self.fleet.inventory.name(slot) if slot is not None else ""

    @property
    def steady(self) -> bool:
        """A strip or a dialog is open: rows must not move under the second key."""
        return self._frozen is not None or (self.is_attached and self.app.screen is not self)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Until the end of this, `aim` is what the strip froze; then rows may move again."""
        try:
            yield
        finally:
            self._frozen = None
            self.age()

    def write_out(self, sequence: str) -> None:
        """Write to the terminal what is no frame: without waiting for it."""
        assert isinstance(self.app, MeteredApp)
        self.app.write_out(sequence)

    def redraw_frame(self) -> None:
        """Header or footer say something else now."""
        self._frame_lines()
        self.header.redraw()
        self.footer.redraw()

    def minute(self) -> None:
        """The clock of the header goes on."""
        self.header.redraw()

    # Textual

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield self.header
        yield from self.compose_body()
        yield self.footer

    def on_mount(self) -> None:
        self.stage.pulse.join(self)
        self.stage.pulse.attend()

    def on_unmount(self) -> None:
        self.stage.pulse.leave(self)

    def on_screen_suspend(self) -> None:
        self._covered = True

    def on_screen_resume(self) -> None:
        if self._covered:
            self._covered = False
            self.redraw_frame()
            self.stage.pulse.returned(self)

    def on_resize(self) -> None:
        self._frame_lines()

    def _frame_lines(self) -> None:
        """On a screen of few lines nearly all of them are for the body."""
        said = self._problem is not None or self.taker is not None
        self.header.set_class(self.size.height < layout.STATUS_FROM, "gone")
        self.footer.set_class(self.size.height < layout.BARS_FROM and not said, "gone")
        self.footer.styles.height = len(self.draw_footer(self.size.width))

    def draw_footer(self, width: int) -> Sequence[Strip]:
        """The last line, or lines."""
        if self._problem is not None:
            return [bars.problem(*self._problem, self.look, width, good=self._good)]
        taken = self.taker.draw(width) if self.taker is not None else None
        if taken is None:
            return [self.draw_keys(width)]
        return [taken] if isinstance(taken, Strip) else taken

    def taker_changed(self) -> None:
        """Somebody else speaks in the footer, and perhaps above it."""
        self._show_panel()
        self.redraw_frame()

    def _show_panel(self) -> None:
        """The panel of who takes the keys, where it has one and there is room for it."""
        lines = self._panel_lines(self.size.width)
        shown = bool(lines) and len(lines) < self.size.height - 2
        if self._panel is None:
            if not shown:
                return
            self._panel = Lines(lambda width, _: self._panel_lines(width), id="panel")
            self.mount(self._panel)
        self._panel.set_class(not shown, "gone")
        if shown:
            self._panel.styles.height = len(lines)
            self._panel.redraw()

    @property
    def panel_shown(self) -> bool:
        """Somebody says above the footer what their keys do."""
        return self._panel is not None and not self._panel.has_class("gone")

    def _panel_lines(self, width: int) -> Sequence[Strip]:
        return self.taker.draw_panel(width) if isinstance(self.taker, HasPanel) else ()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click elsewhere ends a prompt."""
        if self.taker is not None and (event.widget is None or self.taker not in event.widget.ancestors_with_self):
            self.release_keys()
