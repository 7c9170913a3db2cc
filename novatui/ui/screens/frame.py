"""The base of every full screen: what `Framing` and `Changing` give, and the verbs that work on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novatui.actions.catalogue import ACTIONS, Action, Scope
from novatui.config.errors import nearest
from novatui.core.ids import ObjectRef
from novatui.ui.commands import Wrong, do, scopes_of
from novatui.ui.copying import copy, whole_error
from novatui.ui.place import Place
from novatui.ui.screens.changing import Changing
from novatui.ui.textual_private import MeteredApp

if TYPE_CHECKING:
    from novatui.ui.trouble import Trouble


class FrameScreen(Changing, inherit_bindings=False):
    """A screen of the console; see `Framing` for what a subclass gives."""

    # Actions of every screen

    def perform(self, action: Action) -> None:
        """Carry out an action; what is wrong with that is said in the footer."""
        try:
            do(self, action)
        except Wrong as wrong:
            self.report(wrong.message, wrong.hint)

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

    def action_lead(self, leader: str) -> None:
        """Open the strip of a leader; what it is about is frozen from now on."""
        from novatui.ui.widgets.strip import ChangeStrip, LeaderStrip

        action = next(action for action in ACTIONS if action.id == leader)
        if action.scope is Scope.CHANGES:
            try:
                self.check_aim()
            except Wrong as wrong:
                self.report(wrong.message, wrong.hint)
                return
        self._frozen = self.aim_for(leader)
        self.take_keys((ChangeStrip if action.scope is Scope.CHANGES else LeaderStrip)(self, action))

    def action_export_csv(self, path: str = "") -> None:
        """Exact values of what is listed, for a spreadsheet."""
        self._export("csv", path)

    def action_export_json(self, path: str = "") -> None:
        """Exact values of what is listed, for a program."""
        self._export("json", path)

    def action_export_md(self, path: str = "") -> None:
        """What is listed as it is read, for a report."""
        self._export("md", path)

    def _export(self, form: str, path: str) -> None:
        from novatui.ui.exporting import export

        export(self, form, path)

    def action_copy_name(self) -> None:
        """The names of what is meant."""
        copy(self, "name")

    def action_copy_uuid(self) -> None:
        """Their uuids."""
        copy(self, "uuid")

    def action_copy_ref(self) -> None:
        """Their references, as the command line takes them."""
        copy(self, "ref")

    def action_copy_ip(self) -> None:
        """Addresses of their guests."""
        copy(self, "ip")

    def action_copy_line(self) -> None:
        """The line under the cursor."""
        copy(self, "line")

    def action_copy_error(self) -> None:
        """What is wrong, in full."""
        copy(self, "error")

    def action_error(self) -> None:
        """Show in full what is wrong."""
        from novatui.ui.dialogs.page import PageDialog

        if error := whole_error(self):
            self.app.push_screen(PageDialog("What is wrong", self.stage.keys, error, ascii_only=self.look.marks.ascii))
        else:
            self.report("nothing is wrong here", bad=False)

    def trouble_here(self) -> Trouble | None:
        """The failure that the line under the cursor tells of; None where lines tell of none."""
        return None

    def action_why(self) -> None:
        """Explain what went wrong with what is meant, and offer keys that help."""
        from novatui.actions.atlas import look_up
        from novatui.ui.dialogs.why import WhyDialog
        from novatui.ui.trouble import trouble

        found = trouble(self)
        if found is None:
            self.report("nothing went wrong with this", f"{self.key('error')} shows the last words here", bad=False)
            return
        entry = look_up(self.fleet.connections[found.ref.conn].spec.family, found.failure)
        meaning, steps = (entry.meaning, entry.steps) if entry is not None else ("", ())
        self.app.push_screen(
            WhyDialog(
                found,
                meaning,
                steps,
                self.stage.keys,
                lambda action: self._help_with(found.ref, action),
                ascii_only=self.look.marks.ascii,
            )
        )

    def _help_with(self, ref: ObjectRef, action: Action) -> None:
        """Carry an action out on an object: here where it works here, else where the object is shown."""
        if action.scope in scopes_of(self):
            self.perform(action)
            return
        self.stage.navigation.visit(ref)
        there = self.stage.navigation.top
        there.call_after_refresh(there.perform, action)  # it is only being made

    def action_pager(self) -> None:
        """Read the text of this screen in $PAGER."""
        from novatui.ui.paging import page

        page(self, self.paged())

    def action_mouse(self) -> None:
        """Give the mouse to the terminal, so that it selects text; or take it back."""
        assert isinstance(self.app, MeteredApp)
        taken = self.app.toggle_mouse()
        self.report(
            "the mouse is ours again" if taken else "the mouse is the terminal's: select text with it", bad=False
        )

    def action_next_theme(self) -> None:
        """Wear the next theme."""
        self.app.action_theme()  # type: ignore[attr-defined]

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

    def action_diff(self, argument: str = "") -> None:
        """Two hosts side by side: those that are named, or meant."""
        from novatui.ui.comparing import compare

        compare(self, argument)

    def action_baseline(self, argument: str = "") -> None:
        """What hosts have in common: those that are named or marked, else all."""
        from novatui.ui.comparing import common

        common(self, argument)

    def action_clock_utc(self) -> None:
        """UTC or local time, everywhere."""
        self.look.utc = not self.look.utc
        self.header.redraw()
        self.age()

    def action_help(self) -> None:
        """The keys of this screen."""
        from novatui.ui.dialogs.help import HelpDialog

        self.app.push_screen(HelpDialog(self.look, self.stage.keys, scopes_of(self), self.place().name))
