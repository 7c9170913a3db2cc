"""Emptying a host: who goes where, and when there is something to be taken up again."""

from __future__ import annotations

import pytest

from novatui.actions.drain import Drain, Move, Target, placed
from novatui.actions.drain_book import cut_off
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation
from novatui.core.states import Kind

GIB = 2**30


def ref(name: str) -> str:
    return str(ObjectRef("lab", Kind.VM, name))


def target(name: str, free: int | None, *, copies: bool = False) -> Target:
    return Target(host=str(ObjectRef("lab", Kind.HOST, name)), name=name, copies=copies, memory_free=free)


def move(name: str, memory: int | None, *targets: Target) -> Move:
    return Move(ref=ref(name), name=name, memory=memory, targets=targets, reason="" if targets else "it is alone")


def went(moves: tuple[Move, ...]) -> dict[str, str]:
    return {one.name: one.target.name if one.target else "" for one in moves}


def test_memory_is_not_given_twice() -> None:
    small, large = target("small", 10 * GIB), target("large", 20 * GIB)
    moves = placed(
        [move("a", 8 * GIB, small, large), move("b", 16 * GIB, small, large), move("c", 8 * GIB, small, large)]
    )
    assert went(moves) == {"b": "large", "a": "small", "c": ""}
    assert "no memory left" in moves[-1].reason


def test_where_storage_need_not_be_copied_goes_first() -> None:
    near, far = target("near", 10 * GIB), target("far", 90 * GIB, copies=True)
    (one,) = placed([move("a", GIB, far, near)])
    assert (one.target, one.copies) == (near, False)


def test_what_nobody_knows_keeps_none_from_going() -> None:
    assert went(placed([move("a", None, target("x", 1)), move("b", GIB, target("y", None))])) == {"a": "x", "b": "y"}


def test_who_can_go_nowhere_stays_with_the_reason_and_comes_last() -> None:
    moves = placed([move("stays", 90 * GIB), move("goes", GIB, target("x", 2 * GIB))])
    assert [one.name for one in moves] == ["goes", "stays"]
    assert (moves[1].goes, moves[1].reason) == (False, "it is alone")


def test_a_plan_is_changed_by_a_person() -> None:
    x, y = target("x", 9 * GIB), target("y", 1 * GIB, copies=True)
    drain = Drain(host="h", name="h", moves=placed([move("a", 2 * GIB, x, y), move("b", GIB, x)]))
    assert drain.memory == 3 * GIB
    assert [one.name for one in drain.earlier(ref("b"), 1).moves] == ["b", "a"]
    assert [one.name for one in drain.earlier(ref("b"), -5).moves] == ["a", "b"]
    assert drain.leaving_out(ref("a"), out=True).memory == GIB
    elsewhere = drain.going_to(ref("a"), y.host)
    assert elsewhere.parts()[0].arguments == {"to": y.host, "storage": "copy"}
    with pytest.raises(InvalidInput):
        drain.going_to(ref("b"), y.host)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((Outcome.DONE, Outcome.DONE), False),
        ((Outcome.DONE, Outcome.FAILED), False),
        ((Outcome.DONE, Outcome.LEFT_OUT), True),
        ((Outcome.FAILED, Outcome.REFUSED), True),
        ((Outcome.UNKNOWN, Outcome.DONE), True),
        ((Outcome.REFUSED, Outcome.REFUSED), False),
    ],
)
def test_what_did_not_come_through_can_be_taken_up(outcomes: tuple[Outcome, ...], expected: bool) -> None:
    x = target("x", None)
    drain = Drain(host="h", name="h", moves=placed([move("a", GIB, x), move("b", GIB, x)]))
    history = [
        Done(
            verb="migrate.live",
            ref=ObjectRef.parse(ref(name)),
            name=name,
            operation=Operation(verb="migrate.live", key=f"vm:{name}"),
            outcome=outcome,
        )
        for name, outcome in zip("ab", outcomes, strict=True)
    ]
    assert cut_off(drain, history) is expected
