"""What the pane of snapshots says: sizes and growth only where they are told, chains, consequences and obstacles."""

from __future__ import annotations

import pytest

from novatui.actions.guard import Code, Refused
from novatui.actions.proposal import Aim
from novatui.core.errors import Failure, Fault
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation, Plan
from novatui.core.snapshots import Snapshot
from novatui.core.specdiff import Difference
from novatui.core.states import Kind
from novatui.ui.render.detail import sheet, snapshots
from novatui.ui.render.detail.snapshots import Prospect
from novatui.ui.render.look import Look
from novatui.ui.render.marks import DRAWN
from novatui.ui.theming import load_theme

NOW = 1_700_000_000.0
DAY = 86400.0
WEEK = NOW - 7 * DAY
GIB = 1024**3

LOOK = Look(marks=DRAWN, styles=load_theme("dark").styles, utc=True, epoch=lambda: NOW, monotonic=lambda: 0.0)


def snapshot(id: str, parent: str | None = None, **told: object) -> Snapshot:
    return Snapshot(id=id, name=id, parent=parent, **told)  # type: ignore[arg-type]


def aim(verb: str = "snap.delete", plan: Plan | None = None, failure: Failure | None = None, **told: object) -> Aim:
    ref = ObjectRef("kvm", Kind.VM, "1")
    operation = Operation(verb=verb, key=ref.key, arguments={"snapshot": "a"})
    return Aim(ref=ref, name="db", operation=operation, plan=plan, failure=failure, **told)  # type: ignore[arg-type]


def text(prospect: Prospect, one: Snapshot | None = None, *, acts: bool = True, whole: bool = False) -> str:
    one = one or snapshot("a")
    drawn = sheet.draw(snapshots.in_full(one, [one], prospect, LOOK, acts=acts, all_of_it=whole), 90, LOOK)
    return "\n".join(strip.text.rstrip() for strip in drawn)


def line(drawn: str, name: str) -> str:
    [found] = [each for each in drawn.split("\n") if each.startswith(f" {name} ")]
    return found.removeprefix(f" {name} ").strip()


def heading(*found: Snapshot) -> str:
    return "".join(piece for piece, _ in snapshots.heading(found, LOOK))


def test_the_heading_counts_what_is_told_and_says_what_is_not() -> None:
    chain = [snapshot("a", size=2 * GIB, created=NOW - 72 * DAY), snapshot("b", "a", size=GIB), snapshot("c", "b")]
    assert heading(*chain) == " 3 snapshots  depth 3  3.0 GiB and 1 ?  oldest 72d ! "
    assert heading(snapshot("a", created=NOW - DAY)) == " 1 snapshot  depth 1  size ?  oldest 1d "
    assert heading(snapshot("a")).endswith("oldest ? ")
    assert heading() == ""


def test_a_parent_that_is_not_told_ends_the_chain_and_a_circle_does_too() -> None:
    assert snapshots.depth([snapshot("a", "gone"), snapshot("b", "a")]) == 2
    assert snapshots.depth([snapshot("a", "b"), snapshot("b", "a")]) == 2


@pytest.mark.parametrize(
    ("told", "growth"),
    [
        ({"external": True, "memory": False, "current": True, "size": 7 * GIB, "created": WEEK}, "1.0 GiB a day"),
        ({"external": True, "memory": None, "current": True, "size": 7 * GIB, "created": WEEK}, "1.0 GiB a day"),
        ({"external": True, "memory": False, "current": True, "size": GIB, "created": NOW - 60}, "1.0 GiB in 1m"),
        ({"external": True, "memory": False, "size": 10 * GIB, "created": NOW - 5 * DAY}, "none, written no more"),
        ({"external": True, "memory": True, "current": True, "size": 10 * GIB, "created": NOW - DAY}, "?"),
        ({"external": False, "memory": False, "current": True, "size": 10 * GIB, "created": NOW - DAY}, "?"),
        ({"external": True, "memory": False, "current": True, "created": NOW - DAY}, "?"),
        ({"external": True, "memory": False, "current": True, "size": GIB}, "?"),
        ({}, "?"),
    ],
)  # fmt: skip
def test_growth_is_told_only_where_it_can_be_known(told: dict[str, object], growth: str) -> None:
    assert snapshots.growth(snapshot("a", **told), LOOK) == growth


def test_nothing_is_claimed_before_it_is_known() -> None:
    drawn = text(Prospect(asking=True))
    assert line(drawn, "revert") == line(drawn, "delete") == "…"
    assert line(drawn, "blocked") == "?"
    drawn = text(snapshots.UNASKED)
    assert line(drawn, "revert") == "?"
    assert "only looks" in text(snapshots.UNASKED, acts=False)


def test_losses_costs_and_warnings_are_sentences() -> None:
    plan = Plan(calls=(), losses=("an hour", "memory"), costs=("merges 2 GiB",), warnings=("it is off then",))
    drawn = text(Prospect(revert=aim("snap.revert", plan), delete=aim(plan=Plan(calls=()))))
    assert line(drawn, "revert") == "loses an hour; memory. Merges 2 GiB. It is off then"
    assert line(drawn, "delete") == "nothing is told of losses or costs"
    assert line(drawn, "blocked") == "nothing"


def test_what_is_in_the_way_is_said_and_what_is_not_offered_has_its_sign() -> None:
    failure = Failure(fault=Fault.NOT_SUPPORTED, message="it cannot", meaning="it is external", hint="forget it")
    offered = Failure(fault=Fault.DENIED, message="not offered by libvirt", subject=Code.OFFERED.value)
    drawn = text(Prospect(revert=aim("snap.revert", failure=offered), delete=aim(failure=failure)))
    assert line(drawn, "revert") == "–"
    assert line(drawn, "delete") == "not possible now"
    blocked = [each.strip() for each in drawn.split("\n") if "blocked" in each]
    assert [each.removeprefix("blocked").strip() for each in blocked] == [
        "revert: not offered by libvirt",
        "delete: it cannot. It is external. Forget it",
    ]
    locked = Refused(code=Code.LOCKED, reason="kvm is protected", hint="`:unlock`")
    drawn = text(Prospect(revert=aim(plan=Plan(calls=()), refused=locked), delete=aim(plan=Plan(calls=()))))
    assert "revert: kvm is protected" in drawn


def test_differences_are_told_one_by_one_as_far_as_there_is_room() -> None:
    changed = tuple(Difference(f"setting {at}", "", str(at)) for at in range(5))
    drawn = text(Prospect(changed=changed))
    assert "5 settings are otherwise now, 2 more of them in full" in drawn
    assert "setting 2: none → 2" in drawn
    assert "setting 3" not in drawn
    assert "setting 4: none → 4" in text(Prospect(changed=changed), whole=True)
    assert line(text(Prospect(changed=())), "config").startswith("no change")


def test_what_was_written_since_is_told_only_of_files_of_its_own() -> None:
    mine = snapshot("a", external=True, memory=False, current=True, size=GIB, created=NOW - DAY)
    assert "1.0 GiB written since" in text(Prospect(changed=()), mine)
    for other in (snapshot("a", external=False, current=True, size=GIB), snapshot("a", external=True, size=GIB)):
        assert "written since" not in text(Prospect(changed=()), other)


def test_names_of_a_product_change_nothing_of_the_lines() -> None:
    hostile = snapshot("[/]\x1b[31mé\u200b" + "x" * 300, created=NOW)
    for strip in sheet.draw(
        snapshots.in_full(hostile, [hostile], Prospect(), LOOK, acts=True, all_of_it=True), 40, LOOK
    ):
        assert strip.cell_length == 40
