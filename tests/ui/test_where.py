"""Where a machine can run: asked by a key, answered host by host, and from there to the form of the move."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.core.errors import Failure, Fault
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.ui.dialogs.checks import ChecksDialog
from novatui.ui.place import Place
from novatui.ui.screens.where import WhereScreen
from novatui.wire import frames
from tests.ui.desk import desk
from tests.ui.hands import acting_desk
from tests.ui.hostile import TEXTS
from tests.ui.where_pictures import HOME, answer, asked, placing
from tests.ui.world import world


def hosts(lines: list[str]) -> list[str]:
    """Names of the hosts that are listed, from above."""
    return [line[2:].split()[0] for line in lines[4:] if line[2:3].strip()][:5]


async def test_m_w_asks_every_host_of_the_family_and_no_other(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        assert isinstance(person.screen, WhereScreen)
        assert person.screen.place() == Place("where", ref="vc-east:vm:db-orders-01")
        sent = [frame for frame in person.fleet.sent if isinstance(frame, frames.FitRequest)]
        assert sorted(frame.host for frame in sent) == ["host:esx-03", "host:esx-08", "host:esx-09", "host:esx-10"]
        assert "not asked, other families: libvirt, hyperv, xcpng, proxmox" in person.text


async def test_the_answers_stand_in_the_order_of_what_can_be_done_with_them(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        assert hosts(person.lines) == ["esx-03", "esx-10", "esx-09", "esx-08", "esx-07"]
        for name, word in (
            ("esx-03", "✓ yes"),
            ("esx-10", "◐ partly"),
            ("esx-09", "? unknown"),
            ("esx-08", "× no"),
            ("esx-07", "· here"),
        ):
            assert word in person.line(f"{name} ")
        assert "it was not asked: no answer within 15 s" in person.line("esx-09")


async def test_a_host_that_does_not_answer_holds_up_no_other(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        placing(person)
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("m", "w")
        await answer(person, HOME, silent=True)
        first = next(frame for frame in person.fleet.sent if isinstance(frame, frames.FitRequest))
        late = Failure(fault=Fault.TIMEOUT, message="no answer within 15 s")
        person.fleet.hear(frames.FitAnswer("vc-east", first.request, None, late))
        await person.pilot.pause(0.05)
        await person.settle()
        assert person.text.count("it is being asked") == 3
        assert "? unknown" in person.text


async def test_enter_shows_every_check_with_its_evidence(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        await person.press("enter")
        assert isinstance(person.app.screen, ChecksDialog)
        assert "Yes: 9 checks asked" in person.text
        assert "asked: QueryVMotionCompatibilityEx_Task  23:41:05  7.9 ms" in person.text
        await person.press("escape")
        assert person.app.screen is person.screen


async def test_a_yes_goes_on_to_the_form_with_that_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, dict[str, str]]] = []
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        acting = person.app.stage.acting
        assert acting is not None
        monkeypatch.setattr(acting, "begin", lambda verb, refs, said, fill: begun.append((verb, dict(said))))
        await person.press("l")
        await person.press("j", "l")
        assert isinstance(person.app.screen, ChecksDialog), "what has a condition is shown first"
        assert begun == [("migrate.live", {"to": "vc-east:host:esx-03"})]
        await person.press("l")
        assert begun[1:] == [("migrate.live", {"to": "vc-east:host:esx-10", "storage": "copy"})]


async def test_what_is_unknown_is_shown_before_one_goes_on_and_a_no_goes_nowhere(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        await person.press("j", "j", "l")
        assert isinstance(person.app.screen, ChecksDialog)
        assert "Unknown: what might rule it out was not answered" in person.text
        await person.press("escape", "j", "l")
        assert person.app.screen is person.screen
        assert "esx-08: vf 3 of 0000:5e:00.1 is given to it" in person.lines[-1]
        assert not [frame for frame in person.fleet.sent if isinstance(frame, frames.PlanRequest | frames.RunRequest)]


async def test_filter_and_order(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        await person.press("slash", *"partly copied", "enter")
        assert "esx-10" in person.text
        assert "esx-08" not in person.text
        await person.press("escape", "s")
        assert hosts(person.lines) == ["esx-03", "esx-07", "esx-08", "esx-09", "esx-10"]
        assert person.screen.place().sort == "host"
        await person.press("s")
        assert hosts(person.lines)[0] == "esx-10", "the one with the most free memory"


async def test_asked_again_every_answer_is_a_new_one(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await asked(person)
        await person.press("r")
        assert person.text.count("it is being asked") == 5
        await answer(person, HOME)
        assert "it is being asked" not in person.text


async def test_a_machine_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("m", "w")
        await person.pilot.pause(0.05)
        await person.settle()
        assert "vc-east cannot be asked where a machine can run" in person.text


async def test_what_is_no_machine_has_no_place_to_run(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (160, 50)) as person:
        await person.press("tab")
        await person.go_to("vc-east", "host:esx-07", person.tree)
        await person.press("m", "w")
        assert person.screen is person.home
        assert "this is no machine" in person.lines[-1]


@pytest.mark.parametrize("name", [text for text in TEXTS if text.strip()][:8])
async def test_hostile_names_break_nothing(name: str) -> None:
    async with desk(world(), (80, 24)) as person:
        placing(person)
        await person.open(Place("where", ref=str(ObjectRef("vc-east", Kind.VM, name))))
        await answer(person, HOME)
        assert person.app._exception is None
