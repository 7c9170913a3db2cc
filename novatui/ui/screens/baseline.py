"""The processor that all of some hosts can stand for, what each host's guests would lose, and how to write it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.text import clean, clean_lines
from novatui.engine.host_report import (
    baseline_page,
    host_page,
    json_text,
    markdown_baselines,
    plain_baselines,
)
from novatui.engine.host_words import baseline_lines
from novatui.engine.profiles import FamilyBaseline
from novatui.ui.copying import copy_text
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.export import Listed, suggested
from novatui.ui.exporting import export_text
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.baseline import BaselineLine, BaselineTable, lines_of
from novatui.ui.render.cells import Group, Piece, line
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines

WIDTH = 100
"""Cells of a line of the text that is paged."""

_RANKS = {"open": 1, "mark": 2, "copy": 3, "filter": 5, "export": 6, "refresh": 7}
"""Order of what matters here most in the footer."""


class BaselineScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place names hosts, with blanks between them; else `scope` a node whose hosts are meant; else all."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.BASELINE,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "BaselineScreen #hosts { height: 1fr; }"
    EXAMPLES = "words of a host, its connection, a flag that it loses; !nothing"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._found: Sequence[FamilyBaseline] | None = None
        self._round = 0
        """Which asking counts."""
        self._unfolded: set[int] = set()
        look = self.look
        self._source: TreeItems[BaselineLine] = TreeItems(
            BaselineTable(look), lambda one: one, lambda one: one.key, lambda one: one.above
        )
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="hosts"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="native-title")
        self._native = Lines(self._draw_native, id="native")

    def compose_body(self) -> ComposeResult:
        """The filter, families with their hosts, the native form."""
        yield self.filter
        yield self._rows
        yield self._title
        yield self._native

    def on_mount(self) -> None:
        self._rows.focus()
        self._ask()

    # Who is meant

    def hosts(self) -> list[ObjectRef]:
        """The hosts that are compared, as far as they are known now."""
        store = self.fleet.inventory
        if self.at.ref:
            return [ObjectRef.parse(word) for word in self.at.ref.split()]
        if self.at.scope:
            ref = ObjectRef.parse(self.at.scope)
            slot = store.slot(ref.conn, ref.key)
            return self.fleet.profiles.hosts(slot) if slot is not None else []
        order = list(self.fleet.connections)
        slots = sorted(store.slots(Kind.HOST), key=lambda slot: (order.index(store.conn(slot)), store.name_key(slot)))
        return [store.ref(slot) for slot in slots]

    # The frame

    def crumbs(self) -> Sequence[str]:
        """Whose processors."""
        if self.at.scope:
            ref = ObjectRef.parse(self.at.scope)
            slot = self.fleet.inventory.slot(ref.conn, ref.key)
            return [f"common processor of {clean(ref.id) if slot is None else self.fleet.inventory.name(slot)}"]
        return [f"common processor of {len(self.hosts())} hosts"]

    def facts(self) -> Sequence[Group]:
        """How many hosts lose what."""
        return [(at, [piece]) for at, piece in enumerate(self.counts())]

    def place(self) -> Place:
        """The hosts and the filter."""
        return structs.replace(self.at, filter=self.filter.text)

    def show(self, place: Place) -> bool:
        """Another filter; other hosts take another screen."""
        if (place.ref, place.scope) != (self.at.ref, self.at.scope):
            return False
        self.set_filter(place.filter)
        return True

    def subject(self) -> int | None:
        """The host under the cursor."""
        one = self._under()
        host = one.host if one is not None else None
        return None if host is None else self.fleet.inventory.slot(host.host.conn, host.host.key)

    def rows(self) -> RowView:
        """Families and hosts."""
        return self._rows

    def draw_keys(self, width: int) -> Strip:
        """The footer: what can be done with a common processor first."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        titles = {"quit": "close", "mark": "fold", "open": "evidence", "refresh": "ask again"}
        return bars.footer(offered, self.stage.keys, self.look, width, titles)

    def _under(self) -> BaselineLine | None:
        return self._source.item(self._rows.cursor)

    # Asking

    def _ask(self) -> None:
        self._round += 1
        self._found = None
        self.list_again()
        self.run_worker(self._hear(self._round))

    async def _hear(self, current: int) -> None:
        found = await self.fleet.profiles.baseline(self.hosts())
        if current == self._round:
            self._found = found
            self.list_again()

    def action_refresh(self) -> None:
        """Ask all of them again."""
        self._ask()

    # Listing

    def list_again(self) -> None:
        """What fits the filter."""
        lines = lines_of(self._found or (), self.filter.text.casefold().split())
        self._rows.forget(self._source.plant(lines))
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.tops)
        fresh = set(self._source.tops) - self._unfolded
        self._unfolded |= fresh
        self._rows.set_expanded(fresh)
        self._rows.changed(*self._source.order)
        self._rows.touch(self._source.order)
        self._redraw()

    def _why_empty(self) -> str:
        if self._found is None:
            return f" {len(self.hosts())} hosts are being asked"
        return " nothing fits the filter" if self._found else " no host is known that could be asked"

    def counts(self) -> Sequence[Piece]:
        """How many hosts lose what."""
        if self._found is None:
            return []
        styles = self.look.styles
        losses = [host.loss.flags for one in self._found for host in one.hosts]
        told = (
            (sum(flags is not None and not flags for flags in losses), "lose nothing", styles.good),
            (sum(bool(flags) for flags in losses), "lose flags", styles.warning),
            (sum(flags is None for flags in losses), "unknown", styles.warning),
        )
        return [(f" {number} {text} ", style) for number, text, style in told if number]

    # Drawing

    def _redraw(self) -> None:
        for part in (self.filter, self._title, self._native):
            part.redraw()
        self._fit_native()
        self.redraw_frame()

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._redraw()

    def _family(self) -> FamilyBaseline | None:
        """The family that the row under the cursor belongs to, else the only one there is."""
        one = self._under()
        if one is not None:
            return one.family
        return self._found[0] if self._found and len(self._found) == 1 else None

    def _draw_title(self, width: int) -> Strip:
        one = self._family()
        if one is None:
            return bars.rule(self.look, width, "")
        if not one.baseline.native:
            return bars.rule(self.look, width, f"{one.family.value}: nothing in common")
        keys = f"{self.key('copy')} {self.key('copy.native')} copies it"
        return bars.rule(self.look, width, f"{one.family.value}: as its machines take it", keys)

    def _draw_native(self, width: int, height: int) -> list[Strip]:
        one, styles = self._family(), self.look.styles
        if one is None:
            return []
        several = len({host.loss.model for host in one.hosts}) > 1
        advice = (
            f"\n`:{self.place().name} HOST HOST …` asks for some of them, such as those of one vendor"
            if several
            else ""
        )
        text = one.baseline.native or f"{one.baseline.reason}{advice}"
        lines = clean_lines(text).rstrip().splitlines()
        shown = [line([(f" {each}", styles.text)], width, cut=self.look.marks.ellipsis) for each in lines]
        if len(shown) > height > 0:
            more = f"   and {len(lines) - height + 1} more lines"
            shown[height - 1 :] = [line([(more, styles.quiet)], width)]
        return shown

    def _fit_native(self) -> None:
        room = max(0, (self.size.height - 7) // 2)
        needed = len(self._draw_native(self.size.width, 0)) or 1
        for part in (self._title, self._native):
            part.set_class(room < 3, "gone")
        self._native.styles.height = min(room, needed)

    def on_resize(self) -> None:
        self.filter.set_class(self.size.height < layout.BARS_FROM, "gone")
        self._fit_native()

    # Keys

    def action_mark(self) -> None:
        """Fold a family, or unfold it."""
        self._rows.toggle()

    def action_open(self) -> None:
        """The row under the cursor in full, with the evidence."""
        one = self._under()
        if one is None:
            return
        told = host_page(one.host) if one.host is not None else baseline_page(one.family)
        title = one.host.name if one.host is not None else one.family.family.value
        text = clean_lines("\n".join(told))
        self.app.push_screen(PageDialog(clean(title), self.stage.keys, text, ascii_only=self.look.marks.ascii))

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def action_copy_native(self) -> None:
        """The common processor as a machine's configuration takes it."""
        one = self._family()
        if one is None or not one.baseline.native:
            self.report("there is no common processor to copy here")
        else:
            copy_text(self, one.baseline.native)

    # Giving it away

    def line_in_words(self) -> str:
        """The row under the cursor."""
        one = self._under()
        if one is None:
            return ""
        told = host_page(one.host) if one.host is not None else baseline_page(one.family)
        return next(iter(told), "")

    def paged(self) -> str:
        """Everything."""
        return "\n".join(baseline_lines(self._found, width=WIDTH)) + "\n" if self._found else ""

    def listed(self) -> Listed:
        """The hosts that are listed."""
        shown = [one for node in self._source.order if (one := self._source.item(node)) is not None and one.host]
        table = self._source.table
        return Listed(
            name="baseline",
            titles=["FAMILY", "COMMON", *table.titles],
            cells=[[one.family.family.value, one.family.baseline.model, *table.cells((one, 0, None))] for one in shown],
            values=[_values(one) for one in shown],
        )

    def action_export_md(self, path: str = "") -> None:
        """All of it, for a change request."""
        self._export_whole("md", path, markdown_baselines)

    def action_export_json(self, path: str = "") -> None:
        """All of it, as `caps --baseline --json` gives it."""
        self._export_whole("json", path, lambda found: json_text(plain_baselines(found)))

    def _export_whole(self, form: str, path: str, text: Callable[[Sequence[FamilyBaseline]], str]) -> None:
        found = self._found
        if not found:
            self.report("there is nothing to export yet")
            return
        name = suggested(self.listed(), form, self.look.epoch())
        export_text(self, "the common processor", name, lambda: text(found), path)


def _values(one: BaselineLine) -> dict[str, Any]:
    host = one.host
    if host is None:
        return {}
    form: dict[str, Hashable | list[str]] = {
        "ref": str(host.host),
        "name": host.name,
        "family": one.family.family.value,
        "common": one.family.baseline.model,
        "model": host.loss.model,
    }
    known = {name: value for name, value in form.items() if value}
    return known | ({"lost": list(host.loss.flags)} if host.loss.flags is not None else {"reason": host.loss.reason})
