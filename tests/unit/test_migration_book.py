"""Records of migrations on disk: whole, private, so many at most; and a console that goes on where one was killed."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec

from novatui.core.tasks import TaskState
from novatui.engine.migration_book import FILES, READINGS, MigrationBook, packed
from novatui.engine.migration_record import Record
from tests.ui.still import StillFleet
from tests.unit.migrating import GIB, UUID, incoming, only, ours, outgoing, reading, two_hosts

DONE = TaskState.DONE


def moved(fleet: StillFleet, readings: int = 3) -> Record:
    """A move that is under way, of ours."""
    fleet.migrations.asked("kvm-03", "N-12", "migrate.live", {"to": "kvm-12:host:kvm-12", "post_copy": "yes"})
    ours(fleet)
    incoming(fleet)
    for number in range(readings):
        fleet.clock.advance(1)
        outgoing(fleet, move=reading(fleet.clock.time(), (readings - number) * GIB))
    return only(fleet)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    record = moved(two_hosts())
    book = MigrationBook(tmp_path / "state" / "migrations")
    book.write([record])
    [found] = book.load()
    assert found == record
    [file] = book.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.folder.stat().st_mode) == 0o700


def test_long_traces_are_thinned_and_unknown_figures_take_no_room(tmp_path: Path) -> None:
    record = moved(two_hosts(), 900)
    body = packed(record)
    found = msgspec.json.decode(body, type=Record)
    assert len(found.trace) <= READINGS
    assert (found.trace[0], found.trace[-1]) == (record.trace[0], record.trace[-1])
    assert b'"throttle":null' not in body


def test_there_are_so_many_files_at_most(tmp_path: Path) -> None:
    record = moved(two_hosts())
    book = MigrationBook(tmp_path)
    many = [msgspec.structs.replace(record, id=f"{1000 + number}-x") for number in range(FILES + 20)]
    book.write(many)
    assert [one.id for one in book.load()] == [one.id for one in many[20:]]


def test_damaged_files_are_left_alone(tmp_path: Path) -> None:
    book = MigrationBook(tmp_path)
    record = moved(two_hosts())
    book.write([record])
    (tmp_path / "1-half.json").write_bytes(packed(record)[:100])
    (tmp_path / "2-other.json").write_bytes(packed(record))
    (tmp_path / "3-odd.json").write_bytes(b'{"id": "3-odd", "trace": {}}')
    (tmp_path / "notes.json").write_bytes(b"[]")
    assert [one.id for one in book.load()] == [record.id]
    assert (tmp_path / "1-half.json").exists()


def test_a_console_goes_on_where_one_was_killed() -> None:
    before = two_hosts()
    kept = msgspec.json.decode(packed(moved(before)), type=Record)
    fleet = two_hosts()
    fleet.clock.advance(20)
    fleet.migrations.restore([kept])
    ours(fleet, TaskState.UNKNOWN, ended=fleet.clock.time())
    assert only(fleet).live
    outgoing(fleet, id=f"{UUID}/5/2", move=reading(fleet.clock.time(), GIB // 2), started=fleet.clock.time() - 22)
    record = only(fleet)
    assert (record.id, record.live, record.state) == (kept.id, True, TaskState.RUNNING)
    assert [one.left for one in record.trace] == [3 * GIB, 2 * GIB, GIB, GIB // 2]
    assert record.last.armed == ("post-copy", "peer-to-peer")
    outgoing(fleet, DONE, id=f"{UUID}/5/2", move=reading(fleet.clock.time(), 0, downtime=0.1))
    assert (record.state, record.pause_real) == (DONE, 0.1)


def test_the_tasks_of_a_kept_move_make_no_second_one() -> None:
    kept = moved(two_hosts())
    kept.state, kept.ended = DONE, kept.began + 10
    fleet = two_hosts()
    fleet.migrations.restore([kept])
    ours(fleet, DONE, started=kept.began, ended=kept.ended)
    outgoing(fleet, DONE, started=kept.began, ended=kept.ended)
    assert only(fleet) is kept


def test_a_kept_move_of_which_nobody_tells_any_more_ended_unknown() -> None:
    kept = moved(two_hosts())
    fleet = two_hosts()
    fleet.migrations.restore([kept])
    fleet.drain()
    assert only(fleet).live
    fleet.clock.advance(11)
    fleet.drain()
    assert (only(fleet).live, only(fleet).state) == (False, TaskState.UNKNOWN)
