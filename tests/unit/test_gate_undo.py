"""Taking back: against what is there now, not when others were there, with a word for what does not return."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.actions.confirm import Confirmation
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Conflict, NotFound
from novatui.core.operations import Operation
from tests.changing import Console, console_of, spec, vm


async def do(console: Console, verb: str, *ids: int, **arguments: str) -> list[Done]:
    proposal = await console.gate.propose(verb, [vm(id) for id in ids], arguments)
    run = console.gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
    await run.done
    assert run.worst is Outcome.DONE
    return run.results


async def test_the_last_action_is_taken_back_and_the_one_before_after_it(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        gate = console.gate
        [start] = await do(console, "power.start", 1)
        [pause] = await do(console, "power.pause", 1)
        proposal = await gate.undo()
        assert proposal.verb.name == "power.resume"
        assert dict(proposal.undoes) == {vm(1): pause.id}
        run = gate.run(proposal)
        await run.done
        assert pause.undone_by == run.results[0].id
        assert console.records("operation")[-1]["undoes"] == pause.id

        proposal = await gate.undo()
        assert (proposal.verb.name, proposal.level, proposal.phrase) == ("power.off", 2, "vm 1")
        await gate.run(proposal, Confirmation(typed="vm 1")).done
        assert start.undone_by
        assert [verb for verb, _ in console.made()] == ["Power_Start", "Power_Pause", "Power_Resume", "Power_Off"]
        with pytest.raises(NotFound):
            await gate.undo()


async def test_what_somebody_else_has_changed_since_is_left_alone(tmp_path: Path) -> None:
    lab = spec(tmp_path, on_call="")
    async with console_of(tmp_path, lab) as console:
        [first, second] = await do(console, "power.start", 1, 2)
        other = console.fleet.changing
        operation = Operation(verb="edit.notes", key="vm:1", arguments={"text": "mine"})
        plan = await other.plan(vm(1), operation)

        async def yes(*_: object) -> bool:
            return True

        await other.run(vm(1), operation, plan.calls, {"guest": ""}, yes, lambda _: None)
        proposal = await console.gate.undo()
        assert [aim.ref for aim in proposal.planned] == [vm(2)]
        [aim] = proposal.failed
        assert "somebody has changed it" in str(aim.failure)
        assert (proposal.level, proposal.phrase) == (2, "vm 2")
        run = console.gate.run(proposal, Confirmation(typed="vm 2"))
        await run.done
        assert (first.undone_by > 0, second.undone_by > 0) == (False, True)
        assert console.made()[-1] == ["Power_Off", {"vm": "2"}]


async def test_what_cannot_be_taken_back_says_why(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        with pytest.raises(NotFound, match="nothing to undo"):
            await console.gate.undo()
        await do(console, "power.start", 1)
        [off] = await do(console, "power.off", 1)
        with pytest.raises(Conflict, match=r"^off of vm 1: what was in memory"):
            await console.gate.undo()
        with pytest.raises(Conflict, match="what was in memory"):
            await console.gate.undo(off.id)


async def test_an_operation_is_taken_back_once(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        [pause] = await _paused(console)
        await console.gate.run(await console.gate.undo(), Confirmation(yes=True)).done
        with pytest.raises(Conflict, match=f"was taken back already \\(N-{pause.undone_by}\\)"):
            await console.gate.undo(pause.id)


async def test_a_later_console_takes_back_by_the_journals_number(tmp_path: Path) -> None:
    lab = spec(tmp_path)
    async with console_of(tmp_path, lab) as console:
        [start] = await do(console, "power.start", 1)
    async with console_of(tmp_path, lab) as console:
        with pytest.raises(NotFound):
            await console.gate.undo()
        with pytest.raises(NotFound, match="no operation 99"):
            await console.gate.undo(99)
        proposal = await console.gate.undo(start.id)
        assert proposal.verb.name == "power.off"
        assert proposal.aims[0].name == "vm 1"


async def test_what_is_not_known_to_be_done_is_not_taken_back(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="doubt")) as console:
        await console.gate.run(await console.gate.propose("power.start", [vm(1)], {})).done
        with pytest.raises(Conflict, match="nobody knows whether"):
            await console.gate.undo()


async def _paused(console: Console) -> list[Done]:
    await do(console, "power.start", 1)
    return await do(console, "power.pause", 1)


async def test_an_undo_says_what_does_not_return(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        [start] = await do(console, "power.start", 1)
        start.irreversible = "what the guest wrote\x1b[2J"
        proposal = await console.gate.undo()
        assert proposal.warnings == ("what the guest wrote\ufffd[2J", "what was in memory")
