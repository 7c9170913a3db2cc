"""A host of the demo is emptied, and the console killed at every step: no machine is moved twice, none is lost."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.program import Program

HOST = "pve2"
SECONDS = 90


class Emptied:
    """A fleet with a host that is to be emptied, and what can be counted of it."""

    def __init__(self, folder: Path, speed: int = 30) -> None:
        self.program = Program(folder)
        self.ledger = folder / "ledger"
        self.fleet = ["-c", f"demo://?vms=50&seed=4&family=proxmox&speed={speed}&state={self.ledger}"]
        self.journal = self.program.home / "state" / "journal.jsonl"
        self.leases = self.program.home / "state" / "drains"

    def plan(self) -> dict[str, Any]:
        answer = self.program.run("evacuate", HOST, *self.fleet, "--plan", "--json")
        assert answer.code in {0, 1}, answer.err
        return answer.json["drain"]

    def sent(self) -> Counter[str]:
        """How often each machine was sent off, by the product's own log."""
        return Counter(str(entry["args"]["vmid"]) for entry in lines(self.ledger) if is_move(entry))

    def there(self) -> set[str]:
        found = self.program.run("ls", f"host:{HOST}", *self.fleet, "--json").json["objects"]
        return {one["native_id"] for one in found}

    def all(self) -> set[str]:
        return {one["native_id"] for one in self.program.run("ls", *self.fleet, "--json").json["objects"]}

    def killed(self, when: Callable[[], bool], *more: str) -> bool:
        """Empty it, and kill the console at that moment; False when it ended by itself before."""
        with self.program.start("evacuate", HOST, *self.fleet, "--confirm", HOST, *more) as console:
            end = time.monotonic() + SECONDS
            while console.poll() is None and not when():
                assert time.monotonic() < end
                time.sleep(0.005)
            ended = console.poll() is not None
            console.kill()
            return not ended


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def is_move(entry: dict[str, Any]) -> bool:
    return entry["call"].endswith("/migrate") and not entry.get("failure")


@pytest.fixture
def emptied(tmp_path: Path) -> Emptied:
    return Emptied(tmp_path)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_killed_at_every_step_it_is_taken_up_again(emptied: Emptied) -> None:
    drain = emptied.plan()
    going = {one["ref"].rpartition(":")[2] for one in drain["moves"]}
    assert len(going) >= 5
    before = emptied.all()
    steps: list[Callable[[], bool]] = [
        lambda: any(emptied.leases.glob("*.json")),
        lambda: any(one.get("event") == "operation" for one in lines(emptied.journal)),
        lambda: any(one.get("event") == "call" for one in lines(emptied.journal)),
        *(lambda count=count: sum(emptied.sent().values()) >= count for count in range(1, len(going))),
    ]
    kills = 0
    for at, step in enumerate(steps):
        resume = ["--resume"] if any(emptied.leases.glob("*.json")) else []
        kills += emptied.killed(step, *resume)
        assert all(count == 1 for count in emptied.sent().values()), f"at step {at}"
    assert kills >= len(going) // 2, "a console can be killed only while it works"
    last = emptied.program.run("evacuate", HOST, *emptied.fleet, "--confirm", HOST, "--resume")
    assert last.code in {0, 1}, last.err
    assert set(emptied.sent()) == going, last.err
    assert all(count == 1 for count in emptied.sent().values()), "none is moved twice"
    assert going <= before & emptied.all(), "none is lost"  # others are cloned and deleted meanwhile
    assert not emptied.there() & going
    assert not any(emptied.leases.glob("*.json")), "nothing is left to be taken up"


def test_two_consoles_do_not_empty_one_host(tmp_path: Path) -> None:
    emptied = Emptied(tmp_path, speed=1)  # the first is still at it when the second asks
    with emptied.program.start("evacuate", HOST, *emptied.fleet, "--confirm", HOST) as first:
        while not any(emptied.leases.glob("*.json")):
            assert first.poll() is None
            time.sleep(0.02)
        second = emptied.program.run("evacuate", HOST, *emptied.fleet, "--confirm", HOST)
        assert second.code == 1
        assert "another console" in second.err
        first.kill()
    assert all(count == 1 for count in emptied.sent().values())


def test_nothing_to_take_up(emptied: Emptied) -> None:
    answer = emptied.program.run("evacuate", HOST, *emptied.fleet, "--resume")
    assert answer.code == 1
    assert "nothing was cut off" in answer.err
