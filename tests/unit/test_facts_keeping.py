"""Capabilities outlive the console: what was known is there after a restart, with its age; a bad file costs nothing."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from novatui.core.capabilities import Answer, Evidence, Fact, Sheet
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Timeout
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.engine import facts_keeping as module
from novatui.engine.facts_file import MAGIC, Damaged, packed, path_of, read, unpacked
from novatui.engine.facts_keeping import FactsKeeping
from tests.fleets import until
from tests.unit.test_facts import Desk, conn, host, rest

SPEC = ConnectionSpec(name="a", family=Family.LIBVIRT, driver="libvirt", uri="test:///default")
ASKED = Evidence(kind="asked", call="GetThings", args="all", at=1.0, ms=2.0, excerpt="one\ntwo")
TPM = Fact(feature="tpm", scope="", value=Answer.PARTLY, note="2.0", reason="with swtpm", evidence=ASKED, more=(ASKED,))
NUMA = Fact(feature="numa", scope="", value=Answer.UNKNOWN, reason="not told")


def sheet(ref: ObjectRef | None = None, *facts: Fact, at: float | None = 1e9) -> Sheet:
    told = {fact.feature: fact for fact in facts or (TPM, NUMA)}
    return Sheet(ref=ref or conn(), product="libvirt 9", version="9.0.0", facts=told, at=at, ms=5.0, calls=7)


def altered(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same file with something else in it, and a sum that fits."""
    assert old in data
    assert len(old) == len(new)
    body = data[len(MAGIC) + 4 :].replace(old, new)
    return MAGIC + crc32(body).to_bytes(4, "big") + body


def test_what_is_written_is_read() -> None:
    sheets = [sheet(), sheet(host(1), TPM)]
    assert unpacked(SPEC, packed(SPEC, sheets)) == sheets


def test_what_was_never_answered_is_not_kept_and_a_failure_is_not_either() -> None:
    failed = msgspec.structs.replace(sheet(host(1)), failure=Timeout("no answer").failure, stale=True)
    kept = unpacked(SPEC, packed(SPEC, [sheet(at=None), failed]))
    assert kept == [sheet(host(1))]


@pytest.mark.parametrize(
    ("old", "new"), [(b"partly", b"possib"), (b"\xa3tpm", b"\xa3ufo"), (b"\xa5asked", b"\xa5heard")]
)
def test_a_fact_that_a_later_version_wrote_is_left_out_and_no_other(old: bytes, new: bytes) -> None:
    data = altered(packed(SPEC, [sheet(), sheet(host(1), NUMA)]), old, new)
    first, second = unpacked(SPEC, data)
    assert list(first.facts) == ["numa"]
    assert list(second.facts) == ["numa"]


def test_a_sheet_of_a_kind_that_is_not_known_is_left_out() -> None:
    data = altered(packed(SPEC, [sheet(), sheet(host(1), NUMA)]), b"a:host:h1", b"a:hoot:h1")
    assert [each.ref for each in unpacked(SPEC, data)] == [conn()]


def test_what_is_not_whole_or_of_another_target_is_refused() -> None:
    data = packed(SPEC, [sheet()])
    other = msgspec.structs.replace(SPEC, uri="test:///other")
    for bad in (b"", b"x", data[:-1], data[:30], data.replace(b"tpm", b"txm"), b"novatui facts 9\n" + data[16:]):
        with pytest.raises(Damaged):
            unpacked(SPEC, bad)
    with pytest.raises(Damaged, match="another target"):
        unpacked(other, data)
    body = b"\xc1" * 50
    with pytest.raises(Damaged):
        unpacked(SPEC, MAGIC + crc32(body).to_bytes(4, "big") + body)


async def test_a_restart_shows_what_was_known_with_its_age_and_stale(tmp_path: Path) -> None:
    before = Desk()
    keeping = FactsKeeping(tmp_path, before.facts, before.connections)
    asked = before.ask(conn())
    await rest()
    before.answer(before.sent[0])
    known = await asked
    await keeping.stop()
    file = path_of(tmp_path, "a")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [file.name]

    after = Desk()
    after.connections["a"].go(Link.CONNECTING, None)
    FactsKeeping(tmp_path, after.facts, after.connections).begin("a")
    await until(lambda: after.facts.sheet(conn()))
    shown = after.facts.sheet(conn())
    assert shown is not None
    assert (shown.facts, shown.at, shown.product, shown.stale) == (known.facts, known.at, known.product, True)
    assert conn() in after.facts.drain()
    after.connections["a"].go(Link.UP, None)
    after.facts.stands(after.connections["a"])
    current = after.facts.sheet(conn())
    assert current is not None
    assert not current.stale
    assert not after.sent  # young, and of the same version


@pytest.mark.parametrize("first", ["file", "connection"])
async def test_after_an_upgrade_hosts_are_asked_again_by_themselves(tmp_path: Path, first: str) -> None:
    desk = Desk()
    older = [
        msgspec.structs.replace(sheet(ref), version="8.0.0") for ref in (conn(), host(1), ObjectRef("a", Kind.VM, "m"))
    ]
    path_of(tmp_path, "a").write_bytes(packed(desk.connections["a"].spec, older))
    keeping = FactsKeeping(tmp_path, desk.facts, desk.connections)
    if first == "file":
        desk.connections["a"].link = Link.LOADING
        await keeping.recall(["a"])
        assert not desk.sent
        desk.connections["a"].link = Link.UP
        desk.facts.stands(desk.connections["a"])
    else:
        desk.facts.stands(desk.connections["a"])
        await keeping.recall(["a"])
    await rest()
    assert sorted(frame.scope for frame in desk.sent) == ["", "host:h1"]


async def test_what_was_asked_meanwhile_counts_more_than_what_was_kept(tmp_path: Path) -> None:
    desk = Desk()
    path_of(tmp_path, "a").write_bytes(packed(SPEC, [sheet()]))
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0])
    fresh = await asked
    await FactsKeeping(tmp_path, desk.facts, desk.connections).recall(["a"])
    assert desk.facts.sheet(conn()) == fresh


async def test_a_file_that_cannot_be_read_or_written_is_logged_and_that_is_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk("a", "b")
    path_of(tmp_path, "a").write_bytes(b"garbage")
    spec = desk.connections["b"].spec
    path_of(tmp_path, "b").write_bytes(packed(spec, [sheet(conn("b"))]))
    await FactsKeeping(tmp_path, desk.facts, desk.connections).recall(["a", "b"])
    assert desk.facts.sheet(conn("a")) is None
    assert desk.facts.sheet(conn("b")) is not None
    assert "of a are not used" in caplog.text
    blocked = tmp_path / "file"
    blocked.write_text("")
    keeping = FactsKeeping(blocked / "folder", desk.facts, desk.connections)
    asked = desk.ask(conn("a"))
    await rest()
    desk.answer(next(frame for frame in desk.sent if frame.conn == "a"))  # what was kept of b is old, and asked again
    assert (await asked).failure is None
    await keeping.stop()
    assert "of a could not be kept" in caplog.text


async def test_it_is_written_by_itself_once_it_has_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLED", 0.01)
    desk = Desk()
    FactsKeeping(tmp_path, desk.facts, desk.connections)
    asked = desk.ask(conn())
    await rest()
    desk.answer(desk.sent[0])
    await asked
    await until(lambda: path_of(tmp_path, "a").exists())
    assert [each.ref for each in read(tmp_path, desk.connections["a"].spec)] == [conn()]
    await asyncio.sleep(0)


async def test_of_many_machines_those_asked_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MACHINES", 3)
    desk = Desk()
    keeping = FactsKeeping(tmp_path, desk.facts, desk.connections)
    machines = [sheet(ObjectRef("a", Kind.VM, f"m{n}"), at=time.time() - n) for n in range(10)]
    desk.facts.recall([*machines, sheet(host(1)), sheet()])
    keeping._learned("a")
    await keeping.stop()
    assert {str(each.ref) for each in read(tmp_path, SPEC)} == {
        "a:connection:a",
        "a:host:h1",
        "a:vm:m0",
        "a:vm:m1",
        "a:vm:m2",
    }


async def test_a_clock_that_was_set_back_makes_nothing_fresh(tmp_path: Path) -> None:
    del tmp_path
    desk = Desk()
    desk.facts.recall([msgspec.structs.replace(sheet(at=time.time() + 3600), product="libvirt 9.0.0")])
    assert desk.facts.due(conn())
