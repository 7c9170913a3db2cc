"""Operations of ours as tasks: listed among those of the product, and cancelled through the task that does the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.actions.bulk import Run
from novatui.actions.confirm import Confirmation
from novatui.actions.outcome import Outcome
from novatui.core.errors import Conflict, NotFound
from tests.changing import Console, console_of, spec, vm
from tests.fleets import until


async def test_our_own_task_is_cancelled_without_a_question_and_a_foreign_one_by_its_name(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="long")) as console:
        gate, tasks = console.gate, console.fleet.tasks
        run = gate.run(await gate.propose("power.start", [vm(1)], {}))
        await until(lambda: tasks.get("lab", "job-1"))
        [done] = run.results
        assert [tracked.task.id for tracked in tasks.running()] == ["job-1", done.task]

        proposal = await gate.propose("task.cancel", [vm(1)], {"task": done.task})
        assert (proposal.level, proposal.as_lines()) == (0, ["1  Task_Cancel(vm=1, task=job-1)"])
        other = await gate.propose("task.cancel", [vm(1)], {"task": "job-1"})
        assert other.level == 0, "it does the work of ours"
        foreign = await gate.propose("task.cancel", [vm(1)], {"task": "job-7"})
        assert (foreign.level, foreign.phrase) == (2, "vm 1")

        cancel = gate.run(proposal)
        await cancel.done
        await run.done
        assert cancel.worst is Outcome.DONE
        assert (done.outcome, str(done.failure)) == (Outcome.FAILED, "cancelled")
        ours = tasks.get("lab", done.task)
        assert ours is not None
        assert (ours.task.state, ours.task.verb, ours.task.who) == ("failed", "start", "ana")
        with pytest.raises(Conflict, match="does not run any more"):
            await gate.propose("task.cancel", [vm(1)], {"task": done.task})
        with pytest.raises(NotFound):
            await gate.propose("task.cancel", [vm(1)], {"task": "N-999"})


async def test_what_the_product_shows_no_task_for_cannot_be_cancelled(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="slow")) as console:
        run = console.gate.run(await console.gate.propose("power.start", [vm(1)], {}))
        await until(lambda: run.results[0].outcome is Outcome.RUNNING)
        with pytest.raises(Conflict, match="its product shows no task for it"):
            await console.gate.propose("task.cancel", [vm(1)], {"task": run.results[0].task})
        await run.done


async def test_a_cancel_does_not_wait_for_what_it_cancels(tmp_path: Path) -> None:
    """Lanes are full of long work: the lever still moves."""
    async with console_of(tmp_path, spec(tmp_path, on_call="long", objects="9")) as console:
        run = await _all_running(console)
        for done in run.results:
            if done.outcome is Outcome.RUNNING:
                await until(lambda done=done: console.fleet.tasks.get("lab", f"job-{done.ref.id}"))
        run.stop()
        for done in [each for each in run.results if each.outcome is Outcome.RUNNING]:
            cancel = console.gate.run(await console.gate.propose("task.cancel", [done.ref], {"task": done.task}))
            await cancel.done
            assert cancel.worst is Outcome.DONE
        await run.done
        assert {done.outcome for done in run.results} == {Outcome.FAILED, Outcome.LEFT_OUT}


async def _all_running(console: Console) -> Run:
    proposal = await console.gate.propose("power.start", [vm(at) for at in range(9)], {})
    run = console.gate.run(proposal, Confirmation(yes=True))
    await until(lambda: sum(done.outcome is Outcome.RUNNING for done in run.results) == 4)
    return run
