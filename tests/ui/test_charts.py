"""The charts of an object as lines: what they say, what they leave open, and that they fit whatever room there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from novatui.ui.render import history, metrics_page, panels
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.render.metrics_page import View
from novatui.ui.render.subject import Subject
from novatui.ui.render.window import DAY, Window
from tests.ui import hostile
from tests.ui.desk import look_at
from tests.ui.measured import STEP, measured
from tests.ui.still import StillFleet
from tests.ui.world import GIB, load, machine, world


def subject(fleet: StillFleet, key: str, conn: str = "kvm-03", marks: Marks = DRAWN) -> Subject:
    slot = fleet.inventory.slot(conn, key)
    assert slot is not None
    return Subject(fleet, slot, look_at(fleet, marks), fleet.clock.monotonic())


ALL = View()


def page(one: Subject, view: View = ALL, width: int = 80, height: int = 22) -> list[str]:
    """The page as text; each line was found to be as wide as the page."""
    strips = metrics_page.lines(one, view, metrics_page.built_in, width, height)
    assert len(strips) <= height
    for strip in strips:
        assert strip.cell_length == width
        assert cell_len(strip.text) == width, repr(strip.text)
    return [strip.text for strip in strips]


@pytest.fixture(scope="module", autouse=True)
def _plotext() -> None:
    history.load()


# --- what they say ----------------------------------------------------------------------------------------------------


def test_a_legend_names_every_curve_and_its_latest_value() -> None:
    lines = page(subject(measured(), "vm:busy"))
    legends = " ".join(line for line in lines if " a " in line)
    for words in ("cpu  a used 50%  b wait 3.3%", "memory  a used 11G", "disk  a read 19M/s  b write 4.8M/s"):
        assert words in legends
    assert "net  a rx 4.3M/s  b tx 1.4M/s" in legends


def test_curves_carry_their_letters_and_limits_their_names() -> None:
    lines = page(subject(measured(), "vm:busy"), View("cpu"), 80, 20)
    assert sum(line.rstrip().endswith(("a", "b")) for line in lines[1:]) == 2
    latency = page(subject(measured(), "vm:busy"), View("disk"), 80, 24)
    assert not any("warn 30" in line for line in latency)
    memory = page(subject(measured(), "vm:busy"), View("mem"), 80, 20)
    assert any("critical 98%" in line for line in memory)


def test_without_colour_or_dots_each_curve_has_a_sign_of_its_own() -> None:
    lines = page(subject(measured(), "vm:busy", marks=PLAIN), View("cpu"), 80, 20)
    assert "* used" in lines[0]
    assert "o wait" in lines[0]
    assert all(line.isascii() for line in lines)
    body = lines[1:-2]
    assert any(line.count("*") > 40 for line in body)
    assert any(line.count("o") > 40 for line in body)


def test_a_gap_is_open_and_has_the_width_of_its_time() -> None:
    lines = page(subject(measured(gap=(8, 4)), "vm:busy", marks=PLAIN), View("net"), 107, 20)
    curve = next(line for line in lines[1:] if line.count("*") > 10)[6:105]
    gap = max(curve.replace("-", " ").split("*"), key=len)
    assert 36 <= len(gap) <= 42  # 4 of 10 minutes of 99 cells


def test_what_is_unknown_or_off_has_no_curve_and_says_so() -> None:
    fleet = measured()
    unknown = page(subject(fleet, "vm:new"))
    assert "a used ?" in unknown[0]
    assert not any(0x2800 < ord(sign) <= 0x28FF for line in unknown for sign in line)
    assert "a used ·" in page(subject(fleet, "vm:off"))[0]


def test_a_stale_curve_moves_on_in_a_gap_and_tells_its_age() -> None:
    fleet = measured()
    fleet.clock.advance(120)
    lines = page(subject(fleet, "vm:busy", marks=PLAIN), View("cpu"), 107, 20)
    assert "~2m old" in lines[0]
    assert "* used ~50%" in lines[0]
    curve = next(line for line in lines[1:] if line.count("*") > 10)
    assert curve.rstrip("*- ").rfind("*") < 107 * 0.85


def test_the_cursor_reads_the_value_that_was_there() -> None:
    fleet = measured()
    fleet.measure("kvm-03", {"vm:busy": load("busy", 80.0)})
    now = fleet.clock.monotonic()
    then = View("cpu", Window(cursor=now - 300))
    assert "a used 50%" in page(subject(fleet, "vm:busy"), then)[0]
    assert "at 23:36:0" in page(subject(fleet, "vm:busy"), then)[0]
    latest = View("cpu", Window(60.0, cursor=now + STEP / 2))
    assert "a used 80%" in page(subject(fleet, "vm:busy"), latest)[0]


def test_the_day_is_a_band_of_minutes_and_says_since_when() -> None:
    fleet = measured()
    one = subject(fleet, "vm:busy")
    fleet.keeping.look_into(one.slot)
    lines = page(one, View("cpu", Window(1800.0)), 100, 20)
    assert "history –: kvm-03 keeps none" in lines[0]
    assert "kept since 23:30" in lines[1]
    assert "30 min" in lines[1]
    assert page(subject(fleet, "vm:idle"), View("cpu", Window(DAY)))[1].count("24 h") == 1
    read = page(one, View("cpu", Window(1800.0, cursor=fleet.clock.monotonic() - 60)), 100, 20)
    assert "a used 50% 50..50" in read[1]


def test_fitted_scales_end_where_the_values_do() -> None:
    fleet = measured()
    assert page(subject(fleet, "vm:idle"), View("cpu"))[1].startswith("  100")
    assert page(subject(fleet, "vm:idle"), View("cpu", fit=True))[1].startswith("  5.0")


# --- sums -------------------------------------------------------------------------------------------------------------


def test_a_host_has_its_own_figures_and_sums_for_the_rest() -> None:
    fleet = measured()
    one = subject(fleet, "host:kvm-03")
    assert "a rx ?" in " ".join(page(one))
    fleet.aggregates.follow({one.slot})
    lines = page(one)
    assert lines[0].strip() == "memory, disk, net: sum of 2 machines, 1 unknown"
    assert "a used 33%" in lines[1]
    assert "a rx 4.6M/s" in " ".join(lines)
    assert any(line.count("⣀") + line.count("⠉") + line.count("⠒") + line.count("⠤") > 20 for line in lines[12:])


def test_a_sum_over_machines_whose_processors_are_unknown_says_so() -> None:
    fleet = measured()
    fleet.tell("kvm-03", {"host:kvm-03": {"cpus": None}})
    one = subject(fleet, "connection:kvm-03")
    fleet.aggregates.follow({one.slot})
    lines = page(one, width=100)
    assert lines[0].strip() == "sum of 2 machines, 1 unknown; cpu is of their vCPUs"
    assert "a used 27%" in lines[1]


# --- whatever comes ---------------------------------------------------------------------------------------------------

SHOWN = [View(), View("cpu"), View("mem"), View("disk"), View("net", fit=True)]
WINDOWS = [Window(), Window(60.0), Window(DAY), Window(1800.0, cursor=99_000.0), Window(300.0, 99_900.0, 99_800.0)]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 220), st.integers(1, 70), st.sampled_from(SHOWN), st.sampled_from(WINDOWS), st.booleans(),
    st.sampled_from([DRAWN, PLAIN]), st.sampled_from(["vm:huge", "vm:db-orders-01", "host:esx-07", "cluster:a"]),
)  # fmt: skip
def test_a_page_fits_any_screen(
    width: int, height: int, view: View, window: Window, large: bool, marks: Marks, key: str
) -> None:
    one = subject(WORLD, key, "vc-east", marks)
    WORLD.aggregates.follow({one.slot})
    lines = page(one, replace(view, window=window, history=large), width, height)
    assert lines
    assert marks is DRAWN or all(line.isascii() for line in lines)


WORLD = world()


def test_hostile_names_and_numbers_reach_no_chart() -> None:
    fleet = hostile.fleet()
    wild = {"cpu.used": 9e300, "mem.used": 1e-320, "disk.read": 0.0, "disk.write": 7e17, "net.rx": 65504.0}
    conn = hostile.CONNECTIONS[0]
    for nth in range(len(hostile.TEXTS)):
        fleet.measure(conn, {f"vm:m{nth}": wild})
        for view in (*SHOWN, View("cpu", history=True)):
            text = "".join(page(subject(fleet, f"vm:m{nth}", conn), view))
            assert "PWNED" not in text
            assert hostile.ESCAPE not in text


def test_memory_ends_with_all_of_it() -> None:
    fleet = measured()
    built = panels.build(panels.MEMORY, subject(fleet, "vm:busy"), Window(), 80, metrics_page.built_in)
    assert built.top == 16 * GIB
    fleet.tell("kvm-03", {"vm:bare": machine("bare", "kvm-03", memory=None)})
    bare = panels.build(panels.MEMORY, subject(fleet, "vm:bare"), Window(), 80, metrics_page.built_in)
    assert bare.thresholds == []
