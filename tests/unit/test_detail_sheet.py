"""Boxes of named fields: nothing is lost at any width, and every line is exactly as wide as asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from novatui.ui.render.detail.grid import Column, widths
from novatui.ui.render.detail.sheet import Field, Section, Table, Text, draw
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN, PLAIN
from novatui.ui.theme import load_theme

LOOK = Look(marks=DRAWN, styles=load_theme("dark").styles)

LETTERS = st.text(st.sampled_from("ab /,-漢é"), max_size=60)


@given(LETTERS, st.integers(1, 30))
def test_wrapped_text_fits_and_keeps_every_letter(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert lines
    assert all(cell_len(line) <= max(width, 2) for line in lines)  # a wide letter is never halved
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=8), st.integers(24, 170))
def test_every_letter_of_every_field_is_drawn_and_lines_are_exact(pairs: list[tuple[str, str]], width: int) -> None:
    section = Section(title="Box", items=[Field(name, value) for name, value in pairs])
    strips = draw([section], width, LOOK)
    assert {strip.cell_length for strip in strips} == {width}
    drawn = "".join(strip.text for strip in strips[1:])
    for letter in "ab-漢é":
        said = sum(name.count(letter) + value.count(letter) for name, value in pairs)
        assert drawn.count(letter) == said


def test_two_short_fields_share_a_line_where_there_is_room() -> None:
    section = Section(title="Box", items=[Field("a", "1"), Field("b", "2")])
    assert [strip.text.split() for strip in draw([section], 80, LOOK)[1:]] == [["a", "1", "b", "2"]]
    assert [strip.text.split() for strip in draw([section], 40, LOOK)[1:]] == [["a", "1"], ["b", "2"]]


def test_boxes_stand_beside_each_other_on_wide_screens_and_below_each_other_on_narrow_ones() -> None:
    boxes = [Section(title=title, items=[Field("f", "v")]) for title in ("One", "Two")]
    wide = draw(boxes, 100, LOOK)
    assert "One" in wide[0].text
    assert "Two" in wide[0].text
    narrow = [strip.text.split()[1] for strip in draw(boxes, 80, LOOK)]
    assert narrow == ["One", "v", "Two", "v"]


def test_a_wide_box_goes_over_both_columns_and_stays_in_order() -> None:
    boxes = [
        Section(title="One", items=[Field("f", "v")]),
        Section(title="Wide", items=[Text("t " * 70)], wide=True),
        Section(title="Two", items=[Field("f", "v")]),
    ]
    text = "\n".join(strip.text for strip in draw(boxes, 160, LOOK))
    assert text.index("One") < text.index("Wide") < text.index("Two")
    assert ("t " * 70).strip() in text


def test_a_box_without_items_is_not_drawn() -> None:
    assert draw([Section(title="Empty", items=[])], 80, LOOK) == []


@pytest.mark.parametrize("marks", [DRAWN, PLAIN])
def test_signs_that_stand_for_no_value_are_quiet(marks: object) -> None:
    look = Look(marks=marks, styles=LOOK.styles)  # type: ignore[arg-type]
    for sign in look.marks.gaps:
        strip = draw([Section(title="Box", items=[Field("name", sign)])], 80, look)[1]
        assert [segment.style for segment in strip if segment.text.strip() == sign] in ([look.styles.quiet], [])
        assert look.styles.text not in {segment.style for segment in strip if sign in segment.text}


def test_tables_give_up_their_least_columns_first_and_shrink_before_that() -> None:
    columns = [Column("name", shrinks=True), Column("size", rank=1), Column("more", rank=2)]
    rows = [("x" * 30, "10.0 GiB", "whatever")]
    assert widths(columns, rows, 60) == [30, 8, 8]
    assert widths(columns, rows, 40) == [20, 8, 8]
    assert widths(columns, rows, 20) == [10, 8, 0]
    assert widths(columns, rows, 12) == [12, 0, 0]


def test_a_table_has_a_line_for_each_row_and_one_for_its_titles() -> None:
    table = Table([Column("disk"), Column("size", right=True)], [("vda", "1.0 GiB"), ("vdb", "?")])
    lines = [strip.text for strip in draw([Section(title="Disks", items=[table])], 60, LOOK)]
    assert [line.split() for line in lines[1:]] == [["DISK", "SIZE"], ["vda", "1.0", "GiB"], ["vdb", "?"]]
