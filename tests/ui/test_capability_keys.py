"""The keys of the matrix of capabilities: ways through it, filters, pins, marks, exports; and the tab of one object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.style import Style

from novatui.core.capabilities import Answer, Fact
from novatui.core.features import FEATURE, FEATURES
from novatui.engine.markdown import escape
from novatui.ui.place import Place
from novatui.ui.render.capabilities import Cell, lay_out, signed
from novatui.ui.screens.capabilities import CapabilityScreen
from tests.ui.capable import all_say, answer, fact, facts_of, inspecting, many, requests
from tests.ui.desk import Desk, look_at
from tests.ui.hands import acting_desk
from tests.ui.world import ETL, world

CONNECTIONS = Place("cap", tab="connections")

MACHINE = f"kvm-03:vm:{ETL}"


def matrix(person: Desk) -> CapabilityScreen:
    assert isinstance(person.screen, CapabilityScreen)
    return person.screen


def columns(person: Desk) -> list[str]:
    """Names of the columns on the screen."""
    return person.lines[2][25:].split()


def cells(person: Desk, title: str) -> str:
    """What stands behind the title of a feature."""
    return next(line for line in person.lines[4:] if line[2:].startswith(title))[25:]


# --- going through it -------------------------------------------------------------------------------------------------


async def test_tab_goes_from_families_to_machines_and_round() -> None:
    async with inspecting(place=Place("cap")) as person:
        seen = []
        for _ in range(5):
            seen.append(person.screen.place().tab)
            await person.press("tab")
        assert seen == ["families", "connections", "hosts", "machines", "families"]
        await person.press("shift+tab")
        assert person.screen.place().tab == "families"


async def test_a_column_opens_and_closes_again() -> None:
    async with inspecting((160, 50), place=Place("cap")) as person:
        await person.press("right", "l")
        assert person.screen.place().scope == "vc-east:connection:vc-east"
        assert set(columns(person)) <= {"esx-03", "esx-07", "esx-08", "esx-09", "esx-10"}
        await person.press("right", "l")
        assert person.screen.place() == Place(
            "cap", ref=person.screen.place().ref, tab="machines", scope="vc-east:host:esx-07"
        )
        assert "vc-east › esx-07" in person.lines[0]
        await person.press("l")
        assert "has nothing below it" in person.lines[-1]
        await person.press("h")
        assert person.screen.place().ref == "vc-east:host:esx-07", "back to the column that was opened"
        await person.press("escape")
        assert person.screen.place().tab == "families"
        assert matrix(person).matrix.column is not None
        assert matrix(person).matrix.column.name == "vc-east"
        await person.press("escape")
        assert person.screen is person.home


async def test_forty_connections_scroll_sideways_and_the_features_stay() -> None:
    async with inspecting((80, 24), fleet=many, place=CONNECTIONS) as person:
        first = columns(person)
        assert len(first) == 4
        await person.press("w", *["right"] * 20)
        assert "column 21 of 40" in person.lines[1]
        assert columns(person)[0] == "^kvm-00".replace("^", person.app.stage.look.marks.pin)
        assert "kvm-20" in columns(person)
        assert "live migration" in person.text
        await person.press(*["greater_than_sign"] * 10)
        assert "kvm-39" in columns(person)
        assert len(await answer(person)) < 40, "what went by was not asked"


def test_columns_are_laid_out_without_a_gap_and_with_the_cursor() -> None:
    for width in range(12, 200, 7):
        for count in (0, 1, 3, 40):
            for cursor in range(0, max(1, count), 3):
                for pinned in (0, 1, 5):
                    made = lay_out(width, count, min(pinned, count), 0, cursor)
                    assert list(made.shown) == sorted(set(made.shown))
                    assert all(at < count for at in made.shown)
                    assert count == 0 or cursor in made.shown or cursor < pinned
                    assert made.cells >= 2


async def test_a_click_goes_to_a_cell() -> None:
    async with inspecting((100, 30), place=CONNECTIONS) as person:
        await answer(person)
        await person.pilot.click(matrix(person).features, offset=(60, 4))
        await person.settle()
        at = matrix(person).matrix.cursor
        assert at is not None
        assert at >= 2
        assert matrix(person).features.cursor == 4


# --- filter, pins, marks ----------------------------------------------------------------------------------------------


async def test_words_filter_features_and_keys_filter_columns() -> None:
    async with inspecting((160, 50), place=CONNECTIONS) as person:
        await answer(person)
        await person.press("slash", *"gpu", "enter")
        assert [FEATURES[at].slug for at in matrix(person).matrix.order] == ["gpu_passthrough"]
        await person.press("escape", "slash", *"conn:kvm*", "enter")
        assert columns(person) == ["kvm-03", "kvm-12"]
        assert len(matrix(person).matrix.order) == 28
        await person.press("escape", "slash", *"fam:vc,pve !gpu", "enter")
        assert columns(person) == ["vc-east", "pve-lab"]
        assert len(matrix(person).matrix.order) == 27


async def test_an_answer_leaves_features_and_columns_that_say_so() -> None:
    def facts(conn: str, scope: str) -> list[Fact]:
        return [
            fact(one.slug, Answer.NO if (conn, one.slug) in {("vc-east", "tpm"), ("kvm-12", "dpdk")} else Answer.YES)
            for one in FEATURES
        ]

    async with inspecting((160, 50), place=CONNECTIONS) as person:
        await answer(person, facts)
        await person.press("slash", *"no", "enter")
        assert columns(person) == ["kvm-12", "vc-east"]
        assert [FEATURES[at].slug for at in matrix(person).matrix.order] == ["tpm", "dpdk"]
        await person.press("slash", *" tpm", "enter")
        assert columns(person) == ["vc-east"]
        await person.press("escape", "slash", *"unknown", "enter")
        assert columns(person) == ["pve-lab"], "what was not asked is unknown, and nothing else"


async def test_a_filter_about_answers_has_all_asked_that_may_fit() -> None:
    async with inspecting((80, 24), place=Place("cap", tab="hosts")) as person:
        assert len(await answer(person)) == 4
        await person.press("slash", *"no conn:vc-east,kvm-*", "enter")
        put = {one.scope for one in await answer(person)}
        assert {"host:esx-03", "host:esx-07", "host:esx-08", "host:esx-09", "host:esx-10"} <= put
        assert not {scope for scope in put if "xen" in scope}
        assert "7 of 7 hosts asked" in person.lines[0]


async def test_pinned_columns_and_features_stay() -> None:
    async with inspecting((80, 24), place=Place("cap", tab="machines")) as person:
        await person.press("j", "j", "W", "right", "right", "w")
        pinned = matrix(person).matrix.columns[0].name
        assert person.lines[4][2:].startswith("snapshots")
        await person.press(*["right"] * 20)
        assert columns(person)[0].endswith(pinned[:4]) or pinned[:4] in columns(person)[0]
        await person.press("slash", *"gpu", "enter")
        assert [FEATURES[at].slug for at in matrix(person).matrix.order] == ["snapshots", "gpu_passthrough"]


async def test_marked_columns_are_what_is_meant() -> None:
    async with inspecting((100, 30), place=Place("cap", tab="hosts")) as person:
        await person.press("space", "space")
        names = [person.fleet.inventory.name(slot) for slot in person.screen.targets()]
        assert names == ["kvm-03", "kvm-12"]
        await person.press("U")
        assert len(person.screen.targets()) == 1


@pytest.mark.parametrize(
    "keys", [["space", "space"], ["space"], ["w", "right"], ["w", "right", "w", "right", "right"]], ids=" ".join
)
async def test_d_compares_two_hosts_that_are_marked_or_pinned_or_under_the_cursor(keys: list[str]) -> None:
    async with inspecting((100, 30), place=Place("cap", tab="hosts")) as person:
        await person.press(*keys, "d")
        here = person.screen.place()
        assert (here.name, here.ref, here.scope) == ("diff", "kvm-03:host:kvm-03", "kvm-12:host:kvm-12")


async def test_d_says_what_it_takes() -> None:
    async with inspecting((100, 30), place=Place("cap", tab="machines")) as person:
        await person.press("d")
        assert person.screen.place().name == "cap"
        assert "Space marks one, then d on the other" in person.lines[-1]


async def test_where_can_it_run_from_the_column_of_a_machine(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (100, 30)) as person:
        await person.open(Place("cap", tab="machines", scope="vc-east:host:esx-07"))
        ref = person.screen.place().ref
        await person.press("m", "w")
        assert person.screen.place() == Place("where", ref=ref)


# --- what leaves the screen -------------------------------------------------------------------------------------------


async def test_exports_say_what_the_command_line_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with inspecting((100, 30), place=CONNECTIONS) as person:
        await answer(person)
        for key in ("j", "m", "c"):
            await person.press("E", key, "enter")
            await person.pilot.pause(0.2)
    facts = json.loads(_written(tmp_path, "json"))["facts"]
    assert len(facts) == 28 * 6
    told = next(one for one in facts if one["connection"] == "kvm-03" and one["feature"] == "snapshots")
    assert told["value"] == facts_of("kvm-03", "")[2].value.value
    assert told["evidence"]["call"] == "virConnectGetDomainCapabilities"
    assert {one["value"] for one in facts if one["connection"] == "pve-lab"} == {"unknown"}
    report = _written(tmp_path, "md")
    assert all(f"| {escape(feature.title)} |" in report for feature in FEATURES)
    assert _written(tmp_path, "csv").count("kvm-03") >= 28


def _written(folder: Path, form: str) -> str:
    return next(folder.glob(f"novatui-capabilities-*.{form}")).read_text(encoding="utf-8")


async def test_the_pager_and_the_clipboard_get_words() -> None:
    async with inspecting((100, 30), place=CONNECTIONS) as person:
        await answer(person)
        assert person.screen.line_in_words().startswith("create, start, stop  kvm-03: –")
        assert "Declared, not asked: vSphere 8.0 documentation" in person.screen.paged()


# --- one object -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", [MACHINE, "vc-east:host:esx-07", "vc-east:connection:vc-east"])
async def test_tab_8_asks_when_it_is_opened_and_shows_the_evidence(ref: str) -> None:
    async with inspecting((100, 30), place=Place("detail", ref=ref)) as person:
        assert not requests(person)
        await person.press("8")
        assert person.screen.place().tab == "caps"
        scope = "" if ":connection:" in ref else ref.partition(":")[2]
        assert [(one.conn, one.scope) for one in await answer(person)] == [(ref.partition(":")[0], scope)]
        assert FEATURE["lifecycle"].title in person.text
        await person.press("enter")
        assert "a yes says" in person.text
        assert "machines can be created, started and stopped through this" in person.text
        await person.press("escape", "r")
        assert len(requests(person)) == 2


async def test_the_tab_draws_answers_as_they_come() -> None:
    async with inspecting((100, 30), place=Place("detail", ref=MACHINE, tab="caps")) as person:
        await person.pilot.pause(0.05)
        await person.settle()
        assert "? asking" in person.text
        await answer(person, all_say(Answer.YES))
        assert "? asking" not in person.text
        assert "✓ yes" in person.text


def test_the_styles_of_cells_are_styles() -> None:
    look = look_at(world())
    assert all(isinstance(signed(Cell(value, told=True), look)[1], Style) for value in Answer)
