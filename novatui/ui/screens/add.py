"""The screen on which connections are added; who starts without any configuration begins here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.config.draft import Draft, draft
from novatui.config.errors import ConfigError
from novatui.config.imports import Imported
from novatui.config.templates import ANY, Template, filled
from novatui.engine.fleet import Changes
from novatui.engine.roster import Roster
from novatui.ui.dialogs.agree import AgreeDialog
from novatui.ui.dialogs.form import ConnectionForm
from novatui.ui.dialogs.trial import Outcome, TrialDialog
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import adding, bars
from novatui.ui.render.adding import Offer
from novatui.ui.render.look import Look
from novatui.ui.rows.source import ROOT, RowState
from novatui.ui.rows.view import RowView
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

DETAILS = 4
"""Lines below the rows."""

Filled = tuple[Template, dict[str, str]]
"""A form and what stands in it."""


class AddScreen(FrameScreen, inherit_bindings=False):
    """What there is to connect to, and the way from there to a saved connection."""

    SCOPES = (Scope.EVERYWHERE, Scope.MOVE, Scope.ADD, Scope.FRAME)
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = f"""
    AddScreen #details {{ height: {DETAILS}; }}
    """

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._offers: list[Offer] = adding.offers(())
        self._source = OfferSource(self._offers, self.look)
        ascii_only = self.look.marks.ascii
        self._rows = RowView(self._source, header=True, painter=stage.pulse.painter, ascii_only=ascii_only, id="offers")
        self._welcome = Lines(lambda width, _: self._draw_welcome(width), id="welcome")
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="details-title")
        self._details = Lines(lambda width, _: self._draw_details(width), id="details")

    def compose_body(self) -> ComposeResult:
        """A word of welcome, the offers, and more on the one under the cursor."""
        yield self._welcome
        yield self._rows
        yield self._title
        yield self._details

    def on_mount(self) -> None:
        self._greet()
        self._rows.focus()
        self._rows.replace([*range(len(self._offers))])
        self.action_add_look()

    def crumbs(self) -> list[str]:
        """The name of the screen."""
        return ["add a connection"]

    def place(self) -> Place:
        """There is only one."""
        return Place("add")

    def rows(self) -> RowView:
        """The offers."""
        return self._rows

    def take(self, changes: Changes) -> None:
        """The first connection is there, or the last one went."""
        if changes.connections:
            self._greet()
            self.redraw_frame()

    def _greet(self) -> None:
        self._welcome.styles.height = 2 if self._first else 1
        self._welcome.redraw()

    @property
    def _first(self) -> bool:
        """Nothing is open yet: leaving this screen would show nothing."""
        return not self.fleet.connections

    @property
    def _roster(self) -> Roster | None:
        return self.stage.roster

    def _offer(self) -> Offer | None:
        at = self._rows.cursor
        return self._offers[at] if at is not None and at < len(self._offers) else None

    def draw_keys(self, width: int) -> Strip:
        """With nothing open there is nothing to close this screen for."""
        titles = {} if self._first else {"quit": "close"}
        return bars.footer(in_scope(*self.SCOPES), self.stage.keys, self.look, width, titles)

    def _draw_welcome(self, width: int) -> list[Strip]:
        return adding.welcome(self._first, self.key("add.try"), self.look, width)

    def _draw_details(self, width: int) -> list[Strip]:
        return adding.details(self._offer(), self.key("add.try"), self.look, width)

    def _draw_title(self, width: int) -> Strip:
        offer = self._offer()
        return bars.rule(self.look, width, offer.title if offer else "")

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._title.redraw()
        self._details.redraw()

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_add_try()

    # Actions

    def action_back(self) -> None:
        """Where the person came from; with nothing open there is no such place."""
        if self._first:
            self.report("nothing is open yet", f"{self.key('add.demo')} opens the demo, {self.key('quit')} leaves")
        else:
            super().action_back()

    def action_quit(self) -> None:
        """Close it; with nothing open, leave the console."""
        if self._first:
            self.app.action_quit()  # type: ignore[unused-coroutine]
        else:
            super().action_quit()

    def action_add_look(self) -> None:
        """Look around on this machine."""
        if self._roster is not None:
            self.run_worker(self._look_around(self._roster), exclusive=True)

    async def _look_around(self, roster: Roster) -> None:
        self._offers[:] = adding.offers(await roster.look_around())
        self._source.version_of_all += 1
        self._rows.replace([*range(len(self._offers))])
        self._cursor_moved()

    def action_add_try(self) -> None:
        """Try what is under the cursor, or fill in its form first."""
        offer = self._offer()
        if offer is None:
            return
        if offer.template is not None:
            self._fill_in((offer.template, {}))
        elif not offer.uri:
            self.report(offer.missing, offer.hint)
        else:
            self._try_uri(offer.uri)

    def action_add_edit(self) -> None:
        """Fill in the form of what is under the cursor."""
        offer = self._offer()
        if offer is not None and offer.uri:
            self._fill_in(filled(offer.uri))
        else:
            self.action_add_try()

    def action_add_other(self) -> None:
        """An address that is known by heart."""
        self._fill_in((ANY, {}))

    def action_add_demo(self) -> None:
        """The embedded demo fleet."""
        self.run_worker(self._open_demo())

    def action_add_import(self) -> None:
        """What libvirt and govc know already."""
        self.run_worker(self._import())

    # From a form to a connection

    def _taken(self) -> set[str]:
        return {*self.fleet.connections, *(self._roster.book.taken() if self._roster else ())}

    def _try_uri(self, uri: str) -> None:
        try:
            one = draft(uri, taken=self._taken())
        except ConfigError as error:
            self._report(error)
            return
        self._try(one, filled(uri))

    def _fill_in(self, form: Filled) -> None:
        template, values = form

        def done(entered: dict[str, str] | None) -> None:
            if entered is not None:
                self._try(template.draft(entered, self._taken()), (template, entered))

        self.app.push_screen(ConnectionForm(self.stage, template, values, self._taken()), done)

    def _try(self, one: Draft, form: Filled) -> None:
        if self._roster is None:
            self.report("this console was started without a configuration of its own")
            return

        def done(outcome: Outcome | None) -> None:
            if outcome is Outcome.KEPT:
                self.stage.navigation.open(Place())
            elif outcome is Outcome.EDIT:
                self._fill_in(form)

        self.app.push_screen(TrialDialog(self.stage, self._roster, one), done)

    async def _open_demo(self) -> None:
        if self._roster is None:
            return
        try:
            await self._roster.open_demo()
        except ConfigError as error:
            self._report(error)
            return
        self.stage.navigation.open(Place())

    async def _import(self) -> None:
        if self._roster is None:
            return
        try:
            found = await self._roster.importable()
        except ConfigError as error:
            self._report(error)
            return
        drafts = [one.draft for one in found if one.draft is not None]
        if not drafts:
            why = next((remark for one in found for remark in one.remarks), "")
            self.report("nothing to import", why or "no uri_aliases in libvirt.conf, no GOVC_URL")
            return

        def done(agreed: bool | None) -> None:
            if agreed:
                self.run_worker(self._add(drafts))

        self.app.push_screen(AgreeDialog(self.stage, "Import", imported_lines(found, str(self._roster.file))), done)

    async def _add(self, drafts: Sequence[Draft]) -> None:
        assert self._roster is not None
        try:
            await self._roster.add(drafts)
        except ConfigError as error:
            self._report(error)
            return
        self.stage.navigation.open(Place())

    def _report(self, error: ConfigError) -> None:
        self.report(error.message, error.hint)


def imported_lines(found: Sequence[Imported], file: str) -> list[str]:
    """What would be added, and what would not."""
    lines = [f"To be added to {file}, and opened:", ""]
    lines += [f"  {one.draft.name:16} {one.draft.settings['uri']}" for one in found if one.draft is not None]
    remarks = [f"{one.name or one.source}: {remark}" for one in found for remark in one.remarks]
    return [*lines, "", *remarks] if remarks else lines


class OfferSource:
    """The offers as rows; the number of a row is its place."""

    def __init__(self, offers: list[Offer], look: Look) -> None:
        self._offers = offers
        self._look = look
        self.version_of_all = 0

    def children(self, node: int) -> Sequence[int]:
        """All of them stand at the top."""
        return range(len(self._offers)) if node == ROOT else ()

    def parent(self, node: int) -> int | None:
        """The top."""
        return ROOT if 0 <= node < len(self._offers) else None

    def version(self, node: int) -> Hashable:
        """Changes when somebody looked around again."""
        del node
        return self.version_of_all

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """One offer."""
        if node >= len(self._offers):
            return Strip([])
        return adding.row(self._offers[node], self._look, width, state.cursor, state.focused)

    def header(self, width: int) -> Strip:
        """Titles of the columns."""
        return adding.header(self._look, width)
