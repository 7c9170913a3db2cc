"""Writing the journal: chained over all consoles, on disk or not at all, set right after a crash."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import socket
from pathlib import Path

import pytest

from novatui.actions import journal, journal_file
from novatui.actions.journal import BrokenChain
from novatui.actions.journal_file import NotWritten


def write(path: Path, *bodies: dict[str, object]) -> list[int]:
    return [record.seq for record in journal_file.append(path, lambda: bodies)]


def read(path: Path) -> list[dict[str, object]]:
    return [record.body for record in journal.read(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.jsonl"


def test_what_is_written_is_read_back_and_private(path: Path) -> None:
    assert write(path, {"event": "one"}) == [1]
    assert write(path, {"event": "two", "name": "Ä\u202e\x1b[31m"}, {"event": "three"}) == [2, 3]
    assert [body["event"] for body in read(path)] == ["one", "two", "three"]
    assert read(path)[1]["name"] == "Ä\u202e\x1b[31m"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_to_write_makes_no_journal_longer(path: Path) -> None:
    write(path, {"event": "one"})
    before = path.read_bytes()
    assert write(path) == []
    assert path.read_bytes() == before


def appender(path: Path, name: str, times: int) -> None:
    for at in range(times):
        journal_file.append(path, lambda at=at: [{"who": name, "at": at}, {"who": name, "at": at, "second": True}])


def test_several_consoles_write_one_chain(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    consoles = [spawn.Process(target=appender, args=(path, name, 25)) for name in "abcd"]
    for console in consoles:
        console.start()
    for console in consoles:
        console.join(100)
        assert console.exitcode == 0
    records = read(path)
    assert [body["seq"] for body in records] == list(range(1, 201))
    for name in "abcd":
        assert [body["at"] for body in records if body["who"] == name] == [at for at in range(25) for _ in "12"]
    pairs = [(first["who"], second["who"]) for first, second in zip(records[::2], records[1::2], strict=True)]
    assert all(first == second for first, second in pairs), "records of one write stay together"


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_line_that_a_crash_cut_off_is_set_aside_and_kept(path: Path, kept: int) -> None:
    write(path, {"event": "one"})
    whole = path.read_bytes()
    write(path, {"event": "two"})
    piece = path.read_bytes()[len(whole) :][:kept]
    path.write_bytes(whole + piece)
    with pytest.raises(BrokenChain) as broken:
        read(path)
    assert broken.value.torn

    assert write(path, {"event": "three"}) == [3]
    one, repair, three = read(path)
    assert (one["event"], repair["event"], three["event"]) == ("one", "repair", "three")
    assert repair["cut"] == piece.decode()
    assert repair["bytes"] == len(piece)


def test_a_journal_that_is_nothing_but_a_piece_is_begun_anew(path: Path) -> None:
    write(path, {"event": "one"})
    path.write_bytes(path.read_bytes()[:30] + b"\0\xff")
    assert write(path, {"event": "two"}) == [2]
    repair, _ = read(path)
    assert str(repair["cut"]).endswith("\x00\\xff")


def test_a_long_last_line_is_found(path: Path) -> None:
    write(path, {"xml": "x" * 200_000})
    write(path, {"xml": "y" * 70_000})
    assert write(path, {"event": "after"}) == [3]
    assert len(read(path)) == 3


def test_a_last_line_that_was_changed_is_not_built_upon(path: Path) -> None:
    write(path, {"event": "one"})
    write(path, {"event": "two", "outcome": "failed"})
    changed = path.read_bytes().replace(b"failed", b"done..")
    path.write_bytes(changed)
    with pytest.raises(NotWritten, match=r"broken at its end: the content does not match its hash") as refused:
        write(path, {"event": "three"})
    assert "audit verify" in refused.value.hint
    assert path.read_bytes() == changed
    path.rename(path.with_suffix(".broken"))
    assert write(path, {"event": "new"}) == [1]


def test_a_file_that_is_no_journal_is_left_alone(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"\0" * (journal_file.LONGEST_PIECE + 100_000))
    with pytest.raises(NotWritten, match="no line of a journal"):
        write(path, {"event": "one"})
    assert path.stat().st_size == journal_file.LONGEST_PIECE + 100_000


def write_with_little_room(path: Path, room: int, answer: str) -> None:
    """In a process of its own: no file may grow beyond what is there and `room` more."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, size + room))
    try:
        write(path, {"event": "small"}, {"event": "x" * 5_000})
        said = "written"
    except NotWritten as error:
        said = f"{error.reason}; {error.hint}"
    os.write(int(answer), said.encode())


@pytest.mark.parametrize("room", [0, 100, 4_000])
def test_without_room_nothing_of_it_is_written(path: Path, room: int) -> None:
    write(path, {"event": "one"})
    before = path.read_bytes()
    here, there = os.pipe()
    os.set_inheritable(there, True)
    child = os.fork()
    if child == 0:
        write_with_little_room(path, room, str(there))
        os._exit(0)
    os.waitpid(child, 0)
    said = os.read(here, 10_000).decode()
    os.close(here)
    os.close(there)
    assert "File too large" in said
    assert "make room" in said
    assert path.read_bytes() == before
    assert write(path, {"event": "two"}) == [2]


def test_a_full_disk_refuses_with_words(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    if os.system(f"mount -t tmpfs -o size=16k,mode=700 tmpfs {disk} 2>/dev/null"):
        pytest.skip("mounting a small file system takes rights that this user has not")
    try:
        path = disk / "journal.jsonl"
        write(path, {"event": "one"})
        (disk / "filler").write_bytes(b"x" * 8192)
        with pytest.raises(NotWritten, match="No space left on device") as refused:
            write(path, {"event": "x" * 10_000})
        assert "make room" in refused.value.hint
        assert len(read(path)) == 1
        (disk / "filler").unlink()
        assert write(path, {"event": "two"}) == [2]
    finally:
        os.system(f"umount {disk}")


def test_a_folder_that_cannot_be_made_refuses_with_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritten, match=r"not a folder|Not a directory"):
        write(tmp_path / "file" / "journal.jsonl", {"event": "one"})


def test_a_lock_that_is_kept_refuses_after_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    write(path, {"event": "one"})
    monkeypatch.setattr(journal_file, "PATIENCE", 0.05)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(NotWritten, match="another console holds it"):
            write(path, {"event": "two"})
    assert write(path, {"event": "two"}) == [2]


def test_a_journal_that_was_moved_away_is_begun_anew(path: Path) -> None:
    write(path, {"event": "one"})
    path.rename(path.with_suffix(".old"))
    assert write(path, {"event": "new"}) == [1]
    assert len(read(path.with_suffix(".old"))) == 1


def test_the_system_log_is_told_the_head(path: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.settimeout(30)
        [record] = journal_file.append(path, lambda: [{"event": "one"}], tmp_path / "log")
        said = log.recv(4096).decode()
    assert said.startswith("<86>novatui[")
    assert said.endswith(f"record 1 sha256 {record.hash}")


def test_without_a_system_log_the_journal_is_written_all_the_same(path: Path, tmp_path: Path) -> None:
    assert [r.seq for r in journal_file.append(path, lambda: [{"event": "one"}], tmp_path / "none")] == [1]


def test_a_line_says_what_json_says(path: Path) -> None:
    write(path, {"event": "one", "args": {"n": 1, "none": None}})
    line = json.loads(path.read_text())
    assert line["args"] == {"n": 1, "none": None}
    assert list(line)[:2] == ["seq", "prev"]
    assert list(line)[-1] == "hash"
