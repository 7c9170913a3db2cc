"""The gate from end to end, against a worker that is written from the frames alone and keeps a log of its own."""

from __future__ import annotations

from pathlib import Path

from novatui.actions.confirm import Confirmation
from novatui.actions.outcome import Outcome
from tests.changing import console_of, spec, vm


async def test_a_start_is_planned_written_down_sent_and_seen(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        assert not proposal.failed, proposal.failed
        assert (proposal.level, proposal.phrase, proposal.as_lines()) == (0, "", ["1  Power_Start(vm=1)"])
        assert console.made() == []
        assert not console.path.exists()

        run = console.gate.run(proposal)
        await run.done
        [done] = run.results
        assert (done.outcome, done.seen, done.text) == (Outcome.DONE, True, "done and seen")
        assert console.made() == [["Power_Start", {"vm": "1"}]]
        operation, call, result, end, seen = console.records()
        assert [r["event"] for r in (operation, call, result, end, seen)] == [
            "operation", "call", "result", "end", "seen",
        ]  # fmt: skip
        assert operation["seq"] == done.id == call["operation"] == result["operation"] == end["operation"]
        assert (operation["user"], operation["origin"]) == ("ana", "203.0.113.7 port 50123")
        assert (operation["ref"], operation["name"], operation["verb"]) == ("lab:vm:1", "vm 1", "power.start")
        assert call["call"] == "Power_Start"
        assert call["args"] == {"vm": "1"}
        assert (result["state"], end["outcome"], seen["seen"]) == ("done", "done", True)
        task = console.fleet.tasks.get("lab", f"N-{done.id}")
        assert task is not None
        assert (task.task.state, task.task.who, task.task.key) == ("done", "ana", "vm:1")


async def test_what_was_not_confirmed_is_refused_and_written_down(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        await console.gate.run(await console.gate.propose("power.start", [vm(1)], {})).done
        proposal = await console.gate.propose("power.off", [vm(1)], {})
        assert (proposal.level, proposal.phrase) == (2, "vm 1")
        for said in (Confirmation(), Confirmation(yes=True), Confirmation(typed="vm 2")):
            run = console.gate.run(proposal, said)
            await run.done
            assert run.results[0].outcome is Outcome.REFUSED
        await console.gate.decline(proposal)
        assert len(console.made()) == 1
        assert len(console.records("refused")) == 3
        [declined] = console.records("declined")
        assert declined["verb"] == "power.off"
        assert declined["calls"][0]["call"] == "Power_Off"

        run = console.gate.run(proposal, Confirmation(typed="vm 1"))
        await run.done
        assert run.worst is Outcome.DONE
        assert console.made()[1:] == [["Power_Off", {"vm": "1"}]]
