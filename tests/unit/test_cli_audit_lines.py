"""The journal in words: what a person reads of each kind of record."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.actions import journal
from novatui.actions.confirm import Confirmation
from novatui.actions.journal import Record
from novatui.cli.audit_lines import line
from tests.changing import console_of, spec, vm


async def test_a_change_is_told_in_words(tmp_path: Path) -> None:
    async with console_of(tmp_path, spec(tmp_path, protected="1")) as console:
        gate = console.gate
        await gate.unlock("lab", 900, "INC-7")
        await gate.run(await gate.propose("power.start", [vm(1)], {}), Confirmation(yes=True)).done
        await gate.run(await gate.propose("power.off", [vm(1)], {}), Confirmation()).done
        await gate.decline(await gate.propose("snap.create", [vm(1)], {"name": "a"}))
        await gate.lock("lab")
        told = [line(record) for record in journal.read(console.path)]
    assert [text[8:].partition("Z  ")[2] for text in told] == [
        "ana from 203.0.113.7 unlocked lab for 15 min, ticket INC-7",
        "ana from 203.0.113.7 power.start vm 1 on lab  ticket INC-7",
        "  N-2 call 1: Power_Start(vm=1)",
        "  N-2 call 1: done",
        "  N-2 done",
        "  N-2 seen",
        "ana from 203.0.113.7 power.off vm 1 on lab  ticket INC-7: refused, nothing was sent: not confirmed: `vm 1` has"
        " to be typed",
        "ana from 203.0.113.7 snap.create vm 1 on lab  (name=a)  ticket INC-7: declined, nothing was sent",
        "ana from 203.0.113.7 locked lab",
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"event": "repair", "bytes": 12}, "a line that a crash had cut off was set aside (12 bytes)"),
        ({"event": "end", "operation": 3, "outcome": "failed", "failure": {"message": "no"}}, "  N-3 failed: no"),
        ({"event": "seen", "operation": 3, "seen": False}, "  N-3 not seen in time"),
        ({"verb": "start", "key": "vm:1"}, "verb=start  key=vm:1"),
        ({"event": "party", "at": "now"}, "now  event=party"),
    ],
)
def test_other_records(body: dict[str, object], words: str) -> None:
    assert line(Record(5, "", {"seq": 5, "prev": "", **body})) == f"     5  {words}"
