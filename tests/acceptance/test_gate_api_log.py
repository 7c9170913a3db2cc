"""Preview, journal and wire agree, and a lock lets nothing through: by the log that the C library itself keeps.

The library writes each public call into a file as it is made (https://libvirt.org/logging.html); nothing of ours has a
part in that.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from novatui.actions.confirm import Confirmation
from novatui.actions.gate import Gate
from novatui.actions.journal import read
from novatui.actions.journal_writer import Journal
from novatui.actions.outcome import Outcome
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.operations import NativeCall, Operation
from novatui.core.states import Family, Kind
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet, Target
from tests.fleets import until
from tests.lab.libvirt.changing import is_changing

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")

CALL = re.compile(r" debug : (vir[A-Z]\w+):\d+ : ")


CHANGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("power.pause", {}),
    ("power.resume", {}),
    ("power.reboot", {}),
    ("power.autostart", {"to": "on"}),
    ("snap.create", {"name": "before"}),
    ("snap.create", {"name": "after", "description": "two words"}),
    ("snap.revert", {"snapshot": "before"}),
    ("snap.delete", {"snapshot": "after"}),
    ("snap.delete", {"snapshot": "before"}),
    ("edit.notes", {"text": "looked after"}),
    ("edit.vcpus", {"count": "1"}),
    ("power.suspend", {}),
    ("power.wake", {}),
    ("power.off", {}),
    ("power.start", {}),
    ("power.shutdown", {}),
)
"""What libvirt's test driver can do, one after the other."""

UNDONE: tuple[tuple[str, dict[str, str]], ...] = (
    ("power.pause", {}),
    ("power.autostart", {"to": "on"}),
    ("snap.create", {"name": "before"}),
    ("edit.notes", {"text": "looked after"}),
    ("edit.vcpus", {"count": "1"}),
)
"""What an undo takes back whole."""


class Lab:
    """libvirt's test driver, a gate to it, and the library's log."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet = fleet
        self.log = folder / "api.log"
        self.path = folder / "state" / "journal.jsonl"
        self.gate = Gate(fleet, Journal(self.path, user="ana", system_log=None))
        self.vm: ObjectRef = next(fleet.inventory.ref(slot) for slot in fleet.inventory.slots(Kind.VM))

    def changes(self) -> list[str]:
        """The changing calls that the library has made, in order."""
        names = CALL.findall(self.log.read_text(errors="replace"))
        return [name for name in names if is_changing(name)]

    def journalled(self) -> list[str]:
        return [record.body["call"] for record in read(self.path) if record.body["event"] == "call"]


@asynccontextmanager
async def lab(folder: Path, monkeypatch: pytest.MonkeyPatch, **spec: bool) -> AsyncIterator[Lab]:
    monkeypatch.setenv("LIBVIRT_LOG_FILTERS", "1:libvirt")
    monkeypatch.setenv("LIBVIRT_LOG_OUTPUTS", f"1:file:{folder}/api.log")
    one = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri="test:///default", **spec)
    fleet = Fleet([Target(one, dict)])
    await fleet.start()
    try:
        await fleet.settled(60)
        await until(lambda: fleet.connections["lab"].lock)
        yield Lab(fleet, folder)
    finally:
        await fleet.stop()


async def test_preview_journal_and_wire_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lab(tmp_path, monkeypatch) as console:
        assert console.changes() == [], "reading changes nothing"
        previewed: list[str] = []
        for verb, arguments in CHANGES:
            proposal = await console.gate.propose(verb, [console.vm], arguments)
            [aim] = proposal.planned
            assert aim.plan is not None
            previewed += [call.verb for call in aim.plan.calls]
            before = console.changes()
            assert before == previewed[: len(before)], "a plan sends nothing"
            run = console.gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
            await run.done
            assert run.worst is Outcome.DONE, run.text
        assert len(previewed) >= len(CHANGES)
        assert previewed == console.journalled() == console.changes()


@pytest.mark.parametrize(("verb", "arguments"), UNDONE)
async def test_an_undo_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, arguments: dict[str, str]
) -> None:
    async with lab(tmp_path, monkeypatch) as console:
        look = Operation(verb="power.reset", key=console.vm.key)
        before = (await console.fleet.changing.plan(console.vm, look)).state
        assert before
        proposal = await console.gate.propose(verb, [console.vm], arguments)
        run = console.gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
        await run.done
        assert run.worst is Outcome.DONE, run.text
        assert run.results[0].state not in {"", before}
        undo = await console.gate.undo()
        assert not undo.failed
        await console.gate.run(undo, Confirmation(yes=True, typed=undo.phrase)).done
        assert (await console.fleet.changing.plan(console.vm, look)).state == before


@pytest.mark.parametrize("lock", ["readonly", "protected"])
async def test_a_locked_connection_makes_no_changing_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    """Every operation that the product offers: through the gate, and past it, straight to the worker."""
    async with lab(tmp_path, monkeypatch, **{lock: True}) as console:
        info = console.fleet.connections["lab"].info
        assert info is not None
        assert len(info.verbs) >= 9
        calls: dict[str, NativeCall] = {}
        for name in info.verbs:
            arguments = {given.name: (given.choices or ("1",))[0] for given in VERBS[name].takes if given.required}
            proposal = await console.gate.propose(name, [console.vm], arguments)
            calls |= {call.verb: call for aim in proposal.planned if aim.plan for call in aim.plan.calls}
            run = console.gate.run(proposal, Confirmation(yes=True, typed=proposal.phrase))
            await run.done
            assert run.worst in {Outcome.REFUSED, Outcome.FAILED}
        assert calls, "some of it could be planned"
        refused = 0
        for call in calls.values():
            operation = Operation(verb="power.off", key=console.vm.key, id=1)
            refused += await past_the_gate(console, operation, call)
        assert refused == len(calls)
        assert console.changes() == []
        assert console.journalled() == []


async def past_the_gate(console: Lab, operation: Operation, call: NativeCall) -> bool:
    """Ask the worker itself, as a broken console would; True when it refuses."""

    async def yes(*_: object) -> bool:
        return True

    try:
        answer = await console.fleet.changing.run(console.vm, operation, [call], {}, yes, lambda _: None)
    except NovaError:
        return True
    return answer.failure is not None
