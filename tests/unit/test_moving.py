"""Where a machine moves to: the host that is meant, and the address that the source needs for it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from novatui.actions.drain import Target as DrainTarget
from novatui.actions.drain import within_reach
from novatui.actions.moving import addressed, completed, host_of
from novatui.actions.parts import Wish
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef, key
from novatui.core.operations import Operation
from novatui.core.states import Family, Kind
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet, Target
from novatui.wire import frames

LIVE = VERBS["migrate.live"]


def fleet_of(*specs: ConnectionSpec) -> Fleet:
    """Each connection with one host `h`, and a machine `1` on the first of them."""
    fleet = Fleet([Target(spec, dict) for spec in specs])
    for at, spec in enumerate(specs):
        fleet.connections[spec.name].info = ConnectionInfo(product="x", hostname=f"{spec.name}.example")
        rows = frames.Rows(spec.name, 1, time.monotonic(), ["name"], [key(Kind.HOST, "h")], [[spec.name]])
        fleet.inventory.apply_rows(rows, rows.begun)
        if not at:
            fields = ["name", "host"]
            rows = frames.Rows(spec.name, 1, time.monotonic(), fields, [vm().key], [["db"], [key(Kind.HOST, "h")]])
            fleet.inventory.apply_rows(rows, rows.begun)
    return fleet


def spec(name: str, uri: str, family: Family = Family.LIBVIRT, **options: str) -> ConnectionSpec:
    return ConnectionSpec(name=name, family=family, driver=family.value, uri=uri, options=options)


def vm() -> ObjectRef:
    return ObjectRef("a", Kind.VM, "1")


def host(conn: str) -> str:
    return str(ObjectRef(conn, Kind.HOST, "h"))


def address(source: ConnectionSpec, to: ConnectionSpec, **given: str) -> str:
    return completed(fleet_of(source, to), LIVE, [vm()], {"to": host(to.name)} | given).get("uri", "")


SSH, TLS, HERE = "qemu+ssh://ana@a.example/system", "qemu+tls://b.example/system", "qemu:///system"


@pytest.mark.parametrize(
    ("source", "to", "expected"),
    [
        (spec("a", SSH), spec("b", TLS), TLS),
        (spec("a", HERE), spec("b", "qemu:///session?socket=/run/b"), "qemu:///session?socket=/run/b"),
        (spec("a", SSH), spec("b", HERE), "qemu+ssh://b.example/system"),
        (spec("a", SSH), spec("b", "qemu+ssh://localhost/system"), "qemu+ssh://b.example/system"),
        (spec("a", SSH), spec("b", HERE, migrate_uri="qemu+tls://b-mig/system"), "qemu+tls://b-mig/system"),
        (spec("a", SSH), spec("b", f"{TLS}?no_tty=1&keyfile=/home/ana/key&mode=direct"), f"{TLS}?mode=direct"),
    ],
)
def test_the_source_has_to_reach_the_destination(source: ConnectionSpec, to: ConnectionSpec, expected: str) -> None:
    assert address(source, to) == expected


def test_led_by_the_console_it_is_the_console_that_connects() -> None:
    assert address(spec("a", SSH), spec("b", HERE), mode="client") == HERE


def test_the_demo_plays_the_address_that_libvirt_would_have() -> None:
    demo = ConnectionSpec(name="b", family=Family.LIBVIRT, driver="demo", uri="demo://?site=b")
    assert address(spec("a", SSH), demo) == "qemu+ssh://b.example/system"


def test_what_somebody_says_wins() -> None:
    assert address(spec("a", SSH), spec("b", HERE), uri="qemu+tcp://b/system") == "qemu+tcp://b/system"


def test_an_address_that_means_another_machine_there_is_not_guessed() -> None:
    fleet = fleet_of(spec("a", SSH), spec("b", HERE))
    fleet.connections["b"].info = None
    with pytest.raises(InvalidInput, match="how a reaches b is not known"):
        completed(fleet, LIVE, [vm()], {"to": host("b")})


def test_who_cannot_be_addressed_is_named() -> None:
    fleet = fleet_of(spec("a", SSH), spec("b", HERE))
    fleet.connections["b"].info = None
    wish = Wish(ref=vm(), operation=Operation(verb="migrate.live", key=vm().key, arguments={"to": host("b")}))
    with pytest.raises(InvalidInput, match=r"^db: how a reaches b is not known") as refused:
        addressed(fleet, LIVE, wish)
    assert "migrate_uri" in refused.value.failure.hint


def test_a_plan_sends_nobody_where_no_way_is_known() -> None:
    fleet = fleet_of(spec("a", SSH), spec("b", HERE), spec("c", TLS))
    fleet.connections["b"].info = None
    b, c = (DrainTarget(host=host(name), name=name) for name in "bc")
    able, why = within_reach(fleet, vm(), [b, c])
    assert able == (c,)
    assert "how a reaches b is not known" in why
    able, why = within_reach(fleet, vm(), [b])
    assert able == ()
    assert "migrate_uri of the connection b" in why


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nonsense", "no reference"),
        (host("z"), "no host"),
        (str(vm()), "is a vm"),
        (host("a"), "on that host already"),
        (host("v"), "cannot move to a host of vsphere"),
    ],
)
def test_a_destination_that_makes_no_sense_is_refused(to: str, said: str) -> None:
    fleet = fleet_of(spec("a", SSH), spec("v", "vsphere://v", Family.VSPHERE))
    with pytest.raises(InvalidInput, match=said):
        completed(fleet, LIVE, [vm()], {"to": to})


def test_hosts_that_know_each_other_need_no_address() -> None:
    v = spec("a", "vsphere://v", Family.VSPHERE)
    fleet = fleet_of(v)
    other = ObjectRef("a", Kind.HOST, "other")
    rows = frames.Rows("a", 1, time.monotonic(), ["name"], [other.key], [["other"]])
    fleet.inventory.apply_rows(rows, rows.begun)
    assert completed(fleet, LIVE, [vm()], {"to": str(other)}) == {"to": str(other)}


def test_a_connection_that_is_one_host_may_be_named_instead() -> None:
    answer: Mapping[str, str] = completed(
        fleet_of(spec("a", SSH), spec("b", TLS)), LIVE, [vm()], {"to": str(ObjectRef("b", Kind.CONNECTION, "b"))}
    )
    assert answer["to"] == host("b")


def test_levers_and_other_verbs_are_left_alone() -> None:
    fleet = fleet_of(spec("a", SSH))
    assert completed(fleet, VERBS["migrate.downtime"], [vm()], {"downtime": "5"}) == {"downtime": "5"}


def test_the_host_of_a_machine() -> None:
    fleet = fleet_of(spec("a", SSH), spec("b", TLS))
    assert host_of(fleet, vm()) == ObjectRef("a", Kind.HOST, "h")
    assert host_of(fleet, ObjectRef("b", Kind.VM, "nobody")) == ObjectRef("b", Kind.HOST, "h")
