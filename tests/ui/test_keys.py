"""Every key of the catalogue, in every place where it works: what it does there, and that nothing else is bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from novatui.actions.catalogue import ACTIONS, FORBIDDEN, Action, Scope
from novatui.ui.columns.views import HOME
from novatui.ui.dialogs.help import HelpDialog
from novatui.ui.dialogs.quit import QuitDialog
from novatui.ui.keys import NOWHERE
from novatui.ui.place import Place
from novatui.ui.screens.fleet import FleetScreen
from novatui.ui.widgets.overlay import Overlay
from novatui.wire import frames
from tests.ui.desk import Desk, desk
from tests.ui.still import StillFleet
from tests.ui.world import SPECS, machine, world

FLEET = FleetScreen.SCOPES

State = dict[str, Any]


def state(person: Desk) -> State:
    """All that a key may change."""
    home = person.home
    table, tree = person.table, person.tree
    return {
        "screen": type(person.app.screen).__name__,
        "focus": getattr(person.app.focused, "id", None),
        "row": table.model.cursor_index,
        "tree row": tree.model.cursor_index,
        "unfolded": len(tree.model.rows),
        "marks": len(table.marks),
        "range": table.model.range_start is not None,
        "problem": home._problem is not None,
        "editing": person.filter.has_class("editing"),
        "taker": type(home.taker).__name__ if home.taker is not None else "",
        "scope": home._listing.scope,
        "view": home._listing.view.name,
        "tree": not home.query_one("#tree-pane").has_class("gone"),
        "peek": not home.query_one("#peek").has_class("gone"),
        "table": not home.query_one("#table-pane").has_class("gone"),
        "utc": person.app.look.utc,
        "overlay": bool(person.app.screen.query(Overlay)),
        "asked": [type(frame).__name__ for frame in person.fleet.sent if not isinstance(frame, frames.Watch)],
        "reconnected": list(person.fleet.reconnected),
    }


Change = Callable[[State], State]

ON_THE_TABLE: dict[str, dict[str, Any]] = {
    "move.down": {"row": 11},
    "move.up": {"row": 9},
    "move.in": {},
    "move.out": {},
    "move.first": {"row": 0},
    "move.last": {"row": 45},
    "page.down": {"row": 10 + 13},
    "page.up": {"row": 0},
    "open": {"screen": "DetailScreen", "focus": None, "asked": ["DetailRequest"]},
    "scope": {"tree row": 27, "unfolded": 35},
    "back": {},
    "last": {"problem": True},
    "command": {"taker": "CommandLine"},
    "palette": {"screen": "Picker", "focus": None},
    "jump": {"screen": "Picker", "focus": None},
    "tasks": {"screen": "FeedScreen", "focus": "tasks"},
    "events": {},
    "alarms": {"screen": "AlarmScreen", "focus": "alarms"},
    "look": {"taker": "LeaderStrip"},
    "export": {"taker": "LeaderStrip"},
    "copy": {"taker": "LeaderStrip"},
    "pager": {"problem": True},
    "leave": {"screen": "QuitDialog", "focus": None},
    "log": {},
    "top": {},
    "add": {},
    "reload": {},
    "save": {},
    "theme": {},
    "list.vm": {},
    "list.host": {"view": "host"},
    "list.cluster": {"view": "cluster"},
    "list.conn": {"view": "conn"},
    "list.ds": {"view": "ds"},
    "list.net": {"view": "net"},
    "list.pool": {"view": "pool"},
    "list.snap": {"view": "snap"},
    "list.dev": {"view": "dev"},
    "list.folder": {"view": "folder"},
    "list.template": {"view": "template"},
    "pane.next": {"focus": "tree"},
    "pane.previous": {"focus": "tree"},
    "filter": {"focus": "filter", "editing": True, "taker": "FilterBar"},
    "sort": {"taker": "SortPrompt"},
    "mark": {"marks": 1, "row": 11},
    "pin": {"row": 0},
    "mark.range": {"range": True},
    "mark.invert": {"marks": 46},
    "mark.clear": {},
    "pane.zoom": {"tree": False, "peek": False},
    "tree.toggle": {"tree": False},
    "lines": {"peek": False},
    "saved": {"problem": True},
    "forget": {"problem": True},
    "clock.utc": {"utc": False},
    "overlay": {"overlay": True},
    "refresh": {"asked": ["Refresh"]},
    "reconnect": {"reconnected": ["vc-east"]},
    "help": {"screen": "HelpDialog", "focus": None},
    "quit": {"screen": "QuitDialog", "focus": None},
    **{key: {"problem": True} for key in ("power", "snapshots", "devices", "edit", "delete", "console", "undo")},
    **{key: {} for key in ("results", "unlock", "lock")},
    "audit": {"screen": "AuditScreen", "focus": "entries"},
    "capabilities": {"screen": "CapabilityScreen", "focus": "features"},
    "migrate": {"problem": True},
    "migrations": {"screen": "MigrationScreen", "focus": "moves"},
    "passthrough": {},
    **{word: {} for word in ("diff", "baseline", "posture")},
    "blockers": {},
    "alarm.acknowledge": {},
    "inventory": {},
    "snapshots.old": {"view": "snap", "row": None, "asked": ["Kinds"] * 6},
}
"""What each action changes when the cursor is on the eleventh of 46 machines, tree beside, 100×30.

This console has no gate: what would change something says that it only looks.
"""

IN_THE_TREE: dict[str, dict[str, Any]] = {
    "move.down": {"tree row": 2},
    "move.up": {"tree row": 0},
    "move.in": {"tree row": 2},
    "move.out": {"unfolded": -3},
    "move.first": {"tree row": 0},
    "move.last": {"tree row": -1},
    "page.down": {"tree row": 1 + 14},
    "page.up": {"tree row": 0},
    "open": {"screen": "DetailScreen", "focus": None},
    "scope": {"scope": "kvm-03"},
    "pane.next": {"focus": "table"},
    "pane.previous": {"focus": "table"},
    "filter": {"focus": "filter", "editing": True, "taker": "FilterBar"},
    "pane.zoom": {"table": False, "peek": False},
    "tree.toggle": {"tree": False, "focus": "table"},
    "refresh": {"asked": ["Refresh"]},
    "reconnect": {"reconnected": ["kvm-03"]},
}
"""The same with the cursor on kvm-03 in the tree, its second row."""


def keys_in(*scopes: Scope) -> list[tuple[Action, str]]:
    known = [action for action in ACTIONS if action.scope in scopes and not action.leader]
    return [(action, key) for action in known for key in action.keys]


def named(pairs: list[tuple[Action, str]]) -> dict[str, Any]:
    return {"argvalues": pairs, "ids": [f"{action.id}:{key}" for action, key in pairs]}


def test_every_action_is_expected_to_do_something() -> None:
    assert set(ON_THE_TABLE) == {action.id for action in ACTIONS if action.scope in FLEET and not action.leader}


@pytest.mark.parametrize(("action", "key"), **named(keys_in(*FLEET)))
async def test_a_key_on_the_table(action: Action, key: str) -> None:
    async with desk(world()) as person:
        for _ in range(10):
            person.table.move(1)
        await person.settle()
        before = state(person)
        await person.press(key)
        changed = {name: value for name, value in state(person).items() if value != before[name]}
        assert changed == ON_THE_TABLE[action.id]


@pytest.mark.parametrize(
    ("action", "key"), **named([(action, key) for action, key in keys_in(*FLEET) if action.id in IN_THE_TREE])
)
async def test_a_key_in_the_tree(action: Action, key: str) -> None:
    async with desk(world()) as person:
        await person.press("tab")
        await person.go_to("kvm-03", "connection:kvm-03", person.tree)
        before = state(person)
        await person.press(key)
        after = state(person)
        expected = dict(IN_THE_TREE[action.id])
        if expected.get("tree row") == -1:
            expected["tree row"] = before["unfolded"] - 1
        if "unfolded" in expected:
            expected["unfolded"] += before["unfolded"]
        if "scope" in expected:
            expected["scope"] = person.slot(expected["scope"], f"connection:{expected['scope']}")
        assert {name: value for name, value in after.items() if value != before[name]} == expected


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("focus", ["table", "tree"])
@pytest.mark.parametrize("size", [(100, 30), (60, 15), (20, 5)], ids=str)
async def test_every_key_with_little_to_work_on(rows: int, focus: str, size: tuple[int, int]) -> None:
    made = StillFleet(SPECS[:1] if rows else [])
    if rows:
        made.connect("kvm-03")
        made.tell("kvm-03", {"vm:a": machine("only-one", "kvm-03", parent="")})
    async with desk(made, size) as person:
        for action, key in keys_in(*FLEET):
            if focus == "tree" and person.tree.display:
                person.tree.focus()
            await person.press(key)
            assert person.text
            while len(person.app.screen_stack) > 1:
                await person.press("escape")
            if person.home.taker is not None:
                await person.press("escape")
            assert isinstance(person.app.screen, type(person.home)), action.id
        await person.open(Place("vm"))  # a key lists snapshots
        if rows:
            assert person.under() == "only-one"


@pytest.mark.parametrize(("action", "key"), **named(keys_in(Scope.DIALOG)))
async def test_a_key_in_the_help(action: Action, key: str) -> None:
    async with desk(world(), (80, 24)) as person:
        await person.press("question_mark", "ctrl+f")
        dialog = person.app.screen
        assert isinstance(dialog, HelpDialog)
        at = dialog._page.scroll_y
        assert at > 0
        await person.press(key)
        if action.id == "dialog.close":
            assert person.app.screen is person.home
            return
        if action.id == "dialog.copy":
            assert dialog._page.scroll_y == at
            return
        assert person.app.screen is dialog
        moved = dialog._page.scroll_y - at
        assert {"down": moved == 1, "up": moved == -1, "last": moved > 1, "first": at + moved == 0}.get(
            action.id.removeprefix("dialog."), abs(moved) > 1
        )


@pytest.mark.parametrize(("action", "key"), **named(keys_in(Scope.QUESTION)))
async def test_a_key_in_the_question(action: Action, key: str) -> None:
    async with desk(world()) as person:
        await person.press("q")
        assert isinstance(person.app.screen, QuitDialog)
        await person.pilot.press(key)
        await person.pilot.pause()
        assert (person.app._exit) == (action.id == "answer.yes")
        if action.id == "answer.no":
            assert person.app.screen is person.home


TYPED: dict[str, tuple[str, int | None]] = {
    "submit": ("db orders", None),
    "cursor.left": ("db orders", 8),
    "cursor.right": ("db orders", 9),
    "home": ("db orders", 0),
    "end": ("db orders", 9),
    "delete.left": ("db order", 8),
    "delete.right": ("db orders", 9),
    "delete.left.word": ("db ", 3),
    "delete.left.all": ("", 0),
    "delete.right.all": ("db orders", 9),
    "filter.keep": ("db orders", None),
    "filter.undo": ("", None),
}
"""Text and place of the cursor after each key behind `db orders`; None: the input is closed."""


@pytest.mark.parametrize(("action", "key"), **named(keys_in(Scope.TEXT, Scope.FILTER)))
async def test_a_key_while_a_filter_is_typed(action: Action, key: str) -> None:
    async with desk(world()) as person:
        await person.press("slash")
        await person.type("db orders")
        await person.press(key)
        text, at = TYPED[action.id]
        assert person.filter.text == text
        assert person.filter.has_class("editing") == (at is not None)
        if at is None:
            assert person.app.focused is person.table
        else:
            assert person.filter.editor.cursor == at


async def test_a_letter_is_a_letter_while_a_filter_is_typed() -> None:
    typed = {"slash": "/", "space": " ", "asterisk": "*", "question_mark": "?"}
    letters = [key for _, key in keys_in(*FLEET) if len(key) == 1 or key in typed]
    async with desk(world()) as person:
        before = state(person)
        await person.press("slash", *letters)
        assert person.filter.text == "".join(typed.get(key, key) for key in letters)
        typing = {"editing": True, "focus": "filter", "row": None, "taker": "FilterBar"}
        assert state(person) == before | typing, "nothing else happened"


async def test_the_rows_can_be_paged_through_while_a_filter_is_typed() -> None:
    async with desk(world()) as person:
        await person.press("slash", "pagedown")
        assert person.table.model.cursor_index == 13
        assert person.filter.has_class("editing")
        await person.press("ctrl+f", "pageup", "pageup")
        assert person.table.model.cursor_index == 0


@pytest.mark.parametrize("letter", HOME.letters())
async def test_a_letter_after_the_sort_key(letter: str) -> None:
    async with desk(world()) as person:
        if letter == "n":
            await person.press("s", "c")
        await person.press("s", letter)
        assert person.home._listing.sort.key == HOME.letters()[letter]
        first = person.home._listing.sort.descending
        await person.press("s", letter)
        assert person.home._listing.sort.descending is not first
        assert person.home._listing.sort.key == HOME.letters()[letter]


async def test_a_letter_that_sorts_by_nothing_only_closes_the_prompt() -> None:
    async with desk(world()) as person:
        for key in ("x", "escape", "q", "f5", "ctrl+u", "space"):
            before = state(person)
            await person.press("s")
            assert "sort by" in person.text, "the prompt may take two lines"
            await person.press(key)
            assert state(person) == before
            assert "sort by" not in person.text


# --- what is bound ----------------------------------------------------------------------------------------------------


PLACES: dict[str, tuple[tuple[str, ...], tuple[Scope, ...]]] = {
    "table": ((), FLEET),
    "tree": (("tab",), FLEET),
    "filter": (("slash",), (*FLEET, Scope.TEXT, Scope.FILTER)),
    "sort prompt": (("s",), FLEET),
    "help": (("question_mark",), (Scope.DIALOG, Scope.EVERYWHERE)),
    "question": (("q",), (Scope.QUESTION, Scope.EVERYWHERE)),
    "overlay": (("O",), FLEET),
}


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_but_the_catalogue_is_bound(place: str) -> None:
    keys, scopes = PLACES[place]
    async with desk(world()) as person:
        await person.press(*keys)
        bound = set(person.app.screen.active_bindings) - {NOWHERE}
        assert not bound & FORBIDDEN
        assert not bound & {"ctrl+q", "ctrl+p"}
        assert bound <= {key for _, key in keys_in(*scopes)}


@pytest.mark.parametrize("key", sorted(FORBIDDEN | {"ctrl+q", "ctrl+p", "f1", "f2", "alt+x", "insert"}))
async def test_a_key_that_is_not_ours_does_nothing(key: str) -> None:
    async with desk(world()) as person:
        before, text = state(person), person.text
        await person.press(key)
        assert state(person) == before
        assert person.text == text


# --- the mouse --------------------------------------------------------------------------------------------------------


async def test_a_click_puts_the_cursor_and_the_keyboard_there() -> None:
    async with desk(world()) as person:
        await person.pilot.click(person.table, offset=(5, 4))
        await person.settle()
        assert person.table.model.cursor_index == 3
        assert person.under() in person.lines[16 + 2]
        await person.pilot.click(person.tree, offset=(8, 3))
        await person.settle()
        assert person.app.focused is person.tree
        assert person.under(person.tree) == "etl-big-2"


async def test_a_click_on_the_sign_folds() -> None:
    async with desk(world()) as person:
        rows = len(person.tree.model.rows)
        await person.pilot.click(person.tree, offset=(2, 1))
        await person.settle()
        assert len(person.tree.model.rows) == rows - 3


async def test_a_double_click_opens() -> None:
    async with desk(world()) as person:
        await person.pilot.click(person.tree, offset=(8, 1), times=2)
        await person.settle()
        assert str(person.screen.place()).startswith("detail ref=kvm-03:connection")
        await person.press("escape")
        await person.pilot.click(person.table, offset=(5, 1), times=2)
        await person.settle()
        assert "api-hv-01" in person.lines[0]


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with desk(world()) as person:
        first = person.names()[0]
        await person.pilot._post_mouse_events([_wheel()], person.table, offset=(5, 5))
        await person.settle()
        assert person.names()[0] != first
        assert person.under() == first


def _wheel() -> Any:
    from textual.events import MouseScrollDown

    return MouseScrollDown


@pytest.mark.parametrize("size", [(100, 30), (160, 50)], ids=str)
async def test_a_click_on_a_title_sorts_by_it(size: tuple[int, int]) -> None:
    async with desk(world(), size) as person:
        header = person.lines[3]
        start = person.table.region.x
        for title in ("ST", "HOST", "CPU%", "60 s", "MEM%", "DISK/s", "NET/s", "NAME"):
            key = "name" if title == "NAME" else next(c.sort for c in HOME.columns if c.title == title)
            for at in (header.index(title), header.index(title) + len(title) - 1):
                before = person.home._listing.sort
                await person.pilot.click(person.table, offset=(at - start, 0))
                await person.settle()
                after = person.home._listing.sort
                assert after.key == key
                assert before.key != key or after.descending is not before.descending
        assert person.app.focused is person.table


async def test_a_click_elsewhere_ends_typing_and_keeps_what_was_typed() -> None:
    async with desk(world()) as person:
        await person.press("slash")
        await person.type("db")
        await person.pilot.click(person.tree, offset=(8, 3))
        await person.settle()
        assert not person.filter.has_class("editing")
        assert person.app.focused is person.tree
        assert "/db" in person.lines[1]
