"""The output pass-through: a terminal that stops reading, in a real pty; and its parts alone."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from novatui.ui.output.counters import Counters, Histogram, LagProbe
from novatui.ui.output.passthrough import FRAME_LIMIT, PassThrough
from novatui.ui.textual_private import FRAME_PERIOD, NEEDED, MeteredApp, PassThroughDriver, check, screen_text
from tests.bench.ptyharness import Pty

CHILD = '''
import asyncio, json, os, sys
from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import Static
from novatui.ui.rows.view import RowView
from novatui.ui.textual_private import MeteredApp, screen_text

news, report = int(sys.argv[1]), sys.argv[2]

class Churn:
    """Every row of it differs in every frame."""
    step = 0
    def children(self, node): return range(200) if node == -1 else ()
    def parent(self, node): return -1
    def version(self, node): return self.step
    def strip(self, node, width, state):
        return Strip([Segment(f"{node} 漢字 {self.step} " + chr(97 + (node + self.step) % 26) * width)])
    def header(self, width): return Strip.blank(width)

class Busy(MeteredApp):
    moving = True
    def compose(self):
        self.source = Churn()
        self.view = RowView(self.source)
        yield self.view
        yield Static("READY", id="foot")
    def on_mount(self):
        self.set_interval(0.02, self.churn)
        self.beats = asyncio.create_task(self.beat())
    async def beat(self):
        while True:
            os.write(news, b"D" if self.counters.frames_dropped else b".")
            await asyncio.sleep(0.01)
    def churn(self):
        if self.moving:
            self.source.step += 1
            self.view.paint()
    def on_key(self, event):
        os.write(news, b"k")
        if event.key == "f":
            self.moving = False
            self.query_one("#foot").update("FROZEN")
        elif event.key == "d":
            with open(report + ".new", "w") as file:
                json.dump({"text": screen_text(self), "counters": self.counters.summary()}, file)
            os.replace(report + ".new", report)
        elif event.key == "q":
            self.exit()

Busy().run()
'''


class News:
    """What the child says on its pipe: a beat of its loop (`.`, or `D` once frames were dropped), a key (`k`)."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.said = b""

    def wait_until(self, done: Callable[[bytes], bool], timeout: float = 60) -> None:
        os.set_blocking(self.read_end, False)
        deadline = time.monotonic() + timeout
        while not done(self.said):
            assert time.monotonic() < deadline, f"the child said only {self.said[-200:]!r}"
            try:
                self.said += os.read(self.read_end, 65536)
            except BlockingIOError:
                time.sleep(0.01)

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self.write_end)


@pytest.fixture
def news() -> Iterator[News]:
    news = News()
    yield news
    news.close()


def replay(data: bytes, columns: int, rows: int) -> list[str]:
    """What a terminal shows after `data`. Private modes that pyte does not know are taken out first."""
    screen = pyte.Screen(columns, rows)
    text = re.sub(r"\x1b\[[?>=<][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p", "", data.decode())
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display]


def wait_for_report(path: Path, terminal: Pty) -> dict:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        assert not terminal.ended
        time.sleep(0.02)
    return json.loads(path.read_text())


@pytest.mark.pty
def test_a_terminal_that_stops_reading_stops_nothing_else(tmp_path: Path, news: News) -> None:
    report = tmp_path / "report"
    argv = [sys.executable, "-c", CHILD, str(news.write_end), str(report)]
    with Pty(argv, columns=100, rows=30, pass_fds=[news.write_end]) as terminal:
        terminal.wait_for(b"READY")
        terminal.pause()
        news.wait_until(lambda said: b"D" in said)
        beats = news.said.count(b"D")
        news.wait_until(lambda said: said.count(b"D") >= beats + 200)  # the loop goes on
        for _ in range(50):
            terminal.write(b"x")
            time.sleep(0.005)
        news.wait_until(lambda said: said.count(b"k") >= 50)  # no key is lost
        terminal.write(b"f")
        news.wait_until(lambda said: said.count(b"k") >= 51)

        read_before = len(terminal.data)
        terminal.resume()
        terminal.wait_for(b"FROZEN", start=read_before)
        terminal.wait_quiet()
        terminal.write(b"d")
        told = wait_for_report(report, terminal)

        counters = told["counters"]
        assert counters["frames_dropped"] > 100
        assert counters["resyncs"] == 1
        assert counters["pending_peak"] <= FRAME_LIMIT + counters["bytes_per_frame"]["max"]
        shown = replay(bytes(terminal.data), 100, 30)
        assert shown == told["text"].split("\n")
        assert shown[-1] == "FROZEN"

        terminal.write(b"q")
        assert terminal.child.wait(60) == 0
        assert b"\x1b[?1049l" in terminal.data


@pytest.mark.pty
def test_quitting_does_not_wait_for_a_terminal_that_does_not_read(tmp_path: Path, news: News) -> None:
    argv = [sys.executable, "-c", CHILD, str(news.write_end), str(tmp_path / "report")]
    with Pty(argv, columns=100, rows=30, pass_fds=[news.write_end]) as terminal:
        terminal.wait_for(b"READY")
        terminal.pause()
        news.wait_until(lambda said: b"D" in said)
        terminal.write(b"q")
        assert terminal.child.wait(60) == 0


@pytest.mark.pty
def test_bytes_frames_and_keys_are_counted(tmp_path: Path, news: News) -> None:
    report = tmp_path / "report"
    argv = [sys.executable, "-c", CHILD, str(news.write_end), str(report)]
    with Pty(argv, columns=60, rows=12, pass_fds=[news.write_end]) as terminal:
        terminal.wait_for(b"READY")
        terminal.write(b"f")
        terminal.wait_for(b"FROZEN")
        terminal.wait_quiet()
        terminal.write(b"d")
        counters = wait_for_report(report, terminal)["counters"]
        terminal.wait_quiet()
        assert counters["bytes"] == len(terminal.data.replace(b"\r\n", b"\n")), "the tty adds the returns"
        assert counters["frames"] == counters["frame_ms"]["count"] == counters["bytes_per_frame"]["count"] > 1
        assert counters["frames_dropped"] == counters["resyncs"] == 0
        assert counters["key_to_frame_ms"]["count"] == 1, "the key that showed something"
        assert counters["loop_lag_ms"]["count"] == 0, "nobody asked for it"


class Pipe:
    """A pass-through into a pipe, whose other end is read when the test likes."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.counters = Counters()
        self.drained = threading.Event()
        self.out = PassThrough(self.write_end, self.counters, self.drained.set)
        self.out.start()

    def frame(self, text: str) -> None:
        with self.out.frame():
            for part in (text[:3], text[3:]):
                self.out.write(part)

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self.read_end, size - len(data))
        return data


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    os.set_blocking(pipe.read_end, False)
    while pipe.out._thread.is_alive():
        try:
            os.read(pipe.read_end, 1 << 20)
        except BlockingIOError:
            pipe.out.stop() if not pipe.out._stopping else time.sleep(0.01)
    os.close(pipe.read_end)
    os.close(pipe.write_end)


def test_frames_are_sent_whole_or_not_at_all_and_controls_always(pipe: Pipe) -> None:
    sent = []
    for number in range(400):
        dropping = pipe.out.dropping
        pipe.frame(f"<{number}:" + "x" * 2000 + ">")
        if not dropping and not pipe.out.dropping:
            sent.append(number)
    assert pipe.out.dropping
    assert pipe.counters.frames == len(sent)
    assert pipe.counters.frames_dropped == 400 - len(sent)
    assert not pipe.drained.is_set()
    pipe.out.write("[mode]")
    expected = "".join(f"<{number}:" + "x" * 2000 + ">" for number in sent) + "[mode]"
    assert pipe.read(len(expected)).decode() == expected
    assert pipe.drained.wait(30)
    pipe.frame("still dropped: the screen is not what the frame builds on")
    pipe.out.resume()
    pipe.frame("whole")
    assert pipe.read(5) == b"whole"
    assert pipe.counters.resyncs == 1


def test_one_frame_of_any_size_is_taken_when_nothing_is_pending(pipe: Pipe) -> None:
    pipe.frame("y" * FRAME_LIMIT * 3)
    assert not pipe.out.dropping
    assert len(pipe.read(FRAME_LIMIT * 3)) == FRAME_LIMIT * 3


def test_even_controls_are_bounded(pipe: Pipe) -> None:
    for _ in range(100):
        pipe.out.write("c" * 100_000)
    assert pipe.out.pending < 1_300_000


def test_what_the_terminal_cannot_encode_is_replaced() -> None:
    read_end, write_end = os.pipe()
    out = PassThrough(write_end, Counters(), list, "ascii")
    out.start()
    out.write("▂ ok \udc80")
    assert os.read(read_end, 100) == b"? ok ?"
    out.stop()
    os.close(read_end)
    os.close(write_end)


def test_a_terminal_that_is_gone_is_no_error() -> None:
    read_end, write_end = os.pipe()
    out = PassThrough(write_end, Counters(), list)
    os.close(read_end)
    out.start()
    out.write("into the void")
    out._thread.join(30)
    out.write("more")
    assert out.pending == 0
    out.stop()
    os.close(write_end)


def test_this_textual_has_all_that_is_used_and_a_lack_is_named() -> None:
    assert check() == []
    lacking = {"textual.app:App._nothing": (), "textual.app:App._display": ("colour",), "textual.none:X": ()}
    assert check(NEEDED | lacking) == ["textual.app:App._display", "textual.app:App._nothing", "textual.none:X"]


def test_the_stock_driver_is_used_when_something_is_missing() -> None:
    app = MeteredApp()
    assert app.get_driver_class() is PassThroughDriver
    app.missing = ["textual.app:App._display"]
    assert app.get_driver_class() is not PassThroughDriver


async def test_headless_apps_work_as_ever() -> None:
    app = MeteredApp()
    async with app.run_test(size=(20, 2)) as pilot:
        assert app.screen._update_timer._interval == FRAME_PERIOD
        await pilot.press("x")
        assert screen_text(app) == "\n"
        assert app.counters.frames == 0


def test_histogram_percentiles() -> None:
    histogram = Histogram()
    assert histogram.percentile(50) is None
    assert histogram.summary() == {"count": 0, "p50": None, "p99": None, "p99.9": None, "max": None}
    for value in range(1, 1001):
        histogram.add(value / 1000)
    for percent in (1, 50, 99, 99.9):
        found = histogram.percentile(percent)
        assert found is not None
        assert percent / 100 <= found <= percent / 100 * 1.1
    assert histogram.percentile(100) == histogram.maximum == 1.0
    histogram.add(0.0)
    assert histogram.percentile(0.001) == pytest.approx(1e-9, rel=0.1)


async def test_the_lag_probe_runs_only_between_start_and_stop() -> None:
    counters = Counters()
    probe = LagProbe(counters, interval=0.01)
    probe.start()
    probe.start()
    async with asyncio.timeout(60):
        while counters.loop_lag.count < 3:  # noqa: ASYNC110 - the probe has no event to wait for
            await asyncio.sleep(0.01)
    probe.stop()
    counted = counters.loop_lag.count
    await asyncio.sleep(0.1)
    assert counters.loop_lag.count == counted
    assert probe.last is not None
