"""What becomes of operations that go wrong: each has one outcome, is written down, and is never sent twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from novatui.actions.confirm import Confirmation
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Fault
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.states import Kind, Link
from tests.changing import Console, console_of, spec, vm
from tests.fleets import until


async def do(console: Console, verb: str, *ids: int, typed: str = "", **arguments: str) -> list[Done]:
    """Propose and carry out; what came of it."""
    proposal = await console.gate.propose(verb, [vm(id) for id in ids], arguments)
    run = console.gate.run(proposal, Confirmation(yes=True, typed=typed), {"guest": "s3cr3t-pass"})
    await run.done
    return run.results


async def test_a_call_that_fails_ends_the_operation_with_the_products_words(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="fail", calls="3")) as console:
        [done] = await do(console, "power.start", 1)
        assert done.outcome is Outcome.FAILED
        assert done.text == "failed: the product said no [E42]"
        assert console.made() == []
        results = console.records("result")
        assert [(r["id"], r["state"]) for r in results] == [("1", "failed"), ("2", "skipped"), ("3", "skipped")]
        assert [r["id"] for r in console.records("call")] == ["1"]
        [end] = console.records("end")
        assert (end["outcome"], end["failure"]["code"]) == ("failed", "E42")


async def test_results_of_earlier_calls_are_filled_in_and_written_down(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, calls="2")) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        assert proposal.as_lines()[1] == "2  Power_Start+(vm=1, after=«result of 1»)"
        await console.gate.run(proposal).done
        first, second = console.records("call")
        assert (first["args"], second["args"]) == ({"vm": "1"}, {"vm": "1", "after": "job"})
        assert [verb for verb, _ in console.made()] == ["Power_Start", "Power_Start+"]


async def test_secrets_are_in_no_preview_and_not_in_the_journal(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        proposal = await console.gate.propose("edit.notes", [vm(1)], {"text": "hello"})
        assert proposal.secrets == ("guest",)
        assert "«secret»" in proposal.as_lines()[0]
        [done] = await do(console, "edit.notes", 1, text="hello")
        assert done.outcome is Outcome.DONE
        written = console.path.read_text()
        assert "s3cr3t" not in written
        assert console.records("call")[0]["args"]["password"] == "«secret»"


async def test_a_call_in_doubt_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="doubt")) as console:
        [done] = await do(console, "power.start", 1)
        assert done.outcome is Outcome.UNKNOWN
        assert len(console.made()) == 1
        assert console.records("end")[0]["outcome"] == "unknown"
        task = console.fleet.tasks.get("lab", done.task)
        assert task is not None
        assert task.task.state == "unknown"


async def test_a_worker_that_dies_under_a_call_leaves_it_unknown_and_repeats_nothing(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="die")) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        first = console.fleet.connections["lab"].worker_pid
        run = console.gate.run(proposal)
        await run.done
        [done] = run.results
        assert done.outcome is Outcome.UNKNOWN
        assert done.failure is not None
        assert "Power_Start" in done.failure.message
        [result] = console.records("result")
        assert (result["id"], result["state"]) == ("1", "unknown")
        connection = console.fleet.connections["lab"]
        await until(lambda: connection.link is Link.UP and connection.worker_pid != first and connection.lock)
        assert console.made() == []
        assert [r["event"] for r in console.records()] == ["operation", "call", "result", "end"]


async def test_a_connection_lost_before_anything_was_let_go_is_no_doubt(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        console.fleet.reconnect("lab")
        run = console.gate.run(proposal)
        await run.done
        assert run.results[0].outcome in {Outcome.FAILED, Outcome.REFUSED}
        assert console.made() == []


async def test_what_is_not_seen_in_time_is_said_to_be_done_and_not_seen(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, blind="1", within="0.3")) as console:
        [done] = await do(console, "power.start", 1)
        assert (done.outcome, done.seen) == (Outcome.DONE, False)
        assert done.text == "done, not seen within 0.3 s"
        assert console.records("seen")[0]["seen"] is False


async def test_what_was_changed_since_it_was_planned_is_not_done(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        await do(console, "power.start", 1)
        old = await console.gate.propose("power.pause", [vm(1)], {})
        await do(console, "edit.notes", 1, text="somebody was here")
        made = console.made()
        run = console.gate.run(old, Confirmation(yes=True))
        await run.done
        assert run.results[0].outcome is Outcome.REFUSED
        assert "changed since" in run.results[0].text
        assert console.made() == made
        assert console.records("refused")[0]["verb"] == "power.pause"


async def test_a_second_operation_on_the_same_object_has_to_wait(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, on_call="slow")) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        first, second = console.gate.run(proposal), console.gate.run(proposal)
        await until(lambda: first.results[0].outcome is Outcome.RUNNING)
        refused = console.gate.check("power.start", vm(1))
        assert refused is not None
        assert first.results[0].task in refused.reason
        await first.done
        await second.done
        assert first.worst is Outcome.DONE
        assert second.worst is Outcome.REFUSED
        assert len(console.made()) == 1


async def test_an_object_that_cannot_be_read_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("novatui.actions.seeing.REREAD", 0.2)
    async with console_of(tmp_path, spec(tmp_path, unlistable="1", blind="1")) as console:
        console.fleet.reconnect("lab")
        connection = console.fleet.connections["lab"]
        await until(lambda: connection.link is Link.UP and connection.lock)
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        [aim] = proposal.failed
        assert aim.failure is not None
        assert (aim.failure.fault, aim.failure.subject) == (Fault.CONFLICT, "stale")
        await console.gate.run(proposal, Confirmation(yes=True)).done
        assert console.made() == []


async def test_without_room_for_the_journal_nothing_is_sent_and_reading_goes_on(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        await do(console, "power.start", 1)
        console.path.rename(console.path.with_suffix(".old"))
        console.path.mkdir()
        [done] = await do(console, "power.start", 2)
        assert done.outcome is Outcome.REFUSED
        assert "journal" in done.text
        assert len(console.made()) == 1
        assert (await console.gate.propose("power.start", [vm(2)], {})).planned
        console.path.rmdir()
        [done] = await do(console, "power.start", 2)
        assert done.outcome is Outcome.DONE


async def test_a_call_that_cannot_be_written_down_in_the_middle_is_not_let_go(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, calls="2", on_call="slow")) as console:
        proposal = await console.gate.propose("power.start", [vm(1)], {})
        run = console.gate.run(proposal)
        await until(lambda: len(console.made()) == 1)
        console.path.rename(console.path.with_suffix(".old"))
        console.path.mkdir()
        await run.done
        [done] = run.results
        assert done.outcome is Outcome.FAILED
        assert "journal" in str(done.failure)
        assert "could not be written down" in done.note
        assert len(console.made()) == 1


async def test_several_are_done_a_few_at_a_time_and_one_that_fails_stops_no_other(tmp_path: Path) -> None:
    lab = spec(tmp_path, objects="9", on_call="fail", only="4")
    async with console_of(tmp_path, lab) as console:
        await do(console, "power.start", 7)
        proposal = await console.gate.propose("power.start", [vm(at) for at in (*range(9), 3, 99)], {})
        assert len(proposal.planned) == 8
        assert {aim.ref.id for aim in proposal.failed} == {"7", "99"}
        assert (proposal.level, proposal.phrase) == (1, "")
        run = console.gate.run(proposal, Confirmation(yes=True))
        most = 0

        def count() -> None:
            nonlocal most
            busy = [done.ref.id for done in run.results if done.outcome is Outcome.RUNNING]
            most = max(most, len(busy))
            for host in (0, 1):
                assert sum(int(id) % 2 == host for id in busy) <= 2
            assert len(busy) <= 4

        run.on_change = count
        await run.done
        assert most >= 2
        outcomes = {done.ref.id: done.outcome for done in run.results}
        assert [id for id, outcome in outcomes.items() if outcome is Outcome.FAILED] == ["4", "7", "99"]
        assert sum(outcome is Outcome.DONE for outcome in outcomes.values()) == 7
        assert run.worst is Outcome.FAILED
        assert run.text == "7 done, 3 failed"
        assert sorted(args["vm"] for _, args in console.made()) == sorted("7" + "0123568")
        assert all(r["objects"] == 8 for r in console.records("operation")[1:])


async def test_several_at_once_are_confirmed_by_their_count(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        await do(console, "power.start", 0, 1)
        proposal = await console.gate.propose("power.off", [vm(0), vm(1)], {})
        assert (proposal.level, proposal.phrase) == (2, "2")
        lines = proposal.as_lines()
        assert lines == ["# vm 0", "1  Power_Off(vm=0)", "# vm 1", "1  Power_Off(vm=1)"]


async def test_a_host_stands_for_all_its_machines_and_is_named(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, objects="5")) as console:
        host = ObjectRef("lab", Kind.HOST, "0")
        proposal = await console.gate.propose("power.start", [host], {})
        assert [aim.ref.id for aim in proposal.aims] == ["0", "2", "4"]
        assert (proposal.level, proposal.phrase, proposal.whole) == (2, "host 0", "host 0")
        both = await console.gate.propose("power.start", [host, ObjectRef("lab", Kind.HOST, "1")], {})
        assert (both.level, both.phrase) == (2, "5")
        revert = await console.gate.propose("snap.revert", [host], {"snapshot": "a"})
        assert revert.locked is not None
        run = console.gate.run(revert, Confirmation(typed=revert.phrase))
        await run.done
        assert {done.outcome for done in run.results} == {Outcome.REFUSED}
        assert console.made() == []


async def test_a_run_that_is_stopped_leaves_out_what_had_not_begun(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, objects="9", on_call="slow")) as console:
        run = console.gate.run(
            await console.gate.propose("power.start", [vm(at) for at in range(9)], {}), Confirmation(yes=True)
        )
        await until(lambda: any(done.outcome is Outcome.RUNNING for done in run.results))
        assert await console.gate.stop(30.0) == []
        await run.done
        outcomes = [done.outcome for done in run.results]
        assert set(outcomes) == {Outcome.DONE, Outcome.LEFT_OUT}
        assert len(console.made()) == outcomes.count(Outcome.DONE)


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("power.explode", {}, "no operation power.explode"),
        ("power.start", {"force": "yes"}, "takes no force"),
        ("snap.create", {}, "name is missing"),
        ("snap.create", {"name": " "}, "name is missing"),
        ("snap.create", {"name": "a", "memory": "maybe"}, "with memory: yes or no"),
        ("edit.memory", {"size": "4G"}, "in bytes"),
        ("edit.vcpus", {"count": "-1"}, "a whole number"),
        ("power.autostart", {"to": "maybe"}, "one of on, off"),
    ],
)
async def test_what_makes_no_sense_is_said_before_anybody_is_asked(
    tmp_path: Path, verb: str, arguments: dict[str, str], words: str
) -> None:
    from novatui.core.errors import InvalidInput

    async with console_of(tmp_path, spec(tmp_path)) as console:
        with pytest.raises(InvalidInput, match=words):
            await console.gate.propose(verb, [vm(1)], arguments)


async def test_a_screen_that_fails_to_show_a_run_does_not_stop_it(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        run = console.gate.run(await console.gate.propose("power.start", [vm(1)], {}))
        run.on_change = lambda: 1 / 0  # type: ignore[assignment,return-value]
        await run.done
        assert run.worst is Outcome.DONE
        assert console.fleet.connections["lab"].link is Link.UP


async def test_calls_of_a_run_that_nobody_waits_for_are_not_let_go(tmp_path: Path) -> None:
    """The first call is under way when the console drops the run: the second one is not sent."""
    async with console_of(tmp_path, spec(tmp_path, calls="2", on_call="slow")) as console:
        changing = console.fleet.changing
        operation = Operation(verb="power.start", key="vm:1", id=7)
        plan = await changing.plan(vm(1), operation)

        async def yes(*_: object) -> bool:
            return True

        run = asyncio.ensure_future(changing.run(vm(1), operation, plan.calls, {}, yes, lambda _: None))
        await until(lambda: console.made())
        run.cancel()
        await asyncio.wait([run])
        after = await changing.plan(vm(2), Operation(verb="power.start", key="vm:2"))
        other = await changing.run(
            vm(2), Operation(verb="power.start", key="vm:2", id=8), after.calls[:1], {}, yes, str
        )
        assert other.failure is None
        assert [args["vm"] for _, args in console.made()] == ["1", "2"]


async def test_what_is_still_to_be_seen_holds_up_nothing_else(tmp_path: Path) -> None:
    """A guest that does not listen to a shutdown can be switched off at once, and its host's lanes are free."""
    async with console_of(tmp_path, spec(tmp_path, blind="1", within="30", objects="9")) as console:
        run = console.gate.run(
            await console.gate.propose("power.start", [vm(at) for at in range(9)], {}), Confirmation(yes=True)
        )
        await until(lambda: run.over)
        assert run.worst is Outcome.DONE
        assert len(console.made()) == 9
        assert console.gate.check("power.start", vm(1)) is None
        assert all(done.seen is None for done in run.results)


async def test_a_plan_makes_an_operation_weigh_more_and_never_less(tmp_path: Path) -> None:
    for effect, level in (("", 0), ("relief", 0), ("hard", 2), ("loss", 2), ("nobody knows this word", 2)):
        async with console_of(tmp_path, spec(tmp_path, effect=effect), name=effect or "none") as console:
            assert (await console.gate.propose("power.start", [vm(1)], {})).level == level
            reset = await console.gate.propose("snap.delete", [vm(1)], {"snapshot": "a"})
            assert reset.level == 2
            host = ObjectRef("lab", Kind.HOST, "0")
            whole = await console.gate.propose("power.start", [host], {})
            assert (whole.refused is not None) == (effect in {"loss", "nobody knows this word"})
