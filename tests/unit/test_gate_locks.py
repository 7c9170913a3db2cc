"""Protected, read-only and less than admin: looked at is everything, sent is nothing; an unlock has its time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from novatui.actions.confirm import UNLOCKED, Confirmation
from novatui.actions.guard import Code
from novatui.actions.outcome import Outcome
from novatui.core.errors import Denied, InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Link
from novatui.core.verbs import VERBS, Given
from novatui.wire import frames
from tests.changing import Console, console_of, spec, vm
from tests.fleets import until

SAID = Confirmation(yes=True, typed="vm 1")


def example(given: Given) -> str:
    match given.kind:
        case "number" | "size":
            return "2"
        case "yesno":
            return "yes"
        case "choice":
            return given.choices[0]
        case "host":
            return str(ObjectRef("lab", Kind.HOST, "other"))
        case _:
            return "x"


@pytest.mark.parametrize("lock", ["ro", "protected", "role"])
async def test_on_a_locked_connection_no_operation_makes_a_call(tmp_path: Path, lock: str) -> None:
    """Every operation of the catalogue, with everything said that can be said."""
    locked = spec(tmp_path, **{lock: "viewer" if lock == "role" else "1"})
    async with console_of(tmp_path, locked) as console:
        tried = 0
        hosts = [ObjectRef("lab", Kind.HOST, name).key for name in ("home", "other")]
        rows = frames.Rows("lab", 1, time.monotonic(), ["name"], hosts, [["home", "other"]])
        console.fleet.inventory.apply_rows(rows, rows.begun)
        for verb in VERBS.values():
            if Kind.VM not in verb.kinds or (verb.states and "off" not in verb.states):
                continue
            proposal = await console.gate.propose(verb.name, [vm(1)], {each.name: example(each) for each in verb.takes})
            assert proposal.as_lines(), "what would be done is shown"
            assert proposal.locked is not None
            assert "refused" in proposal.json()
            run = console.gate.run(proposal, SAID)
            await run.done
            assert run.worst is Outcome.REFUSED
            tried += 1
        assert tried > 15
        assert console.made() == []
        assert len(console.records("refused")) == tried
        assert console.records("operation", "call") == []


async def test_an_unlock_lets_changes_through_until_it_ends(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, protected="1", on_call="slow")) as console:
        gate = console.gate
        await gate.unlock("lab", 60, "INC-20931")
        proposal = await gate.propose("power.start", [vm(1)], {})
        assert (proposal.level, proposal.locked) == (1, None)
        hard = await gate.propose("power.reset", [vm(1)], {})
        assert hard.failed, "it is off"
        run = gate.run(proposal, Confirmation(yes=True))
        await until(lambda: run.results[0].outcome is Outcome.RUNNING)
        await gate.lock("lab")
        await until(lambda: not console.fleet.connections["lab"].unlocked)
        await run.done
        assert run.worst is Outcome.DONE, "what was under way goes on"

        off = await gate.propose("power.off", [vm(1)], {})
        assert (off.level, off.phrase) == (UNLOCKED, "vm 1")
        assert off.locked is not None
        assert off.locked.code is Code.LOCKED
        refused = gate.run(off, SAID)
        await refused.done
        assert refused.worst is Outcome.REFUSED
        assert len(console.made()) == 1
        unlock, operation, *_, last = console.records("unlock", "lock", "operation", "refused")
        assert (unlock["ticket"], unlock["seconds"], unlock["user"]) == ("INC-20931", 60, "ana")
        assert operation["ticket"] == "INC-20931"
        assert last["failure"]["subject"] == "locked"


async def test_an_unlock_ends_by_itself(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, protected="1")) as console:
        await console.gate.unlock("lab", 0.5, "INC-1")
        await until(lambda: console.gate.check("power.start", vm(1)) is not None)
        run = console.gate.run(await console.gate.propose("power.start", [vm(1)], {}), SAID)
        await run.done
        assert run.worst is Outcome.REFUSED
        assert console.made() == []


async def test_an_unlock_outlives_a_reconnect_and_no_other_console(tmp_path: Path) -> None:
    lab = spec(tmp_path, protected="1")
    async with console_of(tmp_path, lab) as console:
        await console.gate.unlock("lab", 600, "INC-1")
        connection = console.fleet.connections["lab"]
        generation = connection.generation
        console.fleet.reconnect("lab")
        await until(lambda: connection.generation > generation and connection.link is Link.UP and connection.unlocked)
        async with console_of(tmp_path, lab) as other:
            refused = other.gate.check("power.start", vm(1))
            assert refused is not None
            assert refused.code is Code.LOCKED


async def test_an_unlock_needs_a_ticket_a_time_and_a_journal(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, protected="1"), spec(tmp_path, "museum", ro="1")) as console:
        gate = console.gate
        for conn, seconds, ticket in (("lab", 60, " "), ("lab", 0, "T"), ("lab", 10**6, "T"), ("prod", 60, "T")):
            with pytest.raises(InvalidInput):
                await gate.unlock(conn, seconds, ticket)
        with pytest.raises(Denied, match="read-only"):
            await gate.unlock("museum", 60, "T")
        console.path.mkdir(parents=True)
        with pytest.raises(Denied, match="journal"):
            await gate.unlock("lab", 60, "T")
        assert not console.fleet.connections["lab"].unlocked


async def test_a_ticket_is_kept_without_a_protection_too(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path)) as console:
        await console.gate.unlock("lab", 60, "CHG-7")
        await _start(console)
        assert console.records("operation")[0]["ticket"] == "CHG-7"


async def _start(console: Console) -> None:
    await console.gate.run(await console.gate.propose("power.start", [vm(1)], {})).done
