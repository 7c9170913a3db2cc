"""Whether an operation may be tried: every rule, with the words that a person reads."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from novatui.actions import guard
from novatui.actions.guard import Code
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet, Target
from novatui.wire import frames

VM = ObjectRef("lab", Kind.VM, "1")
SPEC = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="x", uri="x://")
INFO = ConnectionInfo(product="Hyper 1.0", user="root", verbs=tuple(VERBS), privileges="full")
LOCK = frames.LockState("lab", ro=False, protected=False, role="admin", reasons=[], unlocked=None)


def fleet_with(
    *,
    spec: ConnectionSpec = SPEC,
    info: ConnectionInfo = INFO,
    lock: frames.LockState | None = LOCK,
    power: str | None = "off",
    link: Link = Link.UP,
) -> Fleet:
    """A fleet with one machine, without any process behind it."""
    fleet = Fleet([Target(spec, dict)])
    one = fleet.connections["lab"]
    one.link, one.info = link, info
    if lock:
        one.be_locked(lock)
    fleet.inventory.set_link("lab", link)
    rows = frames.Rows("lab", 1, time.monotonic(), ["name", "power"], [VM.key], [["db-01"], [power]])
    fleet.inventory.apply_rows(rows, rows.begun)
    return fleet


def code(fleet: Fleet, verb: str = "power.start", ref: ObjectRef = VM) -> Code | None:
    refused = guard.check(fleet, verb, ref)
    return refused.code if refused else None


def lock(**changes: object) -> frames.LockState:
    return msgspec.structs.replace(LOCK, **changes)


def test_what_nothing_speaks_against_is_let_through() -> None:
    assert code(fleet_with()) is None


def test_an_operation_that_does_not_exist() -> None:
    assert code(fleet_with(), "power.explode") is Code.VERB


def test_another_kind_of_object() -> None:
    assert code(fleet_with(), ref=ObjectRef("lab", Kind.DATASTORE, "1")) is Code.KIND


def test_a_connection_or_an_object_that_is_not_there() -> None:
    assert code(fleet_with(), ref=ObjectRef("prod", Kind.VM, "1")) is Code.GONE
    assert code(fleet_with(), ref=ObjectRef("lab", Kind.VM, "2")) is Code.GONE


@pytest.mark.parametrize("link", [link for link in Link if link is not Link.UP])
def test_a_connection_that_does_not_stand(link: Link) -> None:
    assert code(fleet_with(link=link)) is Code.LINK


def test_what_the_product_does_not_offer() -> None:
    refused = guard.check(fleet_with(info=msgspec.structs.replace(INFO, verbs=("power.off",))), "power.start", VM)
    assert refused is not None
    assert (refused.code, refused.reason) == (Code.OFFERED, "not offered by Hyper 1.0")


def test_before_the_worker_has_told_nothing_is_let_through() -> None:
    assert code(fleet_with(lock=None)) is Code.LOCKED


def test_read_only_by_either_machine_is_read_only() -> None:
    here = msgspec.structs.replace(SPEC, readonly=True, lock_reasons=("settings: read-only",))
    for fleet in (fleet_with(spec=here), fleet_with(lock=lock(ro=True, reasons=["settings: read-only"]))):
        refused = guard.check(fleet, "power.start", VM)
        assert refused is not None
        assert (refused.code, str(refused)) == (Code.RO, "lab is read-only (settings: read-only)")


@pytest.mark.parametrize(
    ("here", "there", "verb", "expected"),
    [
        ("admin", "admin", "edit.rename", None),
        ("operator", "admin", "edit.rename", Code.ROLE),
        ("admin", "operator", "edit.rename", Code.ROLE),
        ("operator", "operator", "power.start", None),
        ("viewer", "admin", "power.start", Code.ROLE),
        ("admin", "viewer", "power.start", Code.ROLE),
        ("admin", "emperor", "power.start", Code.ROLE),
    ],
)
def test_the_lower_role_of_both_machines_counts(here: str, there: str, verb: str, expected: Code | None) -> None:
    fleet = fleet_with(spec=msgspec.structs.replace(SPEC, role=here), lock=lock(role=there))
    assert code(fleet, verb) is expected


@pytest.mark.parametrize("verb", [verb for verb in VERBS.values() if Kind.VM in verb.kinds and not verb.states])
def test_an_operator_may_all_but_what_only_an_admin_may(verb: object) -> None:
    verb = VERBS[verb.name]  # type: ignore[attr-defined]
    assert code(fleet_with(lock=lock(role="operator")), verb.name) is (Code.ROLE if verb.admin else None)


def test_an_account_that_only_reads() -> None:
    refused = guard.check(fleet_with(info=msgspec.structs.replace(INFO, privileges="read-only")), "power.start", VM)
    assert refused is not None
    assert (refused.code, refused.reason) == (Code.PRIVILEGE, "the account root may only read on lab")


def test_protected_needs_an_unlock_that_still_lasts() -> None:
    for fleet in (
        fleet_with(spec=msgspec.structs.replace(SPEC, protected=True)),
        fleet_with(lock=lock(protected=True)),
    ):
        refused = guard.check(fleet, "power.start", VM)
        assert refused is not None
        assert refused.code is Code.LOCKED
        assert ":unlock 15m TICKET" in refused.hint
        fleet.connections["lab"].be_locked(lock(protected=True, unlocked=60.0))
        assert code(fleet) is None
        fleet.connections["lab"].unlocked_until = time.monotonic() - 0.01
        assert code(fleet) is Code.LOCKED


@pytest.mark.parametrize(
    ("power", "verb", "reason"),
    [
        ("running", "power.start", "it is running; this needs off or crashed"),
        ("off", "power.shutdown", "it is off; this needs running"),
        ("off", "power.suspend", "it is off; this needs running or paused"),
    ],
)
def test_a_state_that_does_not_fit(power: str, verb: str, reason: str) -> None:
    refused = guard.check(fleet_with(power=power), verb, VM)
    assert refused is not None
    assert (refused.code, refused.reason) == (Code.STATE, reason)


@pytest.mark.parametrize("power", [None, "unknown"])
def test_an_unknown_state_is_left_to_the_plan(power: str | None) -> None:
    assert code(fleet_with(power=power), "power.shutdown") is None


def test_locks_weigh_more_than_states() -> None:
    """Whoever unlocks is told of the state then; whoever may not at all is not told to wait for another state."""
    assert code(fleet_with(lock=lock(ro=True), power="running")) is Code.RO


def test_reasons_of_a_hostile_product_are_harmless(tmp_path: Path) -> None:
    hostile = msgspec.structs.replace(INFO, product="\x1b]0;x\x07", verbs=())
    refused = guard.check(fleet_with(info=hostile), "power.start", VM)
    assert refused is not None
    assert "\x1b" not in refused.reason
