"""Frames cross a channel whole, in order, or not at all."""

from __future__ import annotations

import contextlib
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family
from novatui.core.tasks import Task, TaskState
from novatui.wire import channel, frames

ROWS = frames.Rows("lab", 1, 2.5, ["name", "vcpus"], ["vm:a", "vm:b"], [["one", None], [1, 2]])


@given(st.lists(st.sampled_from([ROWS, frames.Credit(3), frames.Close("x")])), st.integers(1, 50))
def test_frames_survive_any_cut_of_the_stream(sent: list[frames.Frame], step: int) -> None:
    stream = b"".join(channel.encode(f) for f in sent)
    reader = channel.FrameReader()
    got = [f for at in range(0, len(stream), step) for f in reader.feed(stream[at : at + step])]
    assert got == sent


@given(st.binary(min_size=1, max_size=200))
def test_random_bytes_are_refused_or_wait(data: bytes) -> None:
    reader = channel.FrameReader()
    with contextlib.suppress(channel.GarbledChannel):
        assert all(isinstance(frame, frames.Frame) for frame in reader.feed(data))


def test_an_announced_giant_is_refused() -> None:
    with pytest.raises(channel.GarbledChannel):
        channel.FrameReader().feed(b"\xff\xff\xff\xff")


def test_rows_that_do_not_fit_their_keys_are_refused() -> None:
    bad = frames.Rows("lab", 1, 0.0, ["name"], ["vm:a"], [["x", "y"]])
    with pytest.raises(channel.GarbledChannel):
        channel.FrameReader().feed(channel.encode(bad))


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [t for name in value.__struct_fields__ for t in texts(getattr(value, name))]
    if isinstance(value, dict):
        return [t for pair in value.items() for t in texts(pair)]
    if isinstance(value, list | tuple):
        return [t for item in value for t in texts(item)]
    return []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_of_a_data_frame_is_made_harmless(hostile: str) -> None:
    sent = [
        frames.Rows(hostile, 1, 0.0, ["name", "tags"], [hostile], [[hostile], [[hostile]]]),
        frames.TaskUpdate(hostile, 1, 0.0, Task(id=hostile, verb=hostile, state=TaskState.RUNNING, detail=hostile)),
        frames.Question(hostile, 1, hostile, hostile, False),
    ]
    for frame in sent:
        (got,) = channel.FrameReader().feed(channel.encode(frame))
        assert all(unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"} for t in texts(got) for c in t)


def test_secrets_arrive_as_they_were_sent() -> None:
    spec = ConnectionSpec(name="a", family=Family.LIBVIRT, driver="libvirt", uri="test:///default")
    sent = frames.Open(spec, 1, {"password": "a\x1b\u202eb"}, ["vm"])
    assert channel.FrameReader().feed(channel.encode(sent)) == [sent]
