"""The matrix of capabilities: what is asked when, how answers are drawn, and the way to their evidence."""

from __future__ import annotations

import pytest

from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.errors import Failure, Fault
from novatui.core.features import FEATURE, FEATURES
from novatui.engine import inspecting as inspecting_engine
from novatui.ui import capability_probing
from novatui.ui.dialogs.evidence import EvidenceDialog
from novatui.ui.place import Place
from novatui.ui.render.capabilities import Cell, cell_of, lay_out, lettered, row, signed
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.rows.source import RowState
from novatui.ui.screens.capabilities import CapabilityScreen
from novatui.ui.theme import load_theme
from tests.ui.capable import all_say, answer, asked, can_be_asked, fact, inspecting, many, refuse, requests
from tests.ui.desk import Desk, look_at
from tests.ui.hostile import TEXTS
from tests.ui.hostile import fleet as hostile_fleet
from tests.ui.still import StillFleet
from tests.ui.world import ETL

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


# --- what is asked ----------------------------------------------------------------------------------------------------


async def test_k_asks_every_connection_that_is_up_once() -> None:
    async with inspecting() as person:
        await person.press("K")
        assert person.screen.place().name == "cap"
        put = await answer(person)
        assert sorted(one.conn for one in put) == ["hv-clu1", "kvm-03", "kvm-12", "pool-xen", "vc-east"]
        assert {one.scope for one in put} == {""}
        assert "4 of 5 families asked  23:41:07 in 41 ms" in person.lines[0]
        await person.pass_time(30)
        assert len(requests(person)) == 5, "nothing is asked again while it is fresh"
        await person.pass_time(700)
        assert len(await answer(person)) == 10, "what is older than ten minutes is asked again"


async def test_only_what_is_on_the_screen_is_asked() -> None:
    async with inspecting((80, 24), place=Place("cap", tab="machines")) as person:
        put = await answer(person)
        shown = columns(person)
        assert 3 <= len(put) == len(shown) < matrix(person).matrix.total
        await person.press("greater_than_sign")
        more = await answer(person)
        assert len(put) < len(more) < matrix(person).matrix.total


async def test_who_scrolls_by_asks_for_nothing() -> None:
    async with inspecting((80, 24), place=Place("cap", tab="machines")) as person:
        await person.press(*["right"] * 40)
        put = {one.scope for one in await answer(person)}
        assert len(put) <= len(columns(person)), "only those where it came to rest"


async def test_a_hung_connection_holds_up_no_other() -> None:
    async with inspecting((160, 50), place=CONNECTIONS) as person:
        await answer(person, silent=("vc-east",))
        assert "asking 1" in person.lines[0]
        assert cells(person, "live migration").count("asking") == 1
        assert "4 of 6 connections asked" in person.lines[0]
        await person.press("j", "right", "slash", *"gpu", "enter")
        assert "GPU passthrough" in person.text, "the keys go on"


async def test_many_that_hang_hold_up_no_other_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capability_probing, "SLOW", 0.2)
    monkeypatch.setattr(inspecting_engine, "SLOW", 0.2)
    async with inspecting((100, 30), fleet=many, place=CONNECTIONS) as person:
        await person.press("slash", *"unknown", "enter")
        hung = tuple(f"kvm-{at:02}" for at in range(12))
        put = await answer(person, silent=hung)
        assert {one.conn for one in put} == set(person.fleet.connections), "more hang than are asked at once"
        assert "asking 12" in person.lines[0]


async def test_r_asks_the_column_again_and_marked_ones_together() -> None:
    async with inspecting(place=CONNECTIONS) as person:
        before = len(await answer(person))
        await person.press("r")
        assert [one.conn for one in (await answer(person))[before:]] == ["kvm-03"]
        await person.press("space", "space", "r")
        assert sorted(one.conn for one in (await answer(person))[before + 1 :]) == ["kvm-03", "kvm-12"]


async def test_a_question_that_fails_leaves_everything_unknown_with_the_reason() -> None:
    async with inspecting((160, 50), place=CONNECTIONS) as person:
        await answer(person, silent=("vc-east",))
        failure = Failure(fault=Fault.TIMEOUT, message="no answer to the probe within 30 s")
        await refuse(person, "vc-east", failure)
        await person.press("right", "right")
        assert "snapshots" in person.text
        assert "no answer to the probe within 30 s" in person.text
        column = matrix(person).matrix.columns[2]
        assert all(matrix(person).matrix.cell(column, at).answer is Answer.UNKNOWN for at in range(len(FEATURES)))


async def test_a_connection_that_is_down_is_not_asked_and_says_why() -> None:
    async with inspecting((160, 50), place=CONNECTIONS) as person:
        put = await answer(person)
        assert "pve-lab" not in {one.conn for one in put}
        await person.press(*["right"] * 5)
        assert "not asked: pve-lab is not connected: no answer within 8 s" in person.text


# --- how it is drawn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marks", [DRAWN, PLAIN], ids=["drawn", "ascii"])
@pytest.mark.parametrize("value", [None, *Answer])
@pytest.mark.parametrize("proof", [None, asked(), Evidence(kind="declared", source="x"), Evidence(kind="asked")])
def test_nothing_unknown_is_drawn_as_a_yes(marks: Marks, value: Answer | None, proof: Evidence | None) -> None:
    look = look_at(StillFleet([]), marks)
    told = None if value is None else Fact(feature="tpm", scope="", value=value, note="14/14", evidence=proof)
    proven = told is not None and value is not Answer.UNKNOWN and told.proven
    for stale in (False, True):
        for asking in (False, True):
            sign, _ = signed(cell_of(told, stale=stale, asking=asking), look)
            assert (sign == "?") is not proven
            assert (sign == marks.done) is (proven and value is Answer.YES)


def test_every_answer_has_a_sign_of_its_own() -> None:
    for marks in (DRAWN, PLAIN):
        look = look_at(StillFleet([]), marks)
        signs = [signed(Cell(value, told=True), look)[0] for value in Answer]
        assert len(set(signs)) == len(signs)
        assert all(len(sign) == 1 for sign in signs)
        if marks is PLAIN:
            assert "".join(signs).isascii()


def test_what_was_declared_and_what_is_stale_is_told_by_a_sign_not_by_colour_alone() -> None:
    look = look_at(StillFleet([]))
    assert lettered(cell_of(fact("tpm", Answer.YES)), look) == " ✓ "
    declared = Evidence(kind="declared", source="the manual")
    assert lettered(cell_of(fact("tpm", Answer.YES, evidence=declared)), look) == " ✓'"
    assert lettered(cell_of(fact("tpm", Answer.NOT_OFFERED, evidence=declared)), look) == " – "
    assert lettered(cell_of(fact("tpm", Answer.YES, note="2.0"), stale=True), look) == "~✓ 2.0"
    assert signed(cell_of(fact("tpm", Answer.YES, evidence=declared)), look)[1] == look.styles.quiet


async def test_a_stale_sheet_is_marked_with_its_age() -> None:
    async with inspecting((160, 50), place=CONNECTIONS) as person:
        await answer(person, all_say(Answer.YES))
        assert "~" not in person.text.replace("~ stale", "")
        person.fleet.clock.advance(7200)
        person.fleet.lose("vc-east")
        await person.pass_time(0)
        assert "~2h old" in person.lines[3]
        assert cells(person, "live migration").count("~✓") == 1
        await person.press("right", "right")
        assert "stale" in person.line(" 2h old, from vsphere 9.0")
        person.fleet.connect("vc-east")
        can_be_asked(person.fleet)
        await person.pass_time(0)
        await answer(person, all_say(Answer.YES))
        assert "~2h old" not in person.text


async def test_a_gathered_cell_counts_and_names_those_that_say_no() -> None:
    def facts(conn: str, scope: str) -> list[Fact]:
        value = Answer.NO if conn == "kvm-12" else Answer.YES
        return [fact(one.slug, value, scope, reason="no such flag" if value is Answer.NO else "") for one in FEATURES]

    async with inspecting((100, 30), place=Place("cap")) as person:
        await answer(person, facts)
        assert cells(person, "live migration").startswith(" ◐ 1/2")
        assert "no     kvm-12" in person.text
        await person.press("enter")
        assert isinstance(person.app.screen, EvidenceDialog)
        assert "× kvm-12: no: no such flag" in person.text
        assert "✓ kvm-03: yes" in person.text
        await person.press("l")
        assert person.screen is person.app.screen
        assert columns(person) == ["kvm-03", "kvm-12"], "from the gathered answer down to those of which it was made"


async def test_one_that_was_not_asked_is_counted_apart() -> None:
    async with inspecting((100, 30), place=Place("cap")) as person:
        await answer(person, all_say(Answer.YES), silent=("kvm-12",))
        assert cells(person, "live migration").startswith(" ◐ 1/2 1?")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 50), (38, 9), (20, 5), (8, 3)], ids=str)
async def test_hostile_answers_break_no_line(size: tuple[int, int]) -> None:
    def facts(conn: str, scope: str) -> list[Fact]:
        return [
            fact(one.slug, Answer.PARTLY, scope, note=text, reason=text, blocks=text, evidence=asked(text or "x", text))
            for one, text in zip(FEATURES, [*TEXTS, *TEXTS], strict=False)
        ]

    async with inspecting(size, fleet=hostile_fleet, place=CONNECTIONS) as person:
        await answer(person, facts)
        for _ in FEATURES:
            await person.press("j")
            assert "\x1b" not in person.text
        await person.press("g", "enter")
        assert "\x1b" not in person.text


def test_without_colour_the_cell_under_the_cursor_is_turned_round() -> None:
    styles = load_theme("mono").styles
    look = Look(marks=DRAWN, styles=styles)
    cells = [cell_of(fact("tpm", Answer.YES)), cell_of(fact("tpm", Answer.NO))]
    strip = row(FEATURE["tpm"], cells, lay_out(80, 2, 0, 0, 1), 1, look, 80, RowState(cursor=True, focused=True))
    turned = "".join(piece.text for piece in strip if piece.style is not None and piece.style.reverse)
    assert turned.strip() == "×"
