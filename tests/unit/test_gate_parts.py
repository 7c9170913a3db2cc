"""Several parts of objects in one run: one after another on each object, each with its own line in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from novatui.actions.confirm import Confirmation
from novatui.actions.outcome import Done, Outcome
from novatui.actions.parts import Part
from novatui.core.errors import InvalidInput
from tests.changing import console_of, spec, vm
from tests.fleets import until

SEVERAL = {"snapshots": "base app patch"}


def snapshot(machine: int, name: str) -> Part:
    return Part(ref=vm(machine), arguments={"snapshot": name}, name=name)


def outcomes(results: Sequence[Done]) -> list[tuple[str, Outcome]]:
    return [(done.name, done.outcome) for done in results]


async def test_parts_of_one_object_are_done_one_after_another_in_their_order(tmp_path: Path) -> None:
    wanted = [snapshot(1, "patch"), snapshot(0, "app"), snapshot(1, "base"), snapshot(1, "app"), snapshot(0, "base")]
    async with console_of(tmp_path, spec(tmp_path, **SEVERAL)) as console:
        proposal = await console.gate.propose_each("snap.delete", wanted)
        assert not proposal.failed, proposal.failed
        assert (proposal.level, proposal.phrase) == (2, "5")
        assert proposal.as_lines()[:2] == ["# vm 1/patch", "1  Snap_Delete(vm=1, snapshot=patch)"]
        assert [(one["name"], one["part"]) for one in proposal.json()["objects"]][:2] == [
            ("vm 1", "patch"),
            ("vm 0", "app"),
        ]

        run = console.gate.run(proposal, Confirmation(typed="5"))
        await run.done
        assert outcomes(run.results) == [
            ("vm 1/patch", Outcome.DONE),
            ("vm 0/app", Outcome.DONE),
            ("vm 1/base", Outcome.DONE),
            ("vm 1/app", Outcome.DONE),
            ("vm 0/base", Outcome.DONE),
        ]
        assert all(done.seen for done in run.results), [done.text for done in run.results]
        made = [args["snapshot"] for _, args in console.made() if args["vm"] == "1"]
        assert made == ["patch", "base", "app"]
        assert [args["snapshot"] for _, args in console.made() if args["vm"] == "0"] == ["app", "base"]
        operations = console.records("operation")
        assert len(operations) == len(console.records("end")) == 5
        assert {one["objects"] for one in operations} == {5}
        assert {(one["ref"], one["arguments"]["snapshot"]) for one in operations} == {
            (str(part.ref), part.name) for part in wanted
        }
        assert len({done.id for done in run.results}) == 5


async def test_the_count_has_to_be_typed_and_nothing_is_sent_without_it(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, **SEVERAL)) as console:
        proposal = await console.gate.propose_each("snap.delete", [snapshot(0, "app"), snapshot(0, "base")])
        for said in (Confirmation(yes=True), Confirmation(typed="1"), Confirmation(typed="vm 0")):
            run = console.gate.run(proposal, said)
            await run.done
            assert {done.outcome for done in run.results} == {Outcome.REFUSED}
        assert console.made() == []
        assert len(console.records("refused")) == 6
        await console.gate.decline(proposal)
        assert len(console.records("declined")) == 2


async def test_what_cannot_be_done_is_named_and_left_and_counts_no_more(tmp_path: Path) -> None:
    wanted = [snapshot(0, "app"), snapshot(1, "gone"), snapshot(2, "base")]
    async with console_of(tmp_path, spec(tmp_path, **SEVERAL)) as console:
        proposal = await console.gate.propose_each("snap.delete", wanted)
        assert [(aim.title, aim.failure.message) for aim in proposal.failed if aim.failure] == [
            ("vm 1/gone", "there is no snapshot gone")
        ]
        assert proposal.phrase == "2"
        run = console.gate.run(proposal, Confirmation(typed="2"))
        await run.done
        assert [done.outcome for done in run.results] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE]
        assert len(console.made()) == 2


async def test_somebody_elses_change_between_two_parts_stops_the_rest_of_that_object_only(tmp_path: Path) -> None:
    wanted = [snapshot(0, "patch"), snapshot(0, "app"), snapshot(1, "patch"), snapshot(1, "app")]
    async with console_of(tmp_path, spec(tmp_path, **SEVERAL)) as console:
        proposal = await console.gate.propose_each("snap.delete", wanted)
        other = await console.gate.propose_each("snap.delete", [snapshot(0, "base")])
        run = console.gate.run(other, Confirmation(typed="vm 0"))
        await run.done
        assert run.worst is Outcome.DONE

        run = console.gate.run(proposal, Confirmation(typed="4"))
        await run.done
        assert [done.outcome for done in run.results] == [
            Outcome.REFUSED, Outcome.REFUSED, Outcome.DONE, Outcome.DONE,
        ]  # fmt: skip
        assert "was changed since this was planned" in run.results[0].text
        assert len(console.made()) == 3


@pytest.mark.parametrize(
    ("how", "first", "second"),
    [("fail", Outcome.FAILED, Outcome.FAILED), ("doubt", Outcome.UNKNOWN, Outcome.LEFT_OUT)],
)
async def test_after_a_failure_the_rest_is_tried_and_after_a_doubt_it_is_left(
    tmp_path: Path, how: str, first: Outcome, second: Outcome
) -> None:
    wanted = [snapshot(0, "patch"), snapshot(0, "app"), snapshot(1, "app")]
    async with console_of(tmp_path, spec(tmp_path, on_call=how, only="0", **SEVERAL)) as console:
        proposal = await console.gate.propose_each("snap.delete", wanted)
        run = console.gate.run(proposal, Confirmation(typed="3"))
        await run.done
        assert [done.outcome for done in run.results] == [first, second, Outcome.DONE]
        left = run.results[1]
        assert (left.id == 0) is (second is Outcome.LEFT_OUT)
        assert left.failure is not None
        if second is Outcome.LEFT_OUT:
            assert f"nobody knows whether {run.results[0].task} was done" in left.text


async def test_a_stopped_run_leaves_out_the_parts_that_have_not_begun(tmp_path: Path) -> None:
    wanted = [snapshot(0, name) for name in ("patch", "app", "base")]
    async with console_of(tmp_path, spec(tmp_path, on_call="slow", **SEVERAL)) as console:
        run = console.gate.run(await console.gate.propose_each("snap.delete", wanted), Confirmation(typed="3"))
        await until(lambda: run.results[0].outcome is not Outcome.WAITING)
        run.stop()
        await run.done
        assert [done.outcome for done in run.results] == [Outcome.DONE, Outcome.LEFT_OUT, Outcome.LEFT_OUT]
        assert len(console.made()) == 1


async def test_only_deletions_are_meant_for_several_parts_of_one_object(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, **SEVERAL)) as console:
        with pytest.raises(InvalidInput, match="several parts of one object"):
            await console.gate.propose_each("snap.revert", [snapshot(0, "app"), snapshot(0, "base")])
        with pytest.raises(InvalidInput, match="nothing to delete"):
            await console.gate.propose_each("snap.delete", [])
        once = await console.gate.propose_each("snap.delete", [snapshot(0, "app"), snapshot(0, "app")])
        assert len(once.aims) == 1
        assert once.phrase == "vm 0"
