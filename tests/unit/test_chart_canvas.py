"""The canvas of charts: against a naive plot, dot by dot."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.ui.render import canvas
from novatui.ui.render.canvas import GAP, MARKS, MOST, Curve

DOTS = {(0, 3): 0x01, (0, 2): 0x02, (0, 1): 0x04, (0, 0): 0x40, (1, 3): 0x08, (1, 2): 0x10, (1, 1): 0x20, (1, 0): 0x80}
"""Braille bit by column and height of a dot in its cell."""


def curves(width: int, height: int, ascii_only: bool) -> st.SearchStrategy[list[Curve]]:
    across, down = canvas.across(width, ascii_only), canvas.down(height, ascii_only)
    level = st.integers(0, down - 1) | st.just(GAP)
    row = st.lists(level, min_size=across, max_size=across)

    def banded(rows: tuple[list[int], list[int], list[int], bool]) -> Curve:
        one, two, three, band = rows
        if not band:
            return Curve(one)
        pairs = [(GAP, GAP) if GAP in pair else (min(pair), max(pair)) for pair in zip(two, three, strict=True)]
        return Curve(one, [low for low, _ in pairs], [high for _, high in pairs])

    return st.lists(st.tuples(row, row, row, st.booleans()).map(banded), min_size=1, max_size=MOST)


def joined(levels: list[int]) -> set[tuple[int, int]]:
    """Dots of a curve: from the value before it to each value."""
    dots: set[tuple[int, int]] = set()
    before = GAP
    for x, y in enumerate(levels):
        if y != GAP:
            start = y if before == GAP else before
            dots |= {(x, at) for at in range(min(y, start), max(y, start) + 1)}
        before = y
    return dots


def banded(curve: Curve) -> set[tuple[int, int]]:
    return {
        (x, y)
        for x, (low, high) in enumerate(zip(curve.low, curve.high, strict=True))
        if low != GAP
        for y in range(low, high + 1)
    }


def sparse(x: int, y: int) -> bool:
    """The dots that a band may have: every other one, shifted from column to column."""
    return (y % 4 in (0, 2)) if x % 2 == 0 else (y % 4 in (1, 3))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(1, 6))
def test_braille_equals_a_naive_plot(data: st.DataObject, width: int, height: int) -> None:
    drawn = data.draw(curves(width, height, False))
    picture = canvas.draw(drawn, width, height)
    layers = {at: joined(list(curve.levels)) for at, curve in enumerate(drawn)}
    layers |= {MOST + at: {dot for dot in banded(curve) if sparse(*dot)} for at, curve in enumerate(drawn) if curve.low}
    assert len(picture.lines) == len(picture.owners) == height
    for line in range(height):
        for cell in range(width):
            inside = [(x, y) for x in (0, 1) for y in range(4)]
            at = {layer: [d for d in inside if (2 * cell + d[0], 4 * (height - 1 - line) + d[1]) in dots]
                  for layer, dots in layers.items()}  # fmt: skip
            code = 0
            for dots in at.values():
                for dot in dots:
                    code |= DOTS[dot]
            owner = next((layer + 1 for layer in sorted(at) if at[layer]), 0)
            assert picture.lines[line][cell] == (chr(0x2800 + code) if code else " ")
            assert picture.owners[line][cell] == owner


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(1, 6))
def test_ascii_equals_a_naive_plot(data: st.DataObject, width: int, height: int) -> None:
    drawn = data.draw(curves(width, height, True))
    picture = canvas.draw(drawn, width, height, ascii_only=True)
    layers = {at: joined(list(curve.levels)) for at, curve in enumerate(drawn)}
    layers |= {MOST + at: banded(curve) for at, curve in enumerate(drawn) if curve.low}
    for line in range(height):
        for cell in range(width):
            inked = [layer for layer in sorted(layers) if (cell, height - 1 - line) in layers[layer]]
            sign = " " if not inked else MARKS[inked[0]] if inked[0] < MOST else "."
            assert picture.lines[line][cell] == sign
            assert picture.owners[line][cell] == (inked[0] + 1 if inked else 0)


def test_a_gap_is_never_joined_over() -> None:
    levels = canvas.levels([0.0, 0.0, None, None, 100.0, 100.0], 100.0, 8)
    assert levels == [0, 0, GAP, GAP, 7, 7]
    assert canvas.draw([Curve(levels)], 3, 2).lines == ["  ⠉", "⣀  "]
    assert canvas.draw([Curve([0, GAP, 2])], 3, 3, ascii_only=True).lines == ["  *", "   ", "*  "]


def test_levels_of_what_is_no_number_and_beyond_the_scale() -> None:
    assert canvas.levels([float("nan"), float("inf"), -5.0, 49.9, 50.0, 1e300], 100.0, 4) == [GAP, 3, 0, 1, 2, 3]
    assert canvas.levels([0.0, 5.0, None], 0.0, 4) == [0, 0, GAP]


def test_the_first_curve_lies_on_top() -> None:
    same = [1, 1, 1, 1]
    assert set(canvas.draw([Curve(same), Curve(same)], 2, 1).owners[0]) == {1}
    over = Curve(same, [0, 0, 0, 0], [3, 3, 3, 3])
    assert set(canvas.draw([over, Curve([3, 3, 3, 3])], 2, 1).owners[0]) == {1}
