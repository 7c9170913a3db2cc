"""What stays where it is while everything else moves: cursor, marks, order, scope, filter, layout."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from novatui.core.tasks import TaskState
from novatui.ui.screens import layout
from tests.ui.desk import Desk, desk
from tests.ui.still import EVENING, StillFleet
from tests.ui.world import ETL, SPECS, load, machine, task, world


def one(count: int = 30) -> StillFleet:
    """One connection with machines named by number."""
    made = StillFleet(SPECS[:1])
    made.connect("kvm-03")
    made.tell("kvm-03", {f"vm:{n}": machine(f"vm-{n}", "kvm-03", parent="") for n in range(count)})
    made.measure("kvm-03", {f"vm:{n}": load(f"vm-{n}", n % 97) for n in range(count)})
    return made


def vm(person: Desk, number: int) -> int:
    return person.slot("kvm-03", f"vm:{number}")


# --- the cursor -------------------------------------------------------------------------------------------------------


async def test_the_cursor_stays_on_its_object_whatever_happens_around_it() -> None:
    dice = random.Random(7)
    made = one(60)
    async with desk(made) as person:
        await person.go_to("kvm-03", "vm:30")
        await person.press("j", "k")
        held, there = vm(person, 30), set(range(60))
        for step in range(30):
            made.clock.advance(1)
            match step % 5:
                case 0:
                    fresh = [dice.randrange(100, 999) for _ in range(3)]
                    there |= set(fresh)
                    made.tell("kvm-03", {f"vm:{n}": machine(f"vm-{n}", "kvm-03", parent="") for n in fresh})
                case 1:
                    gone = dice.sample(sorted(there - {30}), 3)
                    there -= set(gone)
                    made.remove("kvm-03", *(f"vm:{n}" for n in gone))
                case 2:
                    made.measure("kvm-03", {f"vm:{n}": load(str(n), dice.random() * 99) for n in there})
                case 3:
                    await person.press("s", dice.choice("ncmpd"))
                case 4:
                    made.tell("kvm-03", {f"vm:{dice.choice(sorted(there - {30}))}": {"name": f"renamed-{step}"}})
            await person.settle()
            assert person.table.cursor == held
            assert held in person.table.model.window(), "and on the screen"
            assert len(person.table.model.rows) == len(there)


async def test_the_cursor_stays_on_its_object_when_a_filter_lets_it_stay() -> None:
    async with desk(one()) as person:
        await person.go_to("kvm-03", "vm:12")
        await person.type("/vm-1")
        assert person.under() == "vm-12"
        await person.press("escape")
        assert person.under() == "vm-12"
        assert len(person.table.model.rows) == 30


async def test_a_cursor_whose_row_is_gone_goes_to_the_next_one() -> None:
    made = one()
    async with desk(made) as person:
        await person.go_to("kvm-03", "vm:12")
        made.remove("kvm-03", "vm:12")
        await person.settle()
        assert person.under() == "vm-13"
        assert "vm-13" in person.text.split("─ Tasks")[0].split("\n")[-6], "the peek pane follows"
        made.remove("kvm-03", *(f"vm:{n}" for n in range(30)))
        await person.settle()
        assert person.under() == ""
        assert "Nothing selected" in person.text


# --- order ------------------------------------------------------------------------------------------------------------


async def test_rows_change_places_every_three_seconds_at_most() -> None:
    made = one(10)
    async with desk(made) as person:
        await person.press("s", "c")
        assert person.names()[0] == "vm-9"
        for step in range(1, 13):
            made.clock.advance(0.5)
            before = person.names()
            made.measure("kvm-03", {f"vm:{n}": load(str(n), (n * 37 + step * 11) % 97) for n in range(10)})
            await person.settle()
            assert (person.names() != before) == (step % 6 == 0), step


async def test_new_rows_and_rows_that_leave_do_not_wait() -> None:
    made = one(10)
    async with desk(made) as person:
        made.tell("kvm-03", {"vm:50": machine("vm-3b", "kvm-03", parent="")})
        await person.settle()
        assert person.names()[3:5] == ["vm-3", "vm-3b"]
        made.remove("kvm-03", "vm:50")
        await person.settle()
        assert "vm-3b" not in person.names()


async def test_unknown_sorts_last_both_ways() -> None:
    made = one(4)
    made.tell("kvm-03", {"vm:u": machine("unmeasured", "kvm-03", parent="")})
    async with desk(made) as person:
        for _ in range(2):
            await person.press("s", "c")
            assert person.names()[-1] == "unmeasured"


# --- filter -----------------------------------------------------------------------------------------------------------


async def test_a_filter_works_with_every_key_and_says_what_is_wrong_with_it() -> None:
    async with desk(world()) as person:
        await person.press("slash")
        seen: list[tuple[str, int, str]] = []
        for key in "cpu>80 power:on":
            await person.press("space" if key == " " else key)
            footer = person.lines[-1].strip()
            seen.append(
                (person.filter.text, len(person.table.model.rows), "" if footer.startswith("Space") else footer)
            )
        problems = {text: problem for text, _, problem in seen if problem}
        assert problems.keys() == {"cpu>", "cpu>80 power:", "cpu>80 power:o"}
        assert "a percentage: 80" in problems["cpu>"]
        shown = {text: rows for text, rows, _ in seen}
        assert shown["cpu>80"] == shown["cpu>80 power:on"] == 3
        for (_, before, _), (_, after, problem) in pairwise(seen):
            assert not problem or after == before, "what cannot be read changes nothing"
        await person.press("enter")
        assert person.line("3 of 46").startswith(" :vm  /cpu>80 power:on")
        assert person.app.focused is person.table


async def test_a_filter_that_cannot_be_read_is_given_up_when_left() -> None:
    async with desk(world()) as person:
        await person.type("/db")
        await person.press("enter", "slash")
        await person.type(" cpu>")
        await person.press("enter")
        assert person.filter.text == "db cpu"
        assert "Space" in person.lines[-1], "no complaint is left over"


async def test_escape_takes_back_one_thing_after_another() -> None:
    async with desk(world()) as person:
        await person.type("/on")
        await person.press("ctrl+u")
        await person.type("vc")
        await person.press("enter", "tab")
        await person.go_to("vc-east", "host:esx-07", person.tree)
        await person.press("at", "tab", "space", "V", "j", "s")
        stages: list[str] = []
        for _ in range(6):
            home = person.home
            stages.append(
                f"{home.taker is not None:d} "
                f"{person.table.model.range_start is not None:d} {home._listing.scope is not None:d} "
                f"{home._listing.filter}"
            )
            await person.press("escape")
        assert stages == ["1 1 1 vc", "0 1 1 vc", "0 0 1 vc", "0 0 0 vc", "0 0 0 ", "0 0 0 "]
        assert person.app.screen is person.home
        assert person.filter.text == ""


async def test_marks_outlive_a_filter_and_are_counted() -> None:
    async with desk(world(), (160, 50)) as person:
        await person.press("space", "space")
        marked = set(person.table.marks)
        await person.type("/db-orders")
        await person.press("enter")
        assert person.table.marks == marked
        assert "2 of 46 · 2 marked" in person.lines[1]
        await person.press("asterisk")
        assert len(person.table.marks) == 4
        await person.press("escape")
        assert len(person.table.model.rows) == 46
        assert len(person.table.marks) == 4
        await person.press("U")
        assert "marked" not in person.text


async def test_a_machine_that_comes_to_match_appears_and_one_that_does_not_goes() -> None:
    made = one(10)
    async with desk(made) as person:
        await person.type("/cpu>50")
        await person.press("enter")
        assert person.names() == []
        assert "no machine matches cpu>50" in person.text
        made.clock.advance(2)
        made.measure("kvm-03", {"vm:3": load("x", 80)})
        await person.settle()
        assert person.names() == ["vm-3"]
        made.clock.advance(2)
        made.measure("kvm-03", {"vm:3": load("x", 20)})
        await person.settle()
        assert person.names() == []


async def test_a_filter_on_age_is_judged_by_the_clock() -> None:
    made = one(5)
    async with desk(made) as person:
        await person.type("/stale:yes")
        await person.press("enter")
        assert person.names() == []
        await person.pass_time(200)
        assert len(person.names()) == 5


# --- scope, zoom, tree, layout ----------------------------------------------------------------------------------------


async def test_a_scope_follows_its_node_and_ends_with_it() -> None:
    made = world()
    async with desk(made) as person:
        await person.press("tab")
        await person.go_to("vc-east", "host:esx-03", person.tree)
        await person.press("at")
        assert "─ Machines in esx-03 ─" in person.text
        before = len(person.table.model.rows)
        made.tell("vc-east", {"vm:new": machine("brand-new", "esx-03")})
        await person.settle()
        assert len(person.table.model.rows) == before + 1
        made.tell("vc-east", {"vm:new": {"parent": "host:esx-08", "host": "host:esx-08"}})
        await person.settle()
        assert len(person.table.model.rows) == before
        made.remove("vc-east", "host:esx-03")
        await person.settle()
        assert "Machines in all connections" in person.text


async def test_the_scope_key_on_a_machine_of_the_tree_finds_it_in_the_table() -> None:
    async with desk(world()) as person:
        await person.press("tab")
        await person.go_to("vc-east", "host:esx-03", person.tree)
        await person.press("at")
        await person.go_to("vc-east", "vm:db-orders-02", person.tree)
        await person.press("at")
        assert person.under() == "db-orders-02"
        assert "all connections" in person.text


async def test_counts_in_the_tree_follow_at_every_level() -> None:
    made = world()
    async with desk(made, (160, 50)) as person:
        await person.press("tab")
        await person.go_to("vc-east", "cluster:a", person.tree)

        def counts() -> list[str]:
            return [next(line for line in person.lines if word in line[:40])[:40] for word in ("vc-east", "DC East")]

        assert all(" 15 vm" in line for line in counts())
        made.tell("vc-east", {"vm:new": machine("brand-new", "esx-08")})
        await person.settle()
        assert all(" 16 vm" in line for line in counts())
        made.remove("vc-east", "vm:new", "vm:huge")
        await person.settle()
        assert all(" 14 vm" in line for line in counts())


async def test_a_node_that_gets_its_first_child_can_be_unfolded() -> None:
    made = world()
    async with desk(made, (160, 50)) as person:
        await person.press("tab")
        await person.go_to("vc-east", "host:esx-09", person.tree)
        sign = person.line("esx-09  ").split("◐")[0]
        assert "▸" not in sign
        made.tell("vc-east", {"vm:new": machine("brand-new", "esx-09")})
        await person.settle()
        assert person.line("  maintenance  ").split("◐")[0].rstrip().endswith("▸")
        await person.press("l")
        assert "brand-new" in person.text


async def test_zoom_gives_a_pane_the_screen_and_tab_gives_it_to_the_other() -> None:
    async with desk(world()) as person:
        await person.press("z")
        assert "Inventory" not in person.text
        assert "Tasks & events" not in person.text
        await person.press("tab")
        assert "Machines in" not in person.text
        assert person.app.focused is person.tree
        await person.press("slash")
        await person.type("db")
        await person.press("enter")
        assert person.app.focused is person.tree
        await person.press("z")
        assert "Machines in" in person.text
        assert "Inventory" in person.text


async def test_the_tree_key_works_at_any_width() -> None:
    async with desk(world(), (80, 24)) as person:
        assert "Inventory" not in person.text
        await person.press("T")
        assert "Inventory" in person.text
        assert "Machines in" in person.text
        await person.press("tab", "T")
        assert "Inventory" not in person.text
        assert person.app.focused is person.table


async def test_every_size_and_back() -> None:
    async with desk(world(), (160, 50)) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        for size in ((100, 30), (80, 24), (79, 23), (60, 15), (20, 5), (1, 1), (3, 2), (200, 60), (160, 13), (160, 50)):
            await person.resize(*size)
            assert len(person.lines) == size[1]
            if size[1] > 4 and size[0] >= 20:
                assert person.table.cursor in person.table.model.window(), size
                assert "db-orders" in person.text, size
        for part in ("Inventory", "Machines in", "db-orders-01 ─", "Tasks & events", "6 conns"):
            assert part in person.text


@pytest.mark.parametrize("tree", [None, True, False])
@pytest.mark.parametrize("zoomed", ["", "tree", "table"])
def test_a_layout_leaves_room_for_rows_and_never_more_than_there_is(tree: bool | None, zoomed: str) -> None:
    for width in range(1, 301):
        for height in range(1, 101):
            plan = layout.plan(width, height, tree=tree, zoomed=zoomed)
            assert 0 <= plan.tree <= width
            around = plan.status + 2 * plan.bars + plan.titles + 1
            around += (plan.peek + 1 if plan.peek else 0) + (plan.strip + 1 if plan.strip else 0)
            assert height - around >= (1 if height > 3 else 0), (width, height)
            assert plan.table or plan.tree


# --- a migration ------------------------------------------------------------------------------------------------------


async def test_a_migrating_machine_is_one_row_in_every_frame_and_keeps_the_cursor() -> None:
    made = StillFleet(SPECS[:2])
    made.connect("kvm-03", "kvm-12")
    made.tell(
        "kvm-03", {f"vm:{ETL}": machine("etl", "kvm-03", parent="", uuid=ETL), "vm:a": machine("a", "", parent="")}
    )
    made.tell("kvm-12", {"vm:z": machine("z", "", parent="")})
    move = {"id": "t", "verb": "migrate", "key": f"vm:{ETL}", "started": EVENING}
    seen: list[tuple[str, str]] = []

    async with desk(made) as person:

        async def look() -> None:
            await person.settle()
            rows = [line for line in person.lines[4:18] if "*etl " in line[30:]]
            assert len(rows) == 1, person.text
            assert sum("etl" in line[:30] for line in person.lines[4:18]) == 1, person.text
            assert person.under() == "etl"
            assert len(person.table.marks) == 1
            seen.append((rows[0].split()[-4] if rows else "", person.fleet.inventory.conn(person.table.cursor or 0)))

        await person.go_to("kvm-03", f"vm:{ETL}")
        await person.press("space", "k")
        assert person.under() == "etl"
        await look()
        made.clock.advance(1)
        made.hear(task("kvm-03", state=TaskState.RUNNING, **move))
        await look()
        made.tell("kvm-03", {f"vm:{ETL}": {"power": "migrating", "job": "migrate"}})
        await look()
        made.tell("kvm-12", {f"vm:{ETL}": machine("etl", "kvm-12", "migrating", parent="", uuid=ETL)})
        await look()
        made.clock.advance(1)
        made.tell("kvm-12", {f"vm:{ETL}": {"power": "running"}})
        await look()
        made.tell("kvm-03", {f"vm:{ETL}": {"power": "off", "job": ""}})
        await look()
        made.clock.advance(1)
        made.hear(task("kvm-03", state=TaskState.DONE, **move))
        await look()
        made.remove("kvm-03", f"vm:{ETL}")
        await look()
        await person.pass_time(60)
        await look()
    assert seen[0][1] == "kvm-03"
    assert seen[-1][1] == "kvm-12"


# --- connections ------------------------------------------------------------------------------------------------------


async def test_one_connection_goes_and_returns_and_the_others_do_not_notice() -> None:
    made = world()
    async with desk(made, (160, 50)) as person:
        made.lose("vc-east")
        await person.settle()
        assert "4/6 conns" in person.lines[0]
        assert "2 err" in person.lines[0]
        await person.pass_time(60)
        rows = [line for line in person.lines[4:36] if line.rstrip("▐ ").endswith("vc-east")]
        assert rows
        assert all("~" in line for line in rows)
        assert not [line for line in person.lines[4:36] if line.rstrip("▐ ").endswith("hv-clu1") and "~on" in line]
        made.connect("vc-east")
        await person.settle()
        assert "5/6 conns" in person.lines[0]


async def test_ten_thousand_rows_come_in_chunks_and_the_person_goes_on_working() -> None:
    made = StillFleet(SPECS[:1])
    made.connect("kvm-03")
    async with desk(made) as person:
        for chunk in range(20):
            start = chunk * 500
            made.tell(
                "kvm-03", {f"vm:{n}": {"name": f"vm-{n:05}", "power": "running"} for n in range(start, start + 500)}
            )
            await person.press("j" if chunk % 2 else "ctrl+f")
            assert person.text
        assert "10,000" in person.lines[1]
        await person.press("G")
        assert person.under() == "vm-09999"
        await person.press("g")
        assert person.under() == "vm-00000"


async def test_what_is_on_the_screen_is_watched_and_nothing_else() -> None:
    made = one(200)
    async with desk(made) as person:
        await person.pilot.pause(0.3)
        watched = [frame for frame in made.sent if type(frame).__name__ == "Watch"][-1]
        assert watched.keys is not None
        assert {f"vm:{n}" for n in range(13)} <= set(watched.keys)
        assert "vm:150" not in watched.keys
        await person.press("G")
        await person.pilot.pause(0.3)
        watched = [frame for frame in made.sent if type(frame).__name__ == "Watch"][-1]
        assert "vm:199" in (watched.keys or ())
        await person.press("s", "c")
        await person.pilot.pause(0.3)
        assert [frame for frame in made.sent if type(frame).__name__ == "Watch"][-1].keys is None, "all, to sort them"


async def test_a_console_at_rest_draws_nothing() -> None:
    async with desk(one()) as person:
        frames: list[object] = []
        person.app._display = lambda *args: frames.append(args)  # type: ignore[method-assign]
        for _ in range(3):
            await person.pass_time(0)
        await person.pilot.pause(0.5)
        assert frames == []
