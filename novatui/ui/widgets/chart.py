"""The charts of one object: drawn anew as samples come, read and zoomed by keys; only changed lines are repainted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec.structs import replace
from textual import events
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.history import MONTH
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine import blocking
from novatui.engine.fleet import Changes
from novatui.engine.histories import reach
from novatui.engine.inventory_rows import MACHINES
from novatui.ui.keys import bindings
from novatui.ui.render import archive, history, metrics_page
from novatui.ui.render.metrics_page import View
from novatui.ui.render.panels import TOGETHER, Limits
from novatui.ui.render.subject import Subject
from novatui.ui.render.window import DAY, Window
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines


class Charts(Lines, can_focus=True, inherit_bindings=False):
    """Has the keyboard while it is shown. Its screen hands it `take`, `age` and `step_back`, and asks `wanted`."""

    SCOPES = (Scope.CHART,)
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = """
    Charts { width: 1fr; height: 1fr; }
    """

    def __init__(
        self,
        stage: Stage,
        slot: Callable[[], int | None],
        report: Callable[[str, str], None],
        limits: Limits = metrics_page.built_in,
        *,
        view: View | None = None,
        id: str | None = None,
    ) -> None:
        """`slot`: the object, None while it is gone; `report`: says in the footer what is wrong, and a hint."""
        super().__init__(self._page, id=id)
        self._stage = stage
        self._slot = slot
        self._report = report
        self._limits = limits
        self.view = view or View()
        """What is shown and how."""
        self._last: Sequence[Strip] = ()
        self._drawn_at = 0.0
        """When the history chart was drawn last."""
        self._begun = False
        self._asking: asyncio.Task[None] | None = None
        """The question to the product that is not answered."""
        self._asks: tuple[ObjectRef, float] | None = None
        """What it asks for."""

    # --- what its screen does ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        """It is shown from now on: keep the day of the object, take the keyboard."""
        slot = self._slot()
        if slot is not None:
            self._stage.fleet.keeping.look_into(slot)
        self._begun = True
        self._recall()
        self.focus()
        self.redraw()

    def take(self, changes: Changes) -> None:
        """What changed in the stores."""
        slot = self._slot()
        if slot in changes.rows or changes.connections:
            self._draw_on()

    def age(self) -> None:
        """Time went by: a curve that nobody continues moves on, too."""
        self._draw_on()

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """The object itself, and the machines that it is the sum of."""
        slot, store = self._slot(), self._stage.fleet.inventory
        if slot is None or not store.alive(slot):
            return {}
        match store.kind(slot):
            case Kind.GROUP:
                return {store.conn(one): None for one in store.children(slot)}
            case Kind.CONNECTION:
                return {store.conn(slot): None}
            case kind if kind in MACHINES:
                return {store.conn(slot): {store.key(slot)}}
            case _:
                below = {store.key(one) for one in store.below(slot) if store.kind(one) in MACHINES}
                return {store.conn(slot): below | {store.key(slot)}}

    def summed(self) -> Collection[int]:
        """The object, where it has machines below it."""
        slot = self._slot()
        return () if slot is None else (slot,)

    def step_back(self) -> bool:
        """Undo one thing: the cursor, the history, the past, the zoom; False when there is nothing left."""
        view = self.view
        if view.window.cursor is not None or view.window.end is not None:
            self._show(replace(view, window=view.window.live()))
        elif view.history:
            self._show(replace(view, history=False, window=Window()))
        elif view.panel:
            self._show(replace(view, panel=""))
        else:
            return False
        return True

    def on_unmount(self) -> None:
        """Nobody looks any more: what was asked and not answered is given up."""
        self._leave()

    def on_hide(self) -> None:
        """Another tab is looked at."""
        self._leave()

    def on_mount(self) -> None:
        """Who is not there yet cannot take the keyboard."""
        if self._begun:
            self.screen.set_focus(self)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def _page(self, width: int, height: int) -> Sequence[Strip]:
        subject = self._subject()
        if subject is not None:
            self._last = metrics_page.lines(subject, self.view, self._limits, width, height)
            self._drawn_at = subject.now
        return self._last

    def _recall(self) -> None:
        """Ask the product for what a window shows that is longer than the live one; one question at a time."""
        subject, histories = self._subject(), self._stage.fleet.histories
        if subject is None or not self.view.window.by_minute:
            self._leave()
            return
        ref, seconds = subject.fleet.inventory.ref(subject.slot), archive.back(subject, self.view.window)
        known = histories.known(ref, seconds)
        asking = (ref, reach(seconds))
        if self._asking is not None and self._asks == asking:
            return
        self._leave()
        if histories.kept(ref) and (known is None or not known.fresh(subject.now)):
            self._asks, self._asking = asking, asyncio.create_task(self._ask(ref, seconds))

    async def _ask(self, ref: ObjectRef, seconds: float) -> None:
        await self._stage.fleet.histories.read(ref, seconds)
        self._asking = None
        self.redraw()

    def _leave(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _subject(self) -> Subject | None:
        slot, look, fleet = self._slot(), self._stage.look, self._stage.fleet
        if slot is None or not fleet.inventory.alive(slot):
            return None
        return Subject(fleet, slot, look, look.monotonic())

    def _draw_on(self) -> None:
        """Nobody asked: the history chart may wait."""
        self._recall()
        waited = self._stage.look.monotonic() - self._drawn_at
        if not self.view.history or not 0 <= waited < history.PACE:
            self.redraw()

    def _show(self, view: View) -> None:
        self.view = view
        self._recall()
        self.redraw()

    # --- keys -------------------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return self._stage.look.monotonic()

    def _longest(self) -> float:
        """How far back there can be anything to see."""
        subject = self._subject()
        kept = subject is not None and subject.fleet.histories.kept(subject.fleet.inventory.ref(subject.slot))
        return MONTH if kept else DAY

    def _window(self, window: Window) -> None:
        self._show(replace(self.view, window=window))

    def _pick(self, panel: str) -> None:
        """Give this chart all the room."""
        self._show(replace(self.view, panel=panel))

    def action_chart_cpu(self) -> None:
        """CPU alone."""
        self._pick("cpu")

    def action_chart_memory(self) -> None:
        """Memory alone."""
        self._pick("mem")

    def action_chart_disk(self) -> None:
        """Disk traffic and latency alone."""
        self._pick("disk")

    def action_chart_net(self) -> None:
        """Network alone."""
        self._pick("net")

    def action_chart_zoom(self) -> None:
        """One chart or all of them."""
        self._pick("" if self.view.panel else next(iter(TOGETHER)))

    def action_chart_closer(self) -> None:
        """A shorter time."""
        self._window(self.view.window.zoom(1, self._now(), self._longest()))

    def action_chart_wider(self) -> None:
        """A longer time."""
        self._window(self.view.window.zoom(-1, self._now(), self._longest()))

    def action_chart_earlier(self) -> None:
        """Into the past."""
        self._window(self.view.window.pan(-1, self._now(), self._longest()))

    def action_chart_later(self) -> None:
        """Towards now."""
        self._window(self.view.window.pan(1, self._now(), self._longest()))

    def action_chart_live(self) -> None:
        """Follow the clock again."""
        self._window(self.view.window.live())

    def action_chart_window(self) -> None:
        """Ten minutes, or the day."""
        self._window(self.view.window.switch())

    def action_chart_fit(self) -> None:
        """Scales that end where the values do, or their natural ones."""
        self._show(replace(self.view, fit=not self.view.fit))

    def action_read_left(self) -> None:
        """The reading cursor into the past."""
        self._read(-1)

    def action_read_right(self) -> None:
        """The reading cursor towards now."""
        self._read(1)

    def _read(self, steps: int) -> None:
        subject = self._subject()
        if subject is not None:
            step = metrics_page.read_step(subject, self.view, self.size.width)
            self._window(self.view.window.read(steps, step, self._now(), self._longest()))

    async def action_chart_history(self) -> None:
        """The day as a large chart, or back."""
        if self.view.history:
            self._show(replace(self.view, history=False))
            return
        try:
            await blocking.run(history.load)
        except history.Unavailable as error:
            self._report(str(error), f"{self._stage.keys.shown('chart.window')} shows the day without it")
            return
        window = self.view.window if self.view.window.by_minute else Window(DAY)
        panel = self.view.panel or next(iter(TOGETHER))
        self._show(replace(self.view, history=True, window=window, panel=panel))

    def on_click(self, event: events.Click) -> None:
        """A click takes the keyboard."""
        event.stop()
        self.focus()
