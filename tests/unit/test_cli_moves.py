"""Migrations as the command line tells them."""

from __future__ import annotations

from novatui.cli.moves import cells, form
from novatui.core.migration import MigrationProgress
from tests.ui.still import StillFleet
from tests.unit.migrating import incoming, only, outgoing, reading, tell, two_hosts


def same_names() -> StillFleet:
    """Both hosts call themselves `localhost`."""
    fleet = two_hosts()
    for name in ("kvm-03", "kvm-12"):
        fleet.tell(name, {f"host:{name}": {"name": "localhost", "parent": ""}})
    return fleet


def test_hosts_of_one_name_are_told_apart() -> None:
    fleet = same_names()
    outgoing(fleet, move=reading(fleet.clock.time(), source="localhost"))
    move = MigrationProgress(destination="localhost", at=fleet.clock.time())
    tell(fleet, "kvm-12", "x/4/1", move=move, native_verb="migration in")
    body = form(fleet, only(fleet))
    assert (body["progress"]["source"], body["progress"]["destination"]) == ("localhost", "localhost")
    assert (body["source_ref"], body["destination_ref"]) == ("kvm-03:host:kvm-03", "kvm-12:host:kvm-12")
    assert cells(only(fleet))[1:3] == ["kvm-03", "kvm-12"]


def test_a_destination_that_nobody_tells_has_no_reference() -> None:
    fleet = same_names()
    outgoing(fleet, move=reading(fleet.clock.time(), source="localhost", destination="localhost"))
    assert "destination_ref" not in form(fleet, only(fleet))


def test_a_least_time_is_told_where_no_range_is() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    incoming(fleet)
    body = form(fleet, only(fleet))
    assert body["verdict"] == "FIRST PASS"
    assert "eta_s" not in body
    assert body["at_least_s"] > 7
    assert cells(only(fleet))[9].startswith("≥ ")
