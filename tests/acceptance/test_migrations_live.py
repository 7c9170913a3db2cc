"""Real migrations between two real hosts by commands: watched, rescued, steered, cancelled, and what goes wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.moving_pair import LONG, NAME, Pair, check_percent, sent_away
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.faults import daemon_killed

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]

HOT = (24, 48)
"""More than 8 MiB a second can follow; three seconds of pause would do."""

SLOW = ("--bandwidth", "8M")


@pytest.fixture
def pair(make_libvirt_host: MakeHost, tmp_path: Path) -> Pair:
    return Pair(make_libvirt_host("atlas"), make_libvirt_host("borea"), tmp_path)


def test_one_that_converges(pair: Pair) -> None:
    pair.guest((16, 4))
    with pair.migrating("--bandwidth", "16M") as moving:
        moving.becomes("CONVERGING")
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    assert any("percent" in line for line in moving.told), "the first pass has one"
    [result] = moving.lines[-1]["results"]
    assert result["outcome"] == "done"
    assert pair.where() == ["there"]
    assert sent_away(pair.here) == [NAME]


@pytest.mark.parametrize(
    "lever",
    [("--bandwidth", "900M"), ("--downtime", "30000"), ("--pause",)],
    ids=["bandwidth", "downtime", "pause"],
)
def test_one_that_does_not_converge_is_rescued(pair: Pair, lever: tuple[str, ...]) -> None:
    pair.guest(HOT)
    with pair.migrating(*SLOW) as moving:
        named = moving.becomes("NOT CONVERGING")
        assert named["floor"] > 0
        assert named["reason"]
        answer = pair.steer("set", *lever)
        assert answer.code == 0, answer.err
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    assert moving.told[-1]["progress"]["iteration"] > 1
    assert pair.where() == ["there"]
    assert sent_away(pair.here) == [NAME]


def test_one_that_slows_its_guest(pair: Pair) -> None:
    pair.guest((16, 16))
    with pair.migrating(*SLOW, "--auto-converge", "--downtime", "1000") as moving:
        moving.until(lambda line: line["progress"].get("throttle"), "it is slowed")
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    assert pair.where() == ["there"]


@pytest.mark.parametrize(
    ("words", "armed"), [(("--parallel", "2"), "parallel"), (("--compress",), "compression")], ids=str
)
def test_one_that_is_sent_in_another_way(pair: Pair, words: tuple[str, ...], armed: str) -> None:
    pair.guest((16, 6))
    with pair.migrating("--bandwidth", "16M", *words) as moving:
        assert armed in moving.moves()["progress"]["armed"]
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    if armed == "compression":
        assert any("compression" in line["progress"] for line in moving.told)
    assert pair.where() == ["there"]


def test_its_disk_goes_with_it(pair: Pair) -> None:
    pair.there.virsh("pool-create-as", "images", "dir", "--target", str(pair.there.images))
    guest = pair.guest((16, 6), disk=64)
    pair.here.type_on_console(guest, "dd if=/dev/urandom of=/dev/vda bs=1M count=32; echo full-$((1+1))")
    pair.here.wait_console(guest, "full-2")
    with pair.migrating("--bandwidth", "16M", "--storage", "images") as moving:
        copied = moving.until(lambda line: line["progress"].get("phase") == "disk", "its disk is copied")
        assert "storage" in copied["progress"]["armed"]
        assert moving.code() == 0, moving.said()
    check_percent(moving.told)
    phases = [line["progress"].get("phase") for line in moving.told]
    assert phases.index("disk") < phases.index("memory")
    assert str(pair.there.images) in pair.there.virsh("domblklist", NAME)
    assert pair.where() == ["there"]


def test_its_memory_goes_to_an_address_of_its_own(pair: Pair) -> None:
    pair.guest(None)
    to = pair.host("there", pair.there)
    words = ("migrate", NAME, to, "--data-uri", "tcp://127.0.0.1")
    planned = pair.program.run(*words, "--plan", "--json")
    assert planned.code == 0, planned.err
    [call] = planned.json["plan"]
    assert call["args"]["migrate_uri"] == "tcp://127.0.0.1"
    refused = pair.program.run(*words, "--offline", "--plan")
    assert (refused.code, "--data-uri" in refused.err) == (2, True)
    moved = pair.program.run(*words, "--yes")
    assert moved.code == 0, moved.err
    assert pair.where() == ["there"]


def test_one_that_is_cancelled(pair: Pair) -> None:
    pair.guest(HOT)
    with pair.migrating(*SLOW) as moving:
        moving.moves()
        answer = pair.steer("cancel")
        assert answer.code == 0, answer.err
        assert moving.code() == 1, moving.said()
    check_percent(moving.told)
    [result] = moving.lines[-1]["results"]
    assert result["outcome"] != "done"
    assert pair.where() == ["here"]


def test_the_libvirt_of_the_destination_dies(pair: Pair) -> None:
    pair.guest(HOT)
    with pair.migrating(*SLOW) as moving:
        moving.moves()
        with daemon_killed(pair.there):
            assert moving.code() == 1, moving.said()
    check_percent(moving.told)
    assert "lost the daemon of the destination" in moving.err.read_text()
    assert pair.where() == ["here"]


def test_one_that_somebody_else_started_is_there(pair: Pair) -> None:
    pair.guest(HOT)
    pair.here.virsh("migrate-setspeed", NAME, "8")
    command = ["virsh", "-c", pair.here.uri, "migrate", "--live", "--p2p", NAME, pair.there.uri]
    with pair.started("migrations", "--follow", "--json") as following:
        virsh = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            following.moves()
            [one] = [line for line in pair.listed() if line["state"] == "running"]
            assert (one["name"], "task" in one) == (NAME, False)
            answer = pair.steer("set", "--downtime", "30000")
            assert answer.code == 0, answer.err
            assert virsh.wait(LONG) == 0
        finally:
            virsh.kill()
            virsh.wait()
        following.until(lambda line: line["state"] == "done", "its end is told")
    check_percent(following.told)
    assert len({line["id"] for line in following.told}) == 1, "one migration is one record"
    assert pair.where() == ["there"]


def test_a_host_is_emptied_by_a_console_that_dies(pair: Pair) -> None:
    names = {"one", "two", "three"}
    for name in sorted(names):
        pair.guest((8, 4), name, memory=96)
        pair.here.virsh("migrate-setspeed", name, "8")
    host = pair.host("here", pair.here)
    plan = pair.program.run("evacuate", host, "--plan", "--json")
    assert plan.code == 0, plan.err
    assert {move["name"] for move in plan.json["drain"]["moves"]} == names
    sure = ("--confirm", plan.json["drain"]["name"], "--limit", "1", "--watch", "--json")
    with pair.started("evacuate", host, *sure) as first:
        first.moves()
        first.process.kill()
    again = pair.program.run("evacuate", host, *sure, "--resume", seconds=300)
    assert again.code == 0, again.err
    assert "1 of 3 have been moved, 2 are left" in again.err
    assert sorted(sent_away(pair.here)) == sorted(names), "none was sent twice"
    assert {name: pair.where(name) for name in names} == {name: ["there"] for name in names}
