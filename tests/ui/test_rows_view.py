"""RowView in a running app: what it draws, what it repaints, keys, mouse, sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from novatui.ui.rows.cells import fit
from novatui.ui.rows.painter import Painter
from novatui.ui.rows.source import ROOT, RowState
from novatui.ui.rows.view import RowView
from novatui.ui.textual_private import screen_text


class Names:
    """A source of names; a node is drawn as its mark, its expansion, its name."""

    def __init__(self, below: dict[int, list[int]], names: dict[int, str] | None = None) -> None:
        self.below = below
        self.names = names or {}
        self.versions: Counter[int] = Counter()
        self.drawn: Counter[int] = Counter()

    def children(self, node: int) -> list[int]:
        return self.below.get(node, [])

    def parent(self, node: int) -> int | None:
        return next((parent for parent, kids in self.below.items() if node in kids), None)

    def version(self, node: int) -> int:
        return self.versions[node]

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        self.drawn[node] += 1
        fold = "-" if state.expanded else "+" if self.children(node) else " "
        text = f"{'  ' * state.depth}{fold} {self.names.get(node, f'node {node}')}"
        marks = ("*" if state.marked else "") + (">" if state.cursor else "") + ("!" if state.focused else "")
        return Strip([Segment(text), Segment(f" {marks}", Style(bold=True))])

    def header(self, width: int) -> Strip:
        return Strip([Segment(fit("NAME", width))])

    def rename(self, node: int, name: str) -> None:
        self.names[node] = name
        self.versions[node] += 1


class Counting(RowView):
    """Counts the lines that Textual asks for."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.rendered: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.rendered.append(y)
        return super().render_line(y)


class Shelf(App[None]):
    CSS = "Counting { scrollbar-color: red; }"

    def __init__(self, source: Names, **options: object) -> None:
        super().__init__()
        self.view = Counting(source, **options)
        self.told: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()

    def on_row_canvas_cursor_moved(self, event: RowView.CursorMoved) -> None:
        self.told.append(("cursor", event.node))

    def on_row_view_activated(self, event: RowView.Activated) -> None:
        self.told.append(("activated", event.node))

    def on_row_view_header_clicked(self, event: RowView.HeaderClicked) -> None:
        self.told.append(("header", event.x))

    def on_row_view_marks_changed(self, event: RowView.MarksChanged) -> None:
        self.told.append(("marks", sorted(event.control.marks)))


@asynccontextmanager
async def shelf(
    source: Names, size: tuple[int, int] = (30, 6), **options: object
) -> AsyncIterator[tuple[Shelf, Counting, Pilot[None]]]:
    app = Shelf(source, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.view.rendered.clear()
        source.drawn.clear()
        yield app, app.view, pilot


async def painted(view: RowView, pilot: Pilot[None]) -> None:
    """Wait until the painter has nothing left to do and the frame is out."""
    while not view._painter.idle:  # type: ignore[union-attr]
        await pilot.pause(0.02)
    await pilot.pause()


def lines(app: App[None]) -> list[str]:
    """The screen without the scrollbar column."""
    width = app.size.width
    return [fit(line, width - 1, ellipsis="").rstrip() for line in screen_text(app).split("\n")]


def flat(count: int) -> Names:
    return Names({ROOT: list(range(count))})


async def test_a_tree_folds_and_unfolds_under_the_cursor() -> None:
    source = Names({ROOT: [1, 2], 1: [10, 11], 10: [100]})
    async with shelf(source) as (app, view, pilot):
        assert lines(app) == ["+ node 1 >!", "  node 2", "", "", "", ""]
        assert view.toggle()
        view.step_in()
        assert view.toggle()
        await pilot.pause()
        assert lines(app) == [
            "- node 1",
            "  - node 10 >!",
            "      node 100",
            "    node 11",
            "  node 2",
            "",
        ]
        view.step_in()
        assert not view.toggle()
        view.step_out()
        view.step_out()
        await pilot.pause()
        assert lines(app)[:3] == ["- node 1", "  + node 10 >!", "    node 11"]
        assert view.reveal(100)
        assert view.cursor == 100
        assert not view.reveal(77)


async def test_a_table_keeps_its_header_while_rows_scroll() -> None:
    async with shelf(flat(100), header=True) as (app, view, pilot):
        view.end()
        await pilot.pause()
        assert lines(app) == ["NAME", "  node 95", "  node 96", "  node 97", "  node 98", "  node 99 >!"]
        view.page(-1)
        await pilot.pause()
        assert lines(app)[1] == "  node 95 >!"
        view.home()
        await pilot.pause()
        assert lines(app)[:2] == ["NAME", "  node 0 >!"]


async def test_a_key_repaints_two_lines_and_draws_each_once() -> None:
    source = flat(1000)
    async with shelf(source) as (_, view, pilot):
        view.move(1)
        await pilot.pause()
        assert view.rendered == [0, 1]
        assert source.drawn == {0: 1, 1: 1}
        view.rendered.clear()
        view.move(-1)
        await pilot.pause()
        assert view.rendered == [0, 1]
        assert source.drawn == {0: 1, 1: 1}, "seen before: nothing is drawn again"


async def test_only_dirty_and_visible_rows_are_painted() -> None:
    source = flat(1000)
    async with shelf(source) as (app, view, pilot):
        for node in (3, 4, 500, 999):
            source.rename(node, f"new {node}")
        view.touch([3, 4, 500, 999])
        view.touch([2])  # nothing changed there
        await painted(view, pilot)
        assert view.rendered == [3, 4]
        assert source.drawn == {3: 1, 4: 1}
        assert lines(app)[3:5] == ["  new 3", "  new 4"]


async def test_touches_off_screen_start_no_clock() -> None:
    source = flat(1000)
    async with shelf(source) as (_, view, pilot):
        source.rename(500, "new")
        for _ in range(1000):
            view.touch([500])
        assert view._painter is not None
        assert view._painter.idle
        await pilot.pause(0.4)
        assert view.rendered == []


async def test_many_structural_changes_are_one_paint() -> None:
    source = flat(1000)
    async with shelf(source) as (app, view, pilot):
        view.move(2)
        await pilot.pause()
        frames: list[int] = []
        layouts: list[int] = []
        app.post_display_hook = lambda: frames.append(1)  # type: ignore[method-assign]
        app.screen.screen_layout_refresh_signal.subscribe(app, lambda _: layouts.append(1))
        for new in range(2000, 2040):
            source.below[ROOT].insert(3, new)
            source.below[ROOT].pop()
            view.changed()
            view.touch([0])
        await painted(view, pilot)
        assert len(frames) == 1
        assert layouts == []
        assert lines(app)[1:5] == ["  node 1", "  node 2 >!", "  node 2039", "  node 2038"]


async def test_views_that_share_a_painter_change_in_one_frame() -> None:
    source, other = flat(50), flat(50)

    class Pair(App[None]):
        def compose(self) -> ComposeResult:
            self.painter = Painter(self)
            yield RowView(source, painter=self.painter, id="left")
            yield RowView(other, painter=self.painter, id="right")

    app = Pair()
    async with app.run_test(size=(30, 8)) as pilot:
        await pilot.pause()
        frames: list[str] = []
        app.post_display_hook = lambda: frames.append(screen_text(app))  # type: ignore[method-assign]
        for view, data in ((app.query_one("#left", RowView), source), (app.query_one("#right", RowView), other)):
            data.rename(1, "renamed")
            view.touch([1])
        while not app.painter.idle:
            await pilot.pause(0.02)
        await pilot.pause()
        assert [frame.count("renamed") for frame in frames] == [2]
        other.rename(2, "gone")
        app.query_one("#right", RowView).touch([2])
        await app.query_one("#right", RowView).remove()
        await pilot.pause(0.3)
        assert "gone" not in screen_text(app)


async def test_rows_above_do_not_move_what_is_on_screen() -> None:
    source = flat(1000)
    async with shelf(source) as (app, view, pilot):
        view.move(500)
        await pilot.pause()
        before = lines(app)
        view.rendered.clear()
        source.below[ROOT][0:0] = range(2000, 2100)
        del source.below[ROOT][300:350]
        view.changed()
        await painted(view, pilot)
        assert lines(app) == before
        assert len(view.rendered) <= 2, "at most the thumb of the scrollbar moved"


async def test_a_removed_cursor_row_hands_over_and_tells_so() -> None:
    source = flat(5)
    async with shelf(source) as (app, view, pilot):
        view.end()
        source.below[ROOT].remove(4)
        view.changed()
        await painted(view, pilot)
        assert lines(app)[3] == "  node 3 >!"
        source.below[ROOT].clear()
        view.changed()
        await painted(view, pilot)
        assert [node for kind, node in app.told if kind == "cursor"] == [0, 4, 3, None]


async def test_marks_and_ranges_are_drawn() -> None:
    async with shelf(flat(20)) as (app, view, pilot):
        view.toggle_mark()
        view.move(2)
        view.mark_range()
        view.move(2)
        await pilot.pause()
        assert [line.endswith(("*", "*>!")) for line in lines(app)] == [True, False, True, True, True, False]
        assert view.marks == {0}
        view.mark_range()
        view.invert_marks()
        await pilot.pause()
        assert view.marks == {1, *range(5, 20)}
        view.clear_marks()
        await pilot.pause()
        assert "*" not in screen_text(app)
        assert [value for kind, value in app.told if kind == "marks"][-1] == []


async def test_the_cursor_is_quiet_without_the_keyboard() -> None:
    async with shelf(flat(3)) as (app, view, pilot):
        view.blur()
        await pilot.pause()
        assert lines(app)[0] == "  node 0 >"


WIDE = "日本語サーバー漢字"
HOSTILE = ["vm[/]", "[red]x", "[bold", "x" * 300, WIDE * 20, "שלום", "e\u0301tat", "\U0001f600 smile", ""]


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 6, 7, 8, 13, 14])
async def test_wide_characters_are_never_halved(width: int) -> None:
    source = Names({ROOT: [0, 1]}, {0: WIDE, 1: "a" + WIDE})
    async with shelf(source, size=(width, 3)) as (app, view, _):
        for y in range(3):
            strip = view.render_line(y)
            assert strip.cell_length == width
            assert cell_len(strip.text) == width
        for row, full in zip(screen_text(app).split("\n"), (f"  {WIDE}", f"  a{WIDE}"), strict=False):
            shown = row[: len(row.rstrip())]
            assert full.startswith(shown)


async def test_hostile_names_are_shown_as_they_are() -> None:
    source = Names({ROOT: list(range(len(HOSTILE)))}, dict(enumerate(HOSTILE)))
    async with shelf(source, size=(40, 9)) as (app, view, _):
        shown = lines(app)
        for row, name in zip(shown, HOSTILE, strict=True):
            assert row.startswith(fit(f"  {name}", 30, ellipsis="").rstrip())
        assert all(cell_len(view.render_line(y).text) == 40 for y in range(9))


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 2), (5, 1), (80, 24), (250, 80)])
@pytest.mark.parametrize("header", [False, True])
async def test_every_size_works(size: tuple[int, int], header: bool) -> None:
    async with shelf(flat(50), size=size, header=header) as (app, view, pilot):
        for act in (view.end, view.home, lambda: view.page(1), lambda: view.move(-1), view.toggle_mark):
            act()
            await pilot.pause()
        assert len(screen_text(app).split("\n")) == size[1]
        assert view.cursor is not None


async def test_resizing_keeps_the_cursor_on_screen() -> None:
    async with shelf(flat(100), size=(30, 20)) as (app, view, pilot):
        view.move(18)
        for size in ((30, 5), (14, 3), (60, 12)):
            await pilot.resize_terminal(*size)
            while view.size != size:
                await pilot.pause()
            assert sum(">!" in line for line in lines(app)) == 1
            assert view.cursor == 18


async def test_clicks_select_fold_and_open() -> None:
    source = Names({ROOT: [1, 2, 3], 2: [20]})
    async with shelf(source, header=True) as (app, view, pilot):
        await pilot.click(view, offset=(8, 3))
        assert view.cursor == 3
        await pilot.click(view, offset=(1, 2))
        assert view.cursor == 2
        assert lines(app)[2:4] == ["- node 2 >!", "    node 20"]
        await pilot.click(view, offset=(8, 3), times=2)
        assert ("activated", 20) in app.told
        await pilot.click(view, offset=(7, 0))
        assert ("header", 7) in app.told
        await pilot.click(view, offset=(7, 5))
        assert view.cursor == 20, "there is no row"


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with shelf(flat(100)) as (app, view, pilot):
        for _ in range(4):
            await pilot._post_mouse_events([_scroll()], view, offset=(3, 3))
        assert lines(app)[0] == "  node 12"
        assert view.cursor == 0
        view.move(1)
        await pilot.pause()
        assert lines(app)[1] == "  node 1 >!" or lines(app)[0] == "  node 1 >!"


def _scroll() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_the_scrollbar_shows_the_place_and_can_be_dragged() -> None:
    async with shelf(flat(60), size=(20, 6)) as (app, view, pilot):

        def bar() -> str:
            return "".join(view.render_line(y).text[-1] for y in range(6))

        assert bar() == "▐     "
        view.end()
        await pilot.pause()
        assert bar() == "     ▐"
        await pilot.mouse_down(view, offset=(19, 0))
        assert view.model.top == 0
        await pilot.hover(view, offset=(19, 5))
        assert view.model.top == 54
        await pilot.mouse_up(view, offset=(19, 5))
        await pilot.hover(view, offset=(19, 0))
        assert view.model.top == 54
        assert app.mouse_captured is None


async def test_the_bar_is_blank_when_all_rows_fit_and_ascii_if_asked() -> None:
    async with shelf(flat(3)) as (_, view, _pilot):
        assert {view.render_line(y).text[-1] for y in range(6)} == {" "}
    async with shelf(flat(30), ascii_only=True) as (_, view, _pilot):
        assert "".join(view.render_line(y).text[-1] for y in range(6)) == "#|||||"


async def test_an_empty_view_says_so() -> None:
    source = Names({ROOT: []})
    async with shelf(source, placeholder="no VM matches") as (app, view, pilot):
        assert lines(app)[0] == "no VM matches"
        for act in (view.home, view.end, view.toggle_mark, view.step_in, view.step_out, view.activate):
            act()
        assert not view.toggle()
        source.below[ROOT].append(4)
        view.changed()
        await painted(view, pilot)
        assert lines(app)[0] == "  node 4 >!"


async def test_colours_are_the_widget_s_own_below_those_of_the_row() -> None:
    async with shelf(flat(2)) as (app, view, pilot):
        app.view.styles.background = "blue"
        await pilot.pause()
        text, bold = list(view.render_line(0))[:2]
        assert text.style is not None
        assert text.style.bgcolor is not None
        assert bold.style == text.style + Style(bold=True)
