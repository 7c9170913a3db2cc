"""The only file that touches Textual's private API.

`check` tells what this version of Textual lacks of it. Then the console runs on Textual's own output path: all works
but for what the path cannot do (it blocks when the terminal stops reading) and for the frame counters.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import textual.screen
from rich.console import Console
from rich.control import Control
from textual import events
from textual._compositor import ChopsUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from novatui.ui.output.counters import Counters
from novatui.ui.output.passthrough import PassThrough

FRAME_PERIOD = 1 / 240
"""Shortest time between two frames, in seconds.

With Textual's 1/60 a key that comes just after a frame of the background waits up to 17 ms for its own frame. The
background is held to a few frames a second by the painter, so this makes frames sooner and not more of them.
"""

NEEDED: dict[str, tuple[str, ...]] = {
    "textual.app:App._display": ("screen", "renderable"),
    "textual.app:App.get_driver_class": (),
    "textual.app:App._background_screens": (),
    "textual.app:App.batch_update": (),
    "textual.app:App.on_event": ("event",),
    "textual.app:App._check_bindings": ("key",),
    "textual.message_pump:MessagePump._mounted_event": (),
    "textual.message_pump:MessagePump._dispatch_message": ("message",),
    "textual.message:Message.is_forwarded": (),
    "textual.message:Message._set_forwarded": (),
    "textual.screen:UPDATE_PERIOD": (),
    "textual._compositor:Compositor.render_update": ("full", "screen_stack"),
    "textual._compositor:Compositor.render_strips": (),
    "textual._compositor:ChopsUpdate.__init__": ("chops", "spans", "chop_ends"),
    "textual._compositor:ChopsUpdate.render_segments": ("console",),
    "textual.drivers.linux_driver:LinuxDriver.write": ("data",),
    "textual.drivers.linux_driver:LinuxDriver.run_input_thread": (),
    "textual.drivers.linux_driver:LinuxDriver._enable_mouse_support": (),
    "textual.drivers.linux_driver:LinuxDriver._disable_mouse_support": (),
    "textual.drivers.linux_driver:LinuxDriver.start_application_mode": (),
    "textual.drivers.linux_driver:LinuxDriver.close": (),
}
"""What is used, with the parameters that it must have."""


def check(needed: dict[str, tuple[str, ...]] = NEEDED) -> list[str]:
    """The names in `needed` that this Textual does not have, or not with these parameters."""
    return [name for name, parameters in needed.items() if not _has(name, parameters)]


def _has(name: str, parameters: tuple[str, ...]) -> bool:
    module, _, path = name.partition(":")
    try:
        found: Any = import_module(module)
        for part in path.split("."):
            found = inspect.getattr_static(found, part)
    except (ImportError, AttributeError):
        return False
    return not parameters or set(parameters) <= set(inspect.signature(found).parameters)


def screen_text(app: App[Any]) -> str:
    """The top screen as plain text, one line per row, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


ANSWER = 0.2
"""Seconds after which a key that drew no frame is taken to have nothing to show."""


MOUNTING = 5.0
"""Longest wait of a key for a screen that is being opened, seconds."""


class PassThroughDriver(LinuxDriver):
    """Textual's Linux driver, with its writes going through `PassThrough`.

    The writer thread of the stock driver is started too, but is given nothing to write.
    """

    output: PassThrough | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Textual draws on stderr, so that a person who keeps the error messages in a file would look at nothing.
        if sys.__stdout__ is not None and sys.__stdout__.isatty():
            self._file = sys.__stdout__

    def start_application_mode(self) -> None:
        app, file = self._app, self._file
        assert isinstance(app, MeteredApp)
        assert file is not None
        self.output = PassThrough(file.fileno(), app.counters, app.output_drained, file.encoding or "utf-8")
        self.output.start()
        super().start_application_mode()

    def run_input_thread(self) -> None:
        with suppress(OSError):  # the terminal is gone: that ends the console in another way, and in order
            super().run_input_thread()

    def write(self, data: str) -> None:
        assert self.output is not None, "the driver is not in application mode"
        self.output.write(data)

    def close(self) -> None:
        super().close()
        if self.output is not None:
            self.output.stop()


class ExactUpdate(ChopsUpdate):
    """Changed spans and nothing else: Textual's own sends each widget's line from its left edge on."""

    def render_segments(self, console: Console) -> str:
        """The spans as bytes for the terminal."""
        sequences: list[str] = []
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                first, last = max(x, start), min(end, stop)
                if strip is not None and first < last:
                    sequences += [
                        Control.move_to(first, y).segment.text,
                        strip.crop(first - x, last - x).render(console),
                    ]
        return "".join(sequences)


class MeteredApp(App[Any]):
    """An app that counts its frames and whose loop never waits for the terminal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.counters = Counters()
        self.missing = check()
        """What `check` found; with anything in it the stock output path is in use."""
        if not self.missing and "TEXTUAL_FPS" not in os.environ:
            textual.screen.UPDATE_PERIOD = FRAME_PERIOD  # type: ignore[misc]
        self._compose_time = 0.0
        self._mouse_taken = True
        self._unanswered: list[float] = []
        """When the keys were pressed that no frame has answered yet."""
        super().__init__(*args, **kwargs)

    def get_driver_class(self) -> type[Driver]:
        stock = super().get_driver_class()
        return PassThroughDriver if stock is LinuxDriver and not self.missing else stock

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        output = self._driver.output if isinstance(self._driver, PassThroughDriver) else None
        if output is None or renderable is None:
            super()._display(screen, renderable)
            return
        self._time_composing(screen)
        if output.dropping:
            self.counters.frames_dropped += 1
            self.post_display_hook()
            return
        if isinstance(renderable, ChopsUpdate):
            renderable = ExactUpdate(renderable.chops, renderable.spans, renderable.chop_ends)
        started = time.monotonic()
        sent = self.counters.frames
        with output.frame():
            super()._display(screen, renderable)
        if self.counters.frames > sent:
            ended = time.monotonic()
            self.counters.frame_time.add(self._compose_time + ended - started)
            for pressed in self._unanswered:
                self.counters.key_to_frame.add(ended - pressed)
            self._unanswered.clear()

    def _time_composing(self, screen: Screen[Any]) -> None:
        """Have the compositor of `screen` note how long it takes to render an update."""
        compositor = screen._compositor
        if "render_update" not in vars(compositor):
            compositor.render_update = self._timed(compositor.render_update)  # type: ignore[method-assign]

    def _timed(self, render: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.monotonic()
            try:
                return render(*args, **kwargs)
            finally:
                self._compose_time = time.monotonic() - started

        return timed

    @property
    def keyboard(self) -> int | None:
        """File descriptor that keys are read from; None where they come from elsewhere, as in tests."""
        return sys.__stdin__.fileno() if sys.__stdin__ is not None and not self.is_headless else None

    def write_out(self, sequence: str) -> None:
        """Write an escape sequence to the terminal beside the frames."""
        if self._driver is not None:
            self._driver.write(sequence)

    def toggle_mouse(self) -> bool:
        """Take the mouse, or leave it to the terminal; True when it is ours now."""
        self._mouse_taken = not self._mouse_taken
        if isinstance(self._driver, LinuxDriver):
            if self._mouse_taken:
                self._driver._mouse = True
                self._driver._enable_mouse_support()
            else:
                self._driver._disable_mouse_support()
        return self._mouse_taken

    def output_drained(self) -> None:
        """The terminal reads again; called on the writing thread."""
        self.call_later(self._resync)

    def _resync(self) -> None:
        output = self._driver.output if isinstance(self._driver, PassThroughDriver) else None
        if output is None or not output.dropping or not self.screen_stack:
            return
        if self._batch_count:  # nothing is displayed inside of `batch_update`
            self.set_timer(0.05, self._resync)
            return
        output.resume()
        screen = self.screen
        update = screen._compositor.render_update(full=True, screen_stack=self._background_screens)
        self._display(screen, update)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._unanswered.append(event.time)
            self.set_timer(ANSWER, lambda: self._not_answered(event.time))
            if await self._acted(event):
                return
        await super().on_event(event)

    async def _acted(self, event: events.Key) -> bool:
        """Do at once what a key means, unless it may be a letter for the widget with the focus.

        Textual looks for the action when the key has come back from the widgets. Keys that arrive together (typed
        fast over a slow line, or pasted) were handed out by then: the filter of `/web` would be opened too late to
        get its name, and `w`, `e`, `b` would be taken as keys of the table.
        """
        if self.missing:
            return False
        await self._await_screen(self.screen)
        if self.screen.check_consume_key(event.key, event.character):
            await self.screen.on_event(event)
            return True
        if self.focused and self.focused.check_consume_key(event.key, event.character):
            # Here and now: a key behind it may be bound to something and must not come before it.
            event._set_forwarded()
            await self.focused._dispatch_message(event)
            return True
        return await self._check_bindings(event.key)

    async def _await_screen(self, screen: Screen[Any]) -> None:
        """Wait for a screen that was opened by the key before: it gets this one whole."""
        if not screen.is_mounted:
            with suppress(TimeoutError):
                await asyncio.wait_for(screen._mounted_event.wait(), MOUNTING)

    def _not_answered(self, pressed: float) -> None:
        """The key pressed at `pressed` changed nothing on the screen: a later frame is not its answer."""
        if pressed in self._unanswered:
            self._unanswered.remove(pressed)
