"""Frames with anything in them: a hypothesis strategy for every type that crosses the wire."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from novatui.core.inventory import FIELDS
from novatui.core.metrics import METRICS, RINGED
from novatui.core.states import Kind
from novatui.wire import frames
from tests.ui import hostile

TEXT = st.one_of(
    st.sampled_from(hostile.TEXTS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(st.sampled_from([chr(code) for code in range(0xA0)]), max_size=30),
)
"""Surrogates cannot be encoded, so they cannot arrive: `test_random_bytes` covers what is no UTF-8."""

NUMBER = st.one_of(
    st.floats(), st.sampled_from([0.0, -1.0, 1e300, -1e300, float("nan"), float("inf"), 1e9, 1.8e9, 4e11])
)
WHOLE = st.one_of(st.integers(-(2**63), 2**64 - 1), st.integers(-5, 100))


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type, with any text in it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of(*(of(argument) for argument in arguments))
    if origin is list:
        return st.lists(of(arguments[0]), max_size=4)
    if origin is tuple:
        return st.lists(of(arguments[0]), max_size=4).map(tuple)
    if origin is dict:
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=4)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT, float: NUMBER, int: WHOLE, bool: st.booleans(), bytes: st.binary(max_size=50), NoneType: st.none()
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return st.deferred(lambda: st.builds(kind, **{name: of(hints[name]) for name in kind.__struct_fields__}))
    return of(str) if getattr(kind, "__supertype__", None) is str else st.just(None)


def keys(known: Sequence[str]) -> st.SearchStrategy[str]:
    """Keys that there are, that there might be, and that are none."""
    made = st.builds(lambda kind, native: f"{kind.value}:{native}", st.sampled_from(list(Kind)), TEXT)
    return st.one_of(st.sampled_from(list(known)), made, TEXT)


def news(conns: Sequence[str], known: Sequence[str]) -> st.SearchStrategy[frames.Frame]:
    """Any frame that a worker may send."""
    conn = st.one_of(st.sampled_from(list(conns)), TEXT)
    generation = st.one_of(st.just(1), WHOLE)
    begun = st.one_of(st.floats(99_000, 101_000), NUMBER)
    key = keys(known)
    said = (
        frames.ConnectionState, frames.ConnectStep, frames.TaskUpdate, frames.EventRecord, frames.Question,
        frames.DetailAnswer, frames.Facts, frames.Stats, frames.PlanAnswer, frames.CallProgress, frames.RunAnswer,
        frames.LockState, frames.LoadComplete,
    )  # fmt: skip

    def any_of(kind: type[frames.Frame]) -> st.SearchStrategy[frames.Frame]:
        hints = get_type_hints(kind)
        given = {"conn": conn, "generation": generation, "begun": begun}
        return st.builds(
            kind, **{name: given[name] if name in given else of(hints[name]) for name in kind.__struct_fields__}
        )

    return st.one_of(
        _rows(conn, generation, begun, key),
        _samples(conn, generation, begun, key),
        _past(conn, generation, begun, key),
        st.builds(frames.Remove, conn, generation, begun, st.lists(key, max_size=5)),
        *(any_of(kind) for kind in said),
    )


@st.composite
def _rows(draw: st.DrawFn, conn: Any, generation: Any, begun: Any, key: Any) -> frames.Rows:
    value = st.one_of(TEXT, NUMBER, WHOLE, st.booleans(), st.lists(TEXT, max_size=4), st.none())
    parent = st.one_of(key, value)
    fields = draw(st.lists(st.one_of(st.sampled_from([field.name for field in FIELDS]), TEXT), max_size=12))
    named = draw(st.lists(key, max_size=6))
    columns = [
        draw(st.lists(parent if name in ("parent", "host") else value, min_size=len(named), max_size=len(named)))
        for name in fields
    ]
    return frames.Rows(draw(conn), draw(generation), draw(begun), fields, named, columns)


@st.composite
def _past(draw: st.DrawFn, conn: Any, generation: Any, begun: Any, key: Any) -> frames.Past:
    named, cells = draw(st.lists(key, max_size=6)), draw(st.integers(0, 5))
    codes = draw(st.lists(st.integers(0, 65535), min_size=RINGED, max_size=RINGED))
    packed = struct.pack(f"<{RINGED}H", *codes) * cells * len(named)
    return frames.Past(draw(conn), draw(generation), draw(begun), draw(NUMBER), named, packed)


@st.composite
def _samples(draw: st.DrawFn, conn: Any, generation: Any, begun: Any, key: Any) -> frames.Samples:
    named = draw(st.lists(key, max_size=6))
    numbers = draw(st.lists(NUMBER, min_size=len(METRICS), max_size=len(METRICS)))
    codes = draw(st.lists(st.integers(0, 65535), min_size=RINGED, max_size=RINGED))
    values = struct.pack(f"<{len(METRICS)}d", *numbers) * len(named)
    return frames.Samples(
        draw(conn), draw(generation), draw(begun), named, values, struct.pack(f"<{RINGED}H", *codes) * len(named)
    )
