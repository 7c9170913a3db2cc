"""Changes from the keyboard: what strips offer, what is asked before something is sent, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from novatui.actions.catalogue import Scope, in_scope
from novatui.core.detail import Property
from novatui.core.errors import Failure, Fault
from novatui.core.events import Acknowledgement, Severity
from novatui.core.operations import Plan
from novatui.ui.dialogs.arguments import ArgumentsForm
from novatui.ui.dialogs.confirm import PASTED, TOO_FAST, ConfirmDialog
from novatui.ui.dialogs.results import ResultsDialog
from novatui.ui.place import Place
from novatui.ui.screens.alarms import AlarmScreen
from novatui.ui.screens.feed import FeedScreen
from novatui.wire import frames
from tests.ui import world
from tests.ui.desk import desk
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.still import EVENING, StillFleet
from tests.ui.test_burst import burst
from tests.ui.test_every_key import back_to, keys_on

RUNNING = ("kvm-03", "vm:gpu-train-1")
"""A machine that is on, and whose connection is not protected."""

REFUSED = Failure(
    fault=Fault.CONFLICT, message="the product said no", meaning="it is held", hint="wait for it", code="E42"
)


async def command(person: ActingDesk, text: str) -> None:
    await person.press("colon")
    await person.type(text)
    await person.press("enter")


async def ask(person: ActingDesk, *keys: str) -> ConfirmDialog:
    """Press these, and wait until the dialog asks and takes keys."""
    await person.press(*keys)
    dialog = person.app.screen
    assert isinstance(dialog, ConfirmDialog), person.text
    await person.planned()
    return dialog


# --- strips ---


async def test_a_menu_says_what_is_possible_and_why_the_rest_is_not(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("p")
        assert "power  gpu-train-1" in person.text
        assert "s · start" in person.line("it is running; this needs off or crashed")
        assert "it is running" not in person.line("O   power off (pull the plug)")
        await person.press("s")
        assert "it is running; this needs off or crashed" in person.lines[-1]
        assert person.hands.planned == []
        assert "power  gpu-train-1" not in person.text


async def test_what_a_product_lacks_is_told_apart_from_what_makes_no_sense_now(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("p")
        assert "not offered by vsphere 9.0" in person.line("u – pause")
        assert "vc-east is protected" in person.line("w · wake")


async def test_keys_vanish_where_nothing_can_be_changed(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        assert "p power" in person.lines[-1]
        await person.go_to("pool-xen", "vm:legacy-app")
        assert "p power" not in person.lines[-1]
        await person.press("p")
        assert "pool-xen is read-only" in person.text
        await person.press("s")
        assert "pool-xen is read-only" in person.lines[-1]
        assert person.hands.planned == []


async def test_a_console_without_a_gate_says_so() -> None:
    async with desk(world.world()) as person:
        await person.press("p")
        assert "nothing can be changed from here" in person.lines[-1]
        await person.press("u")
        assert "nothing can be changed from here" in person.lines[-1]


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)], ids=str)
async def test_strips_fit_any_screen(size: tuple[int, int], tmp_path: Path) -> None:
    async with acting_desk(tmp_path, size) as person:
        await person.go_to(*RUNNING)
        for key in ("p", "n", "x", "e", "D"):
            await person.press(key)
            assert person.screen.taker is not None
            assert person.text
            await person.press("escape")
            assert person.screen.taker is None


# --- nothing moves ---


async def test_a_live_sort_never_moves_the_target_under_the_finger(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.press("s", "c")
        await person.go_to(*RUNNING)
        await person.press("p")
        shown = list(person.home._table_source.order)
        for load in (1.0, 99.9, 50.0, 99.0):
            await stir(person, load)
        assert list(person.home._table_source.order) == shown
        await person.press("O")
        await person.planned()
        await stir(person, 3.0)
        assert list(person.home._table_source.order) == shown, "no re-sort under an open dialog"
        assert "power off gpu-train-1" in person.text
        await person.write("gpu-train-1")
        await person.press("enter")
        await person.done()
        assert person.hands.made == ["power.off vm:gpu-train-1"]
        await stir(person, 97.0)
        assert list(person.home._table_source.order) != shown


async def stir(person: ActingDesk, load: float) -> None:
    """Time goes on, and with it the order by load."""
    person.fleet.clock.advance(10)
    person.fleet.measure("kvm-03", {"vm:gpu-train-1": {"cpu.used": load}})
    person.fleet.measure("kvm-12", {"vm:api-kvm-01": {"cpu.used": 100 - load}})
    person.app.stage.pulse.age()
    await person.settle()


async def test_a_machine_that_goes_away_under_the_menu_is_not_replaced_by_another(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("p")
        person.fleet.remove(*RUNNING)
        await person.settle()
        await person.press("O")
        assert "it is not there any more" in person.lines[-1]
        assert person.hands.made == []


# --- what is asked ---


async def test_a_start_needs_no_word(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.fleet.tell("kvm-12", {"vm:nfs-gw": {"power": "off"}})
        await person.go_to("kvm-12", "vm:nfs-gw")
        await person.press("p", "s")
        await person.done()
        assert person.hands.made == ["power.start vm:nfs-gw"]
        assert "start nfs-gw: done and seen (N-1)" in person.lines[-1]
        assert person.app.stage.fleet.tasks.get("kvm-12", "N-1") is not None


async def test_a_shutdown_is_agreed_to_by_another_key(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        dialog = await ask(person, "p", "h")
        for line in ("shut down gpu-train-1", "now       running", "nativePower_Shutdown(object=vm:gpu-train-1)"):
            assert line in person.text
        await person.press("enter", "h", "space")
        assert person.app.screen is dialog, "there is no default answer"
        await person.press("y")
        await person.done()
        assert person.hands.made == ["power.shutdown vm:gpu-train-1"]
        [operation] = person.records("operation")
        assert operation["confirmed"] == {"level": 1, "how": "yes"}


async def test_a_plug_is_pulled_only_by_its_name(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        dialog = await ask(person, "p", "O")
        await person.press("enter")
        assert "type gpu-train-1 first" in person.text
        await person.write("gpu-train-2")
        await person.press("enter")
        assert "that is not gpu-train-1" in person.text
        assert person.app.screen is dialog
        await person.press("backspace")
        await person.write("1")
        await person.press("enter")
        await person.done()
        assert person.hands.made == ["power.off vm:gpu-train-1"]
        assert "power off gpu-train-1: done and seen" in person.lines[-1]


async def test_what_is_left_is_written_down(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await ask(person, "p", "O")
        await person.press("escape")
        await person.done()
        assert person.hands.made == []
        [declined] = person.records("declined")
        assert declined["name"] == "gpu-train-1"
        assert "nothing was sent" in person.lines[-1]


# --- keys that were not meant ---


async def test_a_pasted_name_is_refused(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        dialog = await ask(person, "p", "O")
        assert dialog.pasted("gpu-train-1\n")
        await person.settle()
        assert PASTED in person.text
        await person.press("enter")
        assert person.app.screen is dialog
        assert person.hands.made == []


async def test_a_name_that_comes_at_once_was_not_typed(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        dialog = await ask(person, "p", "O")
        await person.write("gpu-train-1", pace=0.0001)
        await person.press("enter")
        assert TOO_FAST in person.text
        assert person.app.screen is dialog
        await person.write("gpu-train-1")
        await person.press("enter")
        await person.done()
        assert person.hands.made == ["power.off vm:gpu-train-1"]


@pytest.mark.parametrize("key", ["y", "enter"])
async def test_a_key_that_repeats_into_the_dialog_does_nothing(key: str, tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("p", "h")
        dialog = person.app.screen
        assert isinstance(dialog, ConfirmDialog)
        while dialog.asked is None:
            await person.pilot.pause(0.02)
        for _ in range(40):
            person.fleet.clock.advance(0.03)
            await person.pilot.press(key)
        assert person.app.screen is dialog
        assert person.hands.made == []
        person.fleet.clock.advance(0.5)
        await person.press("y")
        await person.done()
        assert person.hands.made == ["power.shutdown vm:gpu-train-1"]


async def test_a_whole_burst_sends_nothing(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        burst(person, ["p", "h", "y", "y", "enter"])
        await person.settle()
        dialog = person.app.screen
        assert isinstance(dialog, ConfirmDialog)
        assert person.hands.made == []
        burst(person, ["escape", "p", "O", *"gpu-train-1", "enter"])
        await person.settle()
        assert person.hands.made == []


# --- arguments ---


async def test_a_form_asks_for_what_a_change_takes(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("e", "m")
        form = person.app.screen
        assert isinstance(form, ArgumentsForm)
        assert "16G" in person.text
        await person.press("ctrl+u", *"x", "enter")
        assert "`x` is no size" in person.text
        await person.press("ctrl+u", *"24G", "tab", "right", "right")
        assert "now only: gone with the next stop" in person.line("▌ live")
        await person.press("enter")
        await person.planned()
        assert "memory 24G" in person.text
        await person.press("y")
        await person.done()
        assert person.hands.planned[-1].arguments == {"size": str(24 * world.GIB), "apply": "live"}
        assert person.hands.made == ["edit.memory vm:gpu-train-1"]


async def test_snapshots_to_revert_to_are_offered_the_newest_first(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("n", "R")
        await person.pilot.pause(0.1)
        await person.press("right")
        assert "pre-patch-2" in person.line("▌ patch")
        await person.press("right", "enter")
        await person.planned()
        assert person.hands.planned[-1].arguments == {"snapshot": "base", "safety": "yes"}
        assert "[x] take a safety snapshot first" in person.text


async def test_without_a_safety_snapshot_it_is_planned_anew(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await command(person, "snap revert base")
        await person.planned()
        await person.press("shift+tab", "shift+tab", "space")
        await person.planned()
        assert person.hands.planned[-1].arguments == {"snapshot": "base", "safety": "no"}
        assert "[ ] take a safety snapshot first" in person.text
        await person.press("tab", "tab")
        await person.write("gpu-train-1")
        await person.press("enter")
        await person.done()
        assert person.records("operation")[0]["arguments"] == {"snapshot": "base", "safety": "no"}


@pytest.mark.parametrize(
    ("typed", "verb", "arguments"),
    [
        ("snap create before-patch", "snap.create", {"name": "before-patch"}),
        (
            "snap create x memory quiesce=yes description='by hand'",
            "snap.create",
            {"name": "x", "memory": "yes", "quiesce": "yes", "description": "by hand"},
        ),
        ("edit vcpus 4 persistent", "edit.vcpus", {"count": "4", "apply": "persistent"}),
        ("edit memory 8G", "edit.memory", {"size": str(8 * world.GIB)}),
        ("edit rename web-2", "edit.rename", {"name": "web-2"}),
        ("device attach pci_0000_5e_00_1 live", "device.attach", {"device": "pci_0000_5e_00_1", "apply": "live"}),
        ("power shutdown", "power.shutdown", {}),
        ("power OFF", "power.off", {}),
    ],
)
async def test_every_change_can_be_typed(typed: str, verb: str, arguments: dict[str, str], tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await command(person, typed)
        assert isinstance(person.app.screen, ConfirmDialog), person.text
        await person.planned()
        operation = person.hands.planned[-1]
        assert (operation.verb, operation.arguments, operation.key) == (verb, arguments, "vm:gpu-train-1")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("power strat", "no command `power strat` — did you mean `power start`?"),
        ("power start now", "`now` is too much here"),
        ("edit vcpus four", "`four` is no number"),
        ("edit memory 8X", "`8X` is no size"),
        ("snap create a b memory=perhaps", "neither yes nor no"),
        ("snap create 'a", "a quotation mark is open"),
        ("unlock", "for how long, and on which ticket?"),
        ("unlock soon INC-1", "`soon` is no time"),
        ("unlock 15m INC-1", "kvm-03 is not protected"),
        ("lock nowhere", "there is no connection `nowhere`"),
    ],
)
async def test_what_means_nothing_is_told(typed: str, said: str, tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (160, 50)) as person:
        await person.go_to(*RUNNING)
        await command(person, typed)
        assert said in person.lines[-1]
        assert person.hands.planned == []


# --- several at once ---


async def test_several_are_counted_and_told_of_one_by_one(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        for key in ("vm:api-kvm-01", "vm:web-kvm-00"):
            person.fleet.tell("kvm-12", {key: {"power": "running"}})
            await person.go_to("kvm-12", key)
            await person.press("space")
        await person.go_to(*RUNNING)
        await person.press("space")
        person.hands.fails["vm:web-kvm-00"] = REFUSED
        person.hands.holds = True
        await ask(person, "p", "O")
        assert "Type 3, how many they are, to go on:" in person.text
        await person.write("3")
        await person.press("enter")
        results = person.app.screen
        assert isinstance(results, ResultsDialog)
        assert "it goes on when this is closed" in person.text
        while len(person.hands._held) < 3:
            await person.pilot.pause(0.02)
        person.hands.holds = False
        person.hands.release()
        await person.done()
        assert sorted(person.hands.made) == sorted(
            ["power.off vm:api-kvm-01", "power.off vm:gpu-train-1", "power.off vm:web-kvm-00"]
        )
        assert "2 done, 1 failed" in person.text
        assert "done and seen" in person.line("gpu-train-1")
        assert "the product said no [E42]" in person.line("web-kvm-00")
        while results.run.results[results._at].failure is None:
            await person.press("j")
        assert "it is held wait for it" in person.text
        await person.press("e")
        assert "E42" in person.line("code ")
        await person.press("escape", "escape")
        await command(person, "results")
        assert isinstance(person.app.screen, ResultsDialog)


async def test_a_closed_results_dialog_ends_with_a_word_in_the_footer(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.fleet.tell("kvm-12", {"vm:api-kvm-01": {"power": "running"}})
        await person.go_to("kvm-12", "vm:api-kvm-01")
        await person.press("space")
        await person.go_to(*RUNNING)
        await person.press("space")
        person.hands.holds = True
        await ask(person, "p", "O")
        await person.write("2")
        await person.press("enter", "escape")
        while len(person.hands._held) < 2:
            await person.pilot.pause(0.02)
        await person.press("q")
        assert "2 changes of yours under way" in person.text
        await person.press("n")
        person.hands.holds = False
        person.hands.release()
        await person.done()
        assert "power off 2 objects: 2 done" in person.lines[-1]


async def test_a_failure_is_told_in_full_on_demand(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.fails[RUNNING[1]] = REFUSED
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        await person.press("y")
        await person.done()
        assert "shut down gpu-train-1: failed: the product said no [E42] — wait for it" in person.lines[-1]
        await person.press("v", "e")
        assert "it is held" in person.line("means")


async def test_a_plan_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.obstacles[RUNNING[1]] = REFUSED
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        for said in ("the product said no [E42]", "it is held", "wait for it", "It cannot be done now."):
            assert said in person.text
        await person.press("y")
        assert isinstance(person.app.screen, ConfirmDialog)
        await person.press("escape")
        await person.done()
        assert person.hands.made == []


async def test_the_calls_are_shown_as_calls_as_commands_and_as_json(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        assert "sends     1  nativePower_Shutdown(object=vm:gpu-train-1)" in person.text
        await person.press("P")
        assert "command   virsh shutdown vm:gpu-train-1" in person.text
        await person.press("P")
        assert '"call": "nativePower_Shutdown"' in person.text
        assert "more lines below" in person.text
        await person.press("pagedown", "pagedown", "pagedown", "down")
        assert "more lines below" not in person.text
        await person.press("P")
        assert "sends     1  native" in person.text


async def test_losses_costs_and_warnings_are_told(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.plan = Plan(
            calls=(), losses=("2:21 of writes",), costs=("about 9 s",), warnings=("it is busy",), irreversible="memory"
        )
        await person.go_to(*RUNNING)
        await ask(person, "p", "O")
        for label, text in (("loses", "2:21 of writes"), ("costs", "about 9 s"), ("note", "it is busy")):
            assert f" {label:9} {text}" in person.text
        assert "from 10.9.0.4" in person.line("recorded")


async def test_a_ticket_goes_into_the_journal(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        await person.press("t")
        await person.write("INC-7")
        await person.press("enter", "y")
        await person.done()
        assert person.records("operation")[0]["ticket"] == "INC-7"


# --- undo ---


async def test_the_last_change_is_taken_back(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await ask(person, "p", "u")
        await person.press("y")
        await person.done()
        await ask(person, "u")
        assert "undo: resume gpu-train-1" in person.text
        await person.press("y")
        await person.done()
        assert person.hands.made == ["power.pause vm:gpu-train-1", "power.resume vm:gpu-train-1"]


async def test_nothing_to_take_back_is_told(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.press("u")
        await person.planned()
        assert "nothing" in person.text
        await person.press("escape")
        assert person.app.screen is person.home


# --- protections ---


async def test_a_protected_connection_is_unlocked_by_its_name_and_a_ticket(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        assert "PROT:vc-east" in person.lines[0]
        await person.press("p")
        assert "vc-east is protected" in person.text
        await person.press("escape")
        await command(person, "unlock 15m INC-20931")
        person.fleet.clock.advance(1)
        assert "unlock vc-east for 15m" in person.text
        await person.write("vc-east")
        await person.press("enter")
        await person.done()
        assert "vc-east is unlocked for 15m, ticket INC-20931" in person.lines[-1]
        assert "RW 15m:vc-east" in person.lines[0]
        [unlock] = person.records("unlock")
        assert (unlock["connection"], unlock["ticket"], unlock["seconds"]) == ("vc-east", "INC-20931", 900.0)
        await person.pass_time(120)
        assert "RW 13m:vc-east" in person.lines[0]
        await ask(person, "p", "h")
        assert "INC-20931" in person.line(" ticket")
        assert "PROTECTED" in person.text
        await person.write("db-orders-01")
        await person.press("enter")
        await person.done()
        assert person.records("operation")[0]["ticket"] == "INC-20931"
        await person.press("enter")
        assert "RW 13m" in person.lines[0]
        assert "vc-east" not in person.lines[0].split("RW")[1], "the screen is about one object of one connection"
        await person.press("escape")
        await person.pass_time(800)
        assert "vc-east: protected again" in person.lines[-1]
        assert "PROT:vc-east" in person.lines[0]


async def test_a_lock_puts_it_back(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await command(person, "unlock 15m @vc-east")
        person.fleet.clock.advance(1)
        await person.write("vc-east")
        await person.press("enter")
        assert "the number of a ticket is needed" in person.text
        await person.write("INC-1")
        await person.press("enter", "enter")
        await person.done()
        assert "RW 15m" in person.lines[0]
        await command(person, "lock")
        await person.done()
        assert "PROT:vc-east" in person.lines[0]
        assert len(person.records("lock")) == 1


async def test_a_locked_plan_can_be_read_and_not_sent(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        dialog = await ask(person, "p", "h")
        assert "nativePower_Shutdown" in person.text
        assert "vc-east is protected; :unlock 15m TICKET @vc-east" in person.text
        await person.press("y", "enter")
        assert person.app.screen is dialog
        await person.press("escape")
        await person.done()
        assert person.hands.made == []


# --- every key ---


@pytest.mark.parametrize("size", [(80, 24), (20, 5)], ids=str)
@pytest.mark.parametrize("place", [Place(), Place("detail", ref="kvm-03:vm:gpu-train-1")], ids=["list", "detail"])
async def test_every_key_of_a_change_opens_something_that_fits_and_is_left_again(
    place: Place, size: tuple[int, int], tmp_path: Path
) -> None:
    async with acting_desk(tmp_path, size) as person:
        await person.go_to(*RUNNING)
        await person.open(place)
        pressed = [(one, keys) for one, keys in keys_on(person.screen) if one.scope is Scope.CHANGES]
        assert len(pressed) > 30
        for action, keys in pressed:
            await person.press(*keys)
            assert person.text is not None, action.id
            assert person.app._exception is None, action.id
            await person.done()
            await back_to(person, place)
            if place.name == "vm":
                await person.go_to(*RUNNING)


async def test_every_key_of_the_dialogs_works(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        for scope, opened in ((Scope.CONFIRM, ("p", "h")), (Scope.CONFIRM, ("p", "O")), (Scope.ARGUMENTS, ("n", "R"))):
            for action in in_scope(scope):
                for key in action.keys:
                    await person.press(*opened)
                    if scope is Scope.CONFIRM:
                        await person.planned()
                    await person.press(key)
                    assert person.text, (action.id, key)
                    assert person.app._exception is None, (action.id, key)
                    for _ in range(3):
                        if person.app.screen is not person.home:
                            await person.press("escape")
                    await person.done()
                    person.fleet.tell(RUNNING[0], {RUNNING[1]: {"power": "running"}})
                    await person.go_to(*RUNNING)


# --- tasks ---


async def test_a_task_of_others_is_cancelled_after_a_question(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.press("t")
        feed = person.screen
        assert isinstance(feed, FeedScreen)
        while (one := feed._tasks_source.item(feed._tasks.cursor)) is None or not one.live or one.conn == "vc-east":
            await person.press("j")
        await person.press("c")
        for _ in range(20):
            await person.pilot.pause(0.02)
        assert isinstance(person.app.screen, ConfirmDialog), person.text
        await person.planned()
        operation = person.hands.planned[-1]
        assert (operation.verb, operation.arguments) == ("task.cancel", {"task": one.task.id})
        assert person.hands.made == []


async def test_what_has_ended_cannot_be_cancelled(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.press("t", "G", "c")
        assert "no task that runs is under the cursor" in person.lines[-1]


# --- other places ---


async def test_changes_work_from_the_tree_and_from_the_screen_of_an_object(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.press("tab")
        await person.go_to(*RUNNING, person.tree)
        await ask(person, "p", "h")
        assert "shut down gpu-train-1" in person.text
        await person.press("escape")
        await person.open(Place("detail", ref="kvm-03:vm:gpu-train-1"))
        await ask(person, "p", "h")
        assert "shut down gpu-train-1" in person.text
        await person.press("y")
        await person.done()
        assert person.hands.made == ["power.shutdown vm:gpu-train-1"]


async def test_a_host_means_its_machines_and_is_named(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.press("tab")
        await person.go_to("hv-clu1", "host:hv01", person.tree)
        await ask(person, "p", "h")
        assert "Type hv01 to go on:" in person.text
        await person.write("hv01")
        await person.press("enter")
        await person.done()
        assert "power.shutdown vm:fresh-1" in person.hands.made


async def test_panes_are_reached_through_their_leaders(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("n", "l")
        assert person.screen.place().tab == "snapshots"
        await person.press("x", "l")
        assert person.screen.place().name == "passthrough"


async def test_hostile_texts_of_plans_are_harmless(tmp_path: Path) -> None:
    bad = "\x1b]0;PWNED\x07[red]x[/] line\nline " + "x" * 300
    async with acting_desk(tmp_path) as person:
        person.hands.plan = Plan(calls=(), losses=(bad,), costs=(bad,), warnings=(bad,), irreversible=bad)
        person.hands.fails[RUNNING[1]] = msgspec.structs.replace(REFUSED, message=bad, meaning=bad, hint=bad)
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        assert "\x1b" not in person.text
        await person.press("P", "P", "y")
        await person.done()
        assert "\x1b" not in person.text
        await person.open("audit")
        await person.pilot.pause(0.2)
        await person.press("enter")
        assert "\x1b" not in person.text


# --- hosts and clusters as a whole ---


async def test_a_host_goes_into_maintenance_by_keys_after_its_name_was_typed(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.lock("vc-east", 840.0)
        await person.open(Place("host"))
        await person.go_to("vc-east", "host:esx-07")
        await person.press("m")
        assert "into maintenance" in person.text
        assert "carry out a recommendation" not in person.text, "that is for clusters"
        await person.press("M")
        await person.pilot.pause(0.1)
        assert isinstance(person.app.screen, ArgumentsForm)
        await ask(person, "enter")
        assert [one.verb for one in person.hands.planned] == ["host.maintenance"]
        assert person.hands.made == []


async def test_what_a_cluster_is_recommended_is_offered_to_be_carried_out(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.lock("vc-east", 840.0)
        person.hands.properties = (
            Property("recommendations", "41", "web-9: esx-07 to esx-09, priority 2, 3 min old"),
            Property("DRS", "automation", "manual"),
        )
        await person.open(Place("cluster"))
        await person.go_to("vc-east", "cluster:a")
        await person.press("m")
        assert "into maintenance" not in person.text, "that is for hosts"
        await person.press("a")
        await person.pilot.pause(0.1)
        form = person.app.screen
        assert isinstance(form, ArgumentsForm)
        assert "web-9: esx-07 to esx-09" in person.text
        assert "manual" not in person.text
        await ask(person, "enter")
        (planned,) = person.hands.planned
        assert (planned.verb, dict(planned.arguments)) == ("cluster.apply", {"recommendation": "41"})


# --- alarms of a server ---


def server_alarm(key: str, name: str, conn: str = "kvm-03") -> frames.EventRecord:
    return world.event(
        conn, id=f"{key}/{name}", at=EVENING - 30, key=key, subject=key, text=f"{name} is red",
        severity=Severity.ERROR, alarm=name, raised=True,
    )  # fmt: skip


async def alarm_named(person: ActingDesk, name: str, among: int = 60) -> None:
    """Put the cursor on it."""
    screen = person.screen
    assert isinstance(screen, AlarmScreen)
    await person.press("g")
    for _ in range(among):
        one = screen._source.item(screen._list.cursor)
        if one is not None and one.id.name == name:
            return
        await person.press("j")
    raise AssertionError(f"no alarm {name}\n{person.text}")


async def test_an_alarm_is_acknowledged_at_its_server_after_a_question(tmp_path: Path) -> None:
    fleet = world.fill(StillFleet(world.SPECS))
    fleet.hear(server_alarm(RUNNING[1], "CPU usage"))
    async with acting_desk(tmp_path, (100, 30), fleet=fleet) as person:
        await person.press("exclamation_mark")
        await alarm_named(person, "CPU usage")
        assert "s server" in person.lines[-1]
        await ask(person, "s")
        assert "CPU usage" in person.text
        operation = person.hands.planned[-1]
        assert (operation.verb, operation.key) == ("alarm.acknowledge", RUNNING[1])
        assert operation.arguments == {"alarm": "CPU usage"}
        assert person.hands.made == []
        await person.press("escape")
        assert "left, nothing was sent" in person.lines[-1]


async def test_marked_alarms_of_one_object_are_acknowledged_together(tmp_path: Path) -> None:
    fleet = world.fill(StillFleet(world.SPECS))
    fleet.hear(server_alarm(RUNNING[1], "CPU usage"), server_alarm(RUNNING[1], "Memory usage"))
    async with acting_desk(tmp_path, (100, 30), fleet=fleet) as person:
        await person.press("exclamation_mark")
        for name in ("CPU usage", "Memory usage"):
            await alarm_named(person, name)
            await person.press("space")
        await ask(person, "s")
        asked = [one.arguments["alarm"] for one in person.hands.planned if one.verb == "alarm.acknowledge"]
        assert sorted(asked) == ["CPU usage", "Memory usage"]
        assert "2 alarms" in person.text


async def test_an_alarm_of_the_console_is_not_told_to_any_server(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.press("exclamation_mark", "g", "s")
        assert "no server has raised this alarm" in person.lines[-1]
        assert person.hands.planned == []


async def test_who_acknowledged_at_the_server_is_told_apart_from_who_did_here(tmp_path: Path) -> None:
    fleet = world.fill(StillFleet(world.SPECS))
    told = server_alarm(RUNNING[1], "CPU usage")
    known = Acknowledgement(done=True, by="CORP\\anna", at=EVENING - 20)
    fleet.hear(msgspec.structs.replace(told, event=msgspec.structs.replace(told.event, acknowledgement=known)))
    async with acting_desk(tmp_path, (100, 30), fleet=fleet) as person:
        await person.press("exclamation_mark")
        await alarm_named(person, "CPU usage")
        assert "@anna" in person.text
        assert "acknowledged at the server by CORP\\anna" in person.text
        await person.press("a")
        await alarm_named(person, "CPU usage")
        assert "acknowledged by oncall" in person.text
        assert "acknowledged at the server by CORP\\anna" in person.text
