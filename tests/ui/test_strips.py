"""Strips behind leader keys: what they freeze, and what copy and export make of it."""

from __future__ import annotations

import csv
import json
import os
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from novatui.actions.catalogue import ACTIONS, in_strip
from novatui.ui.export import Listed, written
from novatui.ui.output.clipboard import copying, swallowed
from novatui.ui.place import Place
from novatui.ui.render.cells import flow
from tests.ui import hostile
from tests.ui.desk import MIDDLE, NARROW, Desk, desk
from tests.ui.world import world


def wrote(person: Desk) -> list[str]:
    """What is written to the terminal beside the frames, from now on."""
    said: list[str] = []
    person.app.write_out = said.append  # type: ignore[method-assign]
    return said


def copied(sequence: str) -> str:
    assert sequence.startswith("\x1b]52;c;")
    return b64decode(sequence[7:].partition("\x07")[0]).decode()


async def test_a_strip_names_what_it_is_about_and_its_keys() -> None:
    async with desk(world()) as person:
        await person.go_to("kvm-12", "vm:mystery")
        await person.press("y")
        assert "copy" in person.lines[-1]
        assert "mystery" in person.lines[-1]
        assert "u uuid" in person.lines[-1]
        await person.press("escape")
        assert "q quit" in person.lines[-1]


@pytest.mark.parametrize(("key", "text"), [("n", "db-orders-01"), ("r", "vc-east:vm:db-orders-01"), ("i", "10.2.4.17")])
async def test_a_part_of_the_object_is_copied(key: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with desk(world()) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        said = wrote(person)
        await person.press("y", key)
        assert copied(said[0]) == text
        assert f"copied {text}" in person.lines[-1]


async def test_marks_are_copied_in_place_of_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with desk(world()) as person:
        await person.press("space", "space")
        said = wrote(person)
        await person.press("y")
        assert "2 objects" in person.lines[-1]
        await person.press("n")
        assert len(copied(said[0]).split("\n")) == 2


async def test_the_whole_error_is_shown_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with desk(world()) as person:
        await person.go_to("pve-lab", "container:101")
        said = wrote(person)
        await person.press("y", "e")
        assert "no answer within 8 s" in copied(said[0])
        await person.press("v", "e")
        assert "What is wrong" in person.text
        assert "no answer within 8 s" in person.text
        await person.press("escape")
        await person.go_to("kvm-12", "vm:mystery")
        await person.press("v", "e")
        assert "nothing is wrong here" in person.lines[-1] or "copied" in person.text


async def test_nothing_moves_while_a_strip_is_open() -> None:
    fleet = world()
    async with desk(fleet) as person:
        await person.press("s", "c")
        names = person.names()
        await person.press("y")
        fleet.clock.advance(10)
        fleet.measure("kvm-12", {"vm:api-kvm-01": {"cpu.used": 99.9}, "vm:web-kvm-00": {"cpu.used": 99.8}})
        await person.settle()
        assert person.names() == names
        await person.press("escape")
        fleet.clock.advance(10)
        fleet.measure("kvm-12", {"vm:api-kvm-01": {"cpu.used": 99.9}})
        await person.settle()
        assert person.names() != names


@pytest.mark.parametrize(
    ("clipboard", "passing", "said"),
    [
        ("on", "off", ""),
        ("external", "on", ""),
        ("external", "all", ""),
        ("external", "off", "tmux keeps it to itself"),
        ("off", "off", "tmux keeps it to itself"),
        ("external", "unknown", ""),  # before tmux 3.3
        ("unknown", "off", "if nothing arrives"),
    ],
)
async def test_inside_tmux_only_a_lost_copy_is_worth_a_hint(
    clipboard: str, passing: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = f'case "$*" in *set-clipboard) a={clipboard};; *) a={passing};; esac'
    (tmp_path / "tmux").write_text(f'#!/bin/sh\n{answers}\necho "$a"\n[ "$a" != unknown ]\n')
    (tmp_path / "tmux").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "a socket,1,0")
    async with desk(world()) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        wrote(person)
        await person.press("y", "n")
        await person.app.workers.wait_for_complete()
        await person.settle()
        assert "copied db-orders-01" in person.lines[-1]
        assert said in person.lines[-1]
        assert bool(said) == ("tmux" in person.lines[-1])


def test_without_a_tmux_to_ask_nothing_is_claimed(tmp_path: Path) -> None:
    assert swallowed({}) is False
    assert swallowed({"TMUX": "a socket", "PATH": str(tmp_path)}) is None


def test_the_clipboard_is_reached_through_tmux_and_screen() -> None:
    plain = copying("hé\n", {"TERM": "xterm"})
    assert copied(plain) == "hé\n"
    through = copying("abc", {"TMUX": "a socket", "TERM": "screen"})
    assert through.startswith(copying("abc", {}))
    assert "\x1bPtmux;\x1b\x1b]52;c;" in through
    assert through.endswith("\x1b\\")
    pieces = copying("x" * 500, {"TERM": "screen"})
    assert all(len(piece) <= 90 for piece in pieces.split("\x1b\\"))
    assert copying("x" * 100_000, {}) == ""


# --- export ---


async def save_as(person: Desk, key: str, path: Path) -> None:
    await person.press("E", key, "ctrl+u")
    await person.type(str(path))
    await person.press("enter")
    await person.pilot.pause(0.2)
    await person.settle()


async def test_a_list_goes_to_a_file(tmp_path: Path) -> None:
    async with desk(world(), (160, 50), place=Place(filter="db")) as person:
        await save_as(person, "c", tmp_path / "list.csv")
        assert "rows are in" in person.lines[-1]
        rows = list(csv.DictReader((tmp_path / "list.csv").open(encoding="utf-8")))
        assert [row["name"] for row in rows] == person.names()
        assert float(rows[0]["cpu.used"]) > 0
        await save_as(person, "j", tmp_path / "list.json")
        objects = json.loads((tmp_path / "list.json").read_text())
        assert [one["name"] for one in objects] == person.names()
        assert objects[0]["ref"].startswith("vc-east:")
        await save_as(person, "m", tmp_path / "list.md")
        lines = (tmp_path / "list.md").read_text().splitlines()
        assert lines[0].startswith("| NAME |")
        assert len(lines) == 2 + len(rows)


async def test_no_file_is_written_over_unasked(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("mine")
    async with desk(world(), (160, 50)) as person:
        await save_as(person, "c", file)
        assert "exists. Write over it?" in person.lines[-1]
        await person.press("n")
        assert file.read_text() == "mine"
        await save_as(person, "c", file)
        await person.press("y")
        await person.pilot.pause(0.2)
        assert "ref,name" in file.read_text()


async def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    async with desk(world(), (160, 50)) as person:
        await save_as(person, "c", tmp_path / "no" / "such" / "list.csv")
        assert "No such file" in person.lines[-1]
        await person.press("E", "escape", "E", "c", "escape")
        assert "q quit" in person.lines[-1]


async def test_hostile_names_are_exported_harmlessly(tmp_path: Path) -> None:
    async with desk(hostile.fleet()) as person:
        await save_as(person, "m", tmp_path / "list.md")
        text = (tmp_path / "list.md").read_text()
        assert "\x1b" not in text
        assert len({line.replace("\\|", "").count("|") for line in text.splitlines()}) == 1


def test_a_formula_is_no_formula_in_a_spreadsheet() -> None:
    listed = Listed(name="x", titles=["A"], cells=[["=1+1"]], values=[{"name": "=1+1", "n": -5, "tags": ["b", "a"]}])
    assert written(listed, "csv") == "name,n,tags\n'=1+1,-5,a b\n"
    assert json.loads(written(listed, "json"))[0]["n"] == -5


# --- room for every key -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 15), NARROW, MIDDLE], ids=str)
@pytest.mark.parametrize("leader", ["look", "copy", "export"])
async def test_every_key_of_a_strip_is_shown_also_where_one_line_is_too_short(
    leader: str, size: tuple[int, int]
) -> None:
    async with desk(world(), size) as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        person.screen.action_lead(leader)
        await person.settle()
        said = " ".join(person.lines[-2:])
        for action in in_strip(next(one for one in ACTIONS if one.id == leader), person.home.SCOPES):
            assert f" {action.keys[0]} {action.title}" in said
        assert "db-orders-01" in person.text
        assert person.under() == "db-orders-01"
        await person.press("escape")
        assert "q quit" in person.lines[-1]
        assert person.screen.footer.size.height == 1


async def test_the_last_row_is_still_seen_below_a_strip_of_two_lines() -> None:
    async with desk(world(), NARROW) as person:
        await person.press("G")
        name = person.under()
        await person.press("v")
        assert "latency" in person.lines[-1]
        assert any(line.startswith("▌") and name in line for line in person.lines)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.text("abc", min_size=1, max_size=12)), min_size=1, max_size=12),
    st.integers(1, 40),
)
def test_lines_of_groups_are_never_too_long_and_lose_the_least_important(
    groups: list[tuple[int, str]], width: int
) -> None:
    drawn = flow([(rank, [(text, Style())]) for rank, text in groups], width)
    assert 1 <= len(drawn) <= 2
    assert all(strip.cell_length == width for strip in drawn)
    shown = "".join(strip.text.rstrip() for strip in drawn)
    if sum(len(text) for _, text in groups) <= width:
        assert shown == "".join(text for _, text in groups)
    best = min(rank for rank, _ in groups)
    first = next(text for rank, text in groups if rank == best)
    assert first[:width] in shown
