"""The audit screen: the journal verified, filtered, shown in full, and what is said of one that is not whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.actions.audit import read
from novatui.ui.dialogs.page import PageDialog
from tests.ui.change_pictures import ACTS
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.test_acts import RUNNING, ask


async def opened(person: ActingDesk) -> None:
    """The screen, with a journal of six entries."""
    await ACTS["audit"](person)


async def read_again(person: ActingDesk) -> None:
    person.app.stage.pulse.age()
    for _ in range(5):
        await person.pilot.pause(0.05)
    await person.settle()


async def test_operations_are_listed_the_newest_first_with_their_outcome(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await opened(person)
        assert "verified, 9 records" in person.lines[0]
        rows = [line.split()[0] for line in person.lines[4:10]]
        assert [number for number in rows if number.isdigit()] == ["7", "6", "5", "3", "1"]
        assert "? unknown" in person.line("edit vcpus")
        assert "· declined" in person.line("snap revert")


async def test_an_entry_is_shown_whole(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await opened(person)
        await person.press("G", "enter")
        assert isinstance(person.app.screen, PageDialog)
        assert "record 1   hash" in person.text
        await person.press("G")
        assert '"outcome": "done"' in person.text
        await person.press("escape")
        assert person.screen.place().name == "audit"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("verb:off", [1]),
        ("held backup", [3]),
        ("outcome:unknown", [7]),
        ("nfs-gw !outcome:unknown", [9]),
        ("event:declined", [5]),
        ("ticket:INC-20931 who:oncall conn:vc-east object:db", [1]),
        ("who:ana", []),
    ],
)
async def test_entries_are_filtered(text: str, numbers: list[int], tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await opened(person)
        found = [one.seq for one in read(person.journal).entries if one.has(text.split())]
        assert found == numbers
        await person.press("slash")
        await person.type(text)
        await person.press("enter")
        assert f" {len(numbers)} entr" in person.lines[1]
        await person.press("escape")
        assert " 6 entries" in person.lines[1]


async def test_a_broken_chain_is_told_and_what_comes_before_it_is_shown(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await opened(person)
        lines = person.journal.read_bytes().split(b"\n")
        lines[5] = lines[5].replace(b"oncall", b"nobody")
        person.journal.write_bytes(b"\n".join(lines))
        await read_again(person)
        assert "BROKEN at record 6" in person.lines[0]
        assert "what follows record 5 is not to be trusted" in person.text
        assert "snap revert" in person.text
        assert "nfs-gw" not in person.text


async def test_a_line_that_was_cut_off_is_no_broken_chain(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await opened(person)
        person.journal.write_bytes(person.journal.read_bytes()[:-20])
        await read_again(person)
        assert "cut off at record 9" in person.lines[0]


async def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.journal.mkdir(parents=True)
        await person.press("A")
        await read_again(person)
        assert "the journal cannot be read" in person.text


async def test_a_change_appears_while_one_looks(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        await person.press("y")
        await person.done()
        await person.press("A")
        await read_again(person)
        assert "✓ done" in person.line("gpu-train-1")
        assert "shutdown" in person.line("gpu-train-1")


async def test_what_an_earlier_console_left_behind_is_told_at_the_start(tmp_path: Path) -> None:
    async with acting_desk(tmp_path / "first") as person:
        person.hands.holds = True
        await person.go_to(*RUNNING)
        await ask(person, "p", "h")
        await person.press("y")
        while not person.hands._held:
            await person.pilot.pause(0.02)
        left = person.journal.read_bytes()
    # Another process, that is no more: its records name another start of it.
    journal = tmp_path / "second" / "state" / "journal.jsonl"
    journal.parent.mkdir(parents=True, mode=0o700)
    await rewritten(left, journal)
    async with acting_desk(tmp_path / "second") as person:
        for _ in range(10):
            await person.pilot.pause(0.05)
        await person.settle()
        assert "outcome unknown" in person.lines[-1]
        assert "gpu-train-1" in person.lines[-1]
        assert person.hands.made == []
        assert person.records("end")[-1]["outcome"] == "unknown"


async def rewritten(text: bytes, path: Path) -> None:
    """The same journal as a process wrote it that does not run any more."""
    import msgspec

    from novatui.actions.journal_writer import Journal

    written = Journal(path, user="oncall", environ={}, system_log=None)
    for line in text.splitlines():
        body = msgspec.json.decode(line)
        for name in ("seq", "prev", "hash"):
            del body[name]
        await written.write(body | ({"pid": 2**22 + 1, "started": 1} if "pid" in body else {}))
