"""Reads what QueryPerf answers while it arrives, object by object, in either of its two forms.

PerfEntityMetricCSV holds text, PerfEntityMetric one element for each number; servers may answer the second although
the first was asked for. Own handlers on expat, for the same reasons as those of `updates`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from xml.parsers import expat

from novatui.backends.vsphere.updates import Broken, Fault, Ref

Cells = list[int | None]


class Measured(NamedTuple):
    """What was measured of one object, the oldest first."""

    ref: Ref
    times: list[float]
    """Epoch seconds by the server's clock, at the end of each interval."""
    intervals: list[int]
    """Seconds that each stands for."""
    series: dict[tuple[int, str], Cells]
    """By id of the counter and instance; None where there is no sample."""


class PerfReader:
    """Feed it the bytes of one reply as they come. `take` gets each object as soon as it is complete."""

    def __init__(self, take: Callable[[Measured], None]) -> None:
        self.fault: Fault | None = None
        self._take = take
        self._text: list[str] = []
        self._values = 0
        """How deep in elements called `value`: a series is one, and so is each number in it."""
        self._begin()
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.EntityDeclHandler = _no_entities

    def feed(self, data: bytes) -> None:
        """The next bytes. Broken when they are no XML, or hold what is no number."""
        self._parse(data, last=False)

    def close(self) -> None:
        """The reply is over. Broken when it is not whole."""
        self._parse(b"", last=True)

    def _parse(self, data: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except (expat.ExpatError, ValueError) as error:
            raise Broken(f"the server's answer cannot be read: {error}") from None

    def _begin(self) -> None:
        self._type = self._id = self._instance = ""
        self._counter = 0
        self._times: list[float] = []
        self._intervals: list[int] = []
        self._cells: Cells = []
        self._series: dict[tuple[int, str], Cells] = {}

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if tag == "value":
            self._values += 1
            if self._values == 1:
                self._cells = []
        elif tag == "returnval":
            self._begin()
        elif tag == "entity":
            self._type = attributes.get("type", "")

    def _end(self, tag: str) -> None:
        text = "".join(self._text)
        self._text.clear()
        if tag == "value":
            if text := text.strip():
                self._cells += [_cell(each) for each in text.split(",")]
            self._values -= 1
            if self._values == 0:
                self._series[self._counter, self._instance] = self._cells
        elif tag == "counterId":
            self._counter = int(text)
        elif tag == "instance":
            self._instance = text
        elif tag == "timestamp":
            self._times.append(_moment(text))
        elif tag == "interval":
            self._intervals.append(int(text))
        elif tag == "sampleInfoCSV":
            self._sample_info(text)
        elif tag == "entity":
            self._id = text
        elif tag == "returnval":
            self._tell()

    def _sample_info(self, text: str) -> None:
        """`20,2026-01-15T12:00:00Z,20,2026-01-15T12:00:20Z`."""
        parts = text.split(",") if text else []
        self._intervals += [int(each) for each in parts[::2]]
        self._times += [_moment(each) for each in parts[1::2]]

    def _tell(self) -> None:
        count = min(len(self._times), len(self._intervals))
        order = sorted(range(count), key=self._times.__getitem__)  # a server may name the newest first
        series = {
            name: [cells[at] if at < len(cells) else None for at in order] for name, cells in self._series.items()
        }
        times, intervals = [self._times[at] for at in order], [self._intervals[at] for at in order]
        self._take(Measured(Ref(self._type, self._id), times, intervals, series))


def _cell(text: str) -> int | None:
    """A counter is never below zero: -1 says that there is no sample."""
    value = int(text) if text.strip() else -1
    return value if value >= 0 else None


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _no_entities(name: str, *_: object) -> None:
    raise Broken(f"the server's answer declares an entity ({name}): it is not read")
