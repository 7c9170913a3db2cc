"""What many plans say, in few lines."""

from __future__ import annotations

from novatui.actions.proposal import Aim, Proposal
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from novatui.ui.folding import folded


def proposal(*costs: tuple[str, ...]) -> Proposal:
    aims = tuple(
        Aim(
            ref=ObjectRef("lab", Kind.VM, f"vm-{number}"),
            name=f"vm-{number}",
            operation=Operation(verb="migrate.live", key=f"vm:vm-{number}", arguments={}),
            plan=Plan(calls=(), costs=said),
        )
        for number, said in enumerate(costs)
    )
    return Proposal(verb=VERBS["migrate.live"], aims=aims, level=1)


def test_what_differs_in_its_figures_alone_is_one_sentence() -> None:
    found = folded(
        proposal(*((f"{size} GiB go to hv02", f"it takes about {size * 2} s") for size in (4, 64, 16, 8))), "costs"
    )
    assert found == ("4 to 64 GiB go to hv02", "it takes about 8 to 128 s")


def test_a_few_stand_one_by_one() -> None:
    found = folded(proposal(("it takes 4 s",), ("it takes 5 s",), ("it takes 4 s",)), "costs")
    assert found == ("vm-0, vm-2: it takes 4 s", "vm-1: it takes 5 s")


def test_names_and_addresses_are_no_figures() -> None:
    said = [(f"hv0{number} at 10.0.0.{number}:80{number} asks esx-{number}",) for number in range(5)]
    assert len(folded(proposal(*said), "costs")) == 5


def test_what_is_not_said_of_all_names_whom_it_is_said_of() -> None:
    found = folded(proposal(*((f"it takes {number} s",) if number else () for number in range(6))), "costs")
    assert found == ("vm-1, vm-2, vm-3, vm-4 and 1 more: it takes 1 to 5 s",)
