"""What tells one connection from another: its colour, and the locks and the red frame of a production one."""

from __future__ import annotations

import msgspec
import pytest
from rich.style import Style

from novatui.config.schema import Connection
from novatui.ui.place import Place
from novatui.ui.theme import TINTS, load_theme
from novatui.ui.theming import Theming
from tests.ui import details
from tests.ui.desk import MIDDLE, NARROW, Desk, desk
from tests.ui.still import StillFleet
from tests.ui.world import SPECS, fill, world

TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def coloured() -> StillFleet:
    """The world with a magenta kvm-03."""
    return fill(
        StillFleet([msgspec.structs.replace(spec, color="magenta" if spec.name == "kvm-03" else "") for spec in SPECS])
    )


def styles_of(person: Desk, word: str, line: int | None = None) -> list[Style]:
    """The styles that a word is drawn in, one for each run of text that holds it."""
    strips = person.app.screen._compositor.render_strips()
    chosen = strips if line is None else [strips[line]]
    return [segment.style or Style() for strip in chosen for segment in strip if word in segment.text]


def tinted(person: Desk, word: str, line: int | None = None) -> bool:
    """Some run with this word has the colour of magenta connections."""
    wanted = load_theme("dark").styles.magenta.color
    assert wanted is not None
    return any(
        style.color is not None and style.color.triplet == wanted.triplet for style in styles_of(person, word, line)
    )


def test_every_colour_of_the_configuration_is_one_of_every_theme() -> None:
    known = {field.name: field for field in msgspec.structs.fields(Connection)}["color"].type
    assert set(known.__args__) - {""} == TINTS


async def test_the_name_of_a_connection_has_its_colour_wherever_it_stands() -> None:
    async with desk(coloured(), (160, 50), theming=Theming("dark", environ=TERMINAL)) as person:
        assert tinted(person, "kvm-03")
        assert not tinted(person, "kvm-12")
        await person.open("conn")
        await person.press("T")
        assert tinted(person, "kvm-03")
        assert not tinted(person, "hv-clu1")
        await person.open(Place("detail", ref="kvm-03:vm:gpu-train-1"))
        assert tinted(person, "kvm-03", 0)
        await person.open("alarm")
        assert tinted(person, "kvm-03")


async def test_a_host_of_the_same_name_as_its_connection_keeps_its_own_style() -> None:
    async with desk(coloured(), (200, 60), theming=Theming("dark", environ=TERMINAL)) as person:
        await person.press("T")
        assert {style.color.triplet for style in styles_of(person, "kvm-03") if style.color} > {
            load_theme("dark").styles.magenta.color.triplet  # type: ignore[union-attr]
        }


async def test_without_colours_nothing_differs() -> None:
    plain = Theming("dark", environ=TERMINAL | {"NO_COLOR": "1"})
    async with desk(coloured(), (160, 50), theming=plain) as person:
        drawn = [list(strip) for strip in person.app.screen._compositor.render_strips()]
    async with desk(world(), (160, 50), theming=plain) as person:
        assert [list(strip) for strip in person.app.screen._compositor.render_strips()] == drawn


# --- production -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conn", "key", "said"),
    [
        ("vc-east", "vm:db-orders-01", ["PROT", "RO"]),
        ("pool-xen", "vm:legacy-app", ["RO"]),
        ("kvm-03", details.GPU, []),
    ],
)
async def test_the_header_of_an_object_tells_the_locks_of_its_own_connection(
    conn: str, key: str, said: list[str]
) -> None:
    async with desk(details.fleet(), NARROW) as person:
        await person.open(Place("detail", ref=f"{conn}:{key}"))
        assert [word for word in ("PROT", "RO") if word in person.lines[0].split()] == said
        assert "conns" not in person.lines[0]


def framed(person: Desk) -> list[str]:
    """The frame lines that stand out, as text."""
    edge = load_theme("dark").styles.protected
    strips = person.app.screen._compositor.render_strips()
    found = []
    for strip in strips:
        rules = [one for one in strip if set(one.text) == {"─"} and one.style is not None]
        if any(one.style and one.style.bgcolor == edge.bgcolor and one.style.color == edge.color for one in rules):
            found.append(strip.text)
    return found


async def test_a_protected_connection_has_a_red_frame_line() -> None:
    async with desk(details.fleet(), MIDDLE, theming=Theming("dark", environ=TERMINAL)) as person:
        await person.go_to("kvm-03", details.GPU)
        assert framed(person) == []
        await person.go_to("vc-east", "vm:db-orders-01")
        assert ["db-orders-01" in line for line in framed(person)] == [True]
        await person.open(Place("detail", ref="vc-east:vm:db-orders-01"))
        assert any("[1 Summary]" in line for line in framed(person))
        assert any("State" in line for line in framed(person))
        await person.press("7")
        assert any("[7 Tasks]" in line for line in framed(person))
        await person.open(Place("detail", ref=f"kvm-03:{details.GPU}"))
        assert framed(person) == []


async def test_a_list_of_what_is_in_a_protected_place_has_a_red_frame_line() -> None:
    async with desk(world(), MIDDLE, theming=Theming("dark", environ=TERMINAL)) as person:
        await person.press("tab")
        await person.go_to("vc-east", "host:esx-07", person.tree)
        await person.press("at")
        assert any("Machines in esx-07" in line for line in framed(person))
