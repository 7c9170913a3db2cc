"""What every full screen has: header, footer with its keys, a place in the history, and the changes it follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.config.errors import nearest
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Changes
from novatui.engine.query_keys import Vocabulary
from novatui.ui.commands import Wrong, scopes_of
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group
from novatui.ui.screens import layout
from novatui.ui.screens.rows import RowScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines


class FrameScreen(RowScreen, inherit_bindings=False, inherit_css=False):
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
    FrameScreen {
        layout: vertical; layers: base overlay; overflow: hidden hidden; background: $background; color: $foreground;
    }
    FrameScreen:ansi { background: ansi_default; color: ansi_default; }
    FrameScreen .gone { display: none; }
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__()
        self.stage = stage
        self.fleet = stage.fleet
        self.look = stage.look
        self.at = place
        """The place that the screen was opened with."""
        self.header = Lines(lambda width, _: [self.draw_header(width)], id="header")
        self.footer = Lines(lambda width, _: [self.draw_footer(width)], id="footer")
        self._problem: tuple[str, str] | None = None
        """What is to be said in the footer, and what to try."""
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
        return bars.header(self.crumbs(), self.facts(), self.fleet, self.look, width)

    def draw_keys(self, width: int) -> Strip:
        """The footer while nothing else is to be said there."""
        titles = {} if self.stage.navigation.at_home else {"quit": "close"}
        return bars.footer(in_scope(*self.SCOPES), self.look, width, titles)

    def sortable(self) -> Sequence[str]:
        """Words of the columns that `:sort` takes."""
        return ()

    def filter_typed(self, text: str) -> None:
        """Another filter was typed; for screens with a `FilterBar`."""

    def filter_done(self) -> None:
        """Typing is over, the rows are wanted back."""

    def filter_closed(self) -> None:
        """Nobody types a filter any more."""

    # What it can rely on

    def report(self, message: str, hint: str = "") -> None:
        """Say in the footer what is wrong, until the next key."""
        self._problem = (message, hint)
        self.redraw_frame()

    def clear_report(self) -> None:
        """Nothing is wrong any more."""
        if self._problem is not None:
            self._problem = None
            self.redraw_frame()

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
            self.stage.pulse.returned(self)

    def on_resize(self) -> None:
        self._frame_lines()

    def _frame_lines(self) -> None:
        """On a screen of few lines nearly all of them are for the body."""
        said = self._problem is not None or self.taker is not None
        self.header.set_class(self.size.height < layout.STATUS_FROM, "gone")
        self.footer.set_class(self.size.height < layout.BARS_FROM and not said, "gone")

    def draw_footer(self, width: int) -> Strip:
        """The last line."""
        if self._problem is not None:
            return bars.problem(*self._problem, self.look, width)
        taken = self.taker.draw(width) if self.taker is not None else None
        return taken or self.draw_keys(width)

    def taker_changed(self) -> None:
        """Somebody else speaks in the footer."""
        self.redraw_frame()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click elsewhere ends a prompt."""
        if self.taker is not None and (event.widget is None or self.taker not in event.widget.ancestors_with_self):
            self.release_keys()

    # Actions of every screen

    def action_command(self) -> None:
        """Type a command."""
        from novatui.ui.widgets.commandline import CommandLine

        self.take_keys(CommandLine(self))

    def action_palette(self) -> None:
        """Find a verb by a part of its name."""
        from novatui.ui.dialogs.picker import pick
        from novatui.ui.finding import verbs_of

        pick(self, "What to do", verbs_of(self))

    def action_jump(self) -> None:
        """Find an object by a part of its name, and go to it."""
        from novatui.ui.dialogs.picker import pick
        from novatui.ui.finding import objects_of

        pick(self, "Where to go", objects_of(self))

    def action_go(self, name: str) -> None:
        """To the screen of this name."""
        self.stage.navigation.open(Place(name))

    def action_back(self) -> None:
        """Undo one narrowing, else back to the place before."""
        if not self.step_back():
            self.stage.navigation.back()

    def action_last(self) -> None:
        """To the place before, and with the next press here again."""
        if not self.stage.navigation.last():
            self.report("there is no place before this one")

    def action_quit(self) -> None:
        """Close this screen; the first one asks whether to leave the console."""
        if self.stage.navigation.at_home:
            self.app.action_quit()  # type: ignore[unused-coroutine]
        else:
            self.stage.navigation.back()

    def action_refresh(self) -> None:
        """Read the subject again, or everything."""
        slot = self.subject()
        self.fleet.refresh(self.fleet.inventory.ref(slot) if slot is not None else None)

    def action_reconnect(self, conn: str = "") -> None:
        """Make a connection anew: the one that is named, or that of the subject."""
        if conn and conn not in self.fleet.connections:
            near = nearest(conn, self.fleet.connections)
            raise Wrong(f"there is no connection `{conn}`", f"did you mean `{near}`?" if near else "")
        slot = self.subject()
        if conn or (slot is not None and (conn := self.fleet.inventory.conn(slot))):
            self.fleet.reconnect(conn)

    def action_reload(self) -> None:
        """Read the configuration again."""
        from novatui.ui import configuring

        self.run_worker(configuring.reload(self))

    def action_save(self, name: str = "") -> None:
        """Save the connection of the subject; lists are saved under a name where they are shown."""
        from novatui.ui import configuring

        if name:
            raise Wrong("only lists are saved under a name", "`:vm` shows one")
        self.run_worker(configuring.save(self))

    def action_saved(self, name: str = "") -> None:
        """Show a list that was saved."""
        from novatui.ui import savedviews

        savedviews.show(self, name)

    def action_forget(self, name: str = "") -> None:
        """A list is saved no more."""
        from novatui.ui import savedviews

        savedviews.forget(self, name)

    def action_clock_utc(self) -> None:
        """UTC or local time, everywhere."""
        self.look.utc = not self.look.utc
        self.header.redraw()
        self.age()

    def action_help(self) -> None:
        """The keys of this screen."""
        from novatui.ui.dialogs.help import HelpDialog

        self.app.push_screen(HelpDialog(self.look, self.stage.keys, scopes_of(self), self.place().name))
