"""The demo fleet as data: which connections an address stands for, and which addresses make no sense."""

from __future__ import annotations

import subprocess
import sys

import pytest

from novatui.config.demo import SITES, expand, parse, sites
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.core.states import Family


def test_six_connections_of_five_families() -> None:
    specs = expand("demo://")
    assert len(specs) == 6
    assert {spec.family for spec in specs} == set(Family)
    assert {spec.driver for spec in specs} == {"demo"}
    assert len({spec.name for spec in specs}) == 6
    assert any(spec.protected and spec.readonly for spec in specs)
    assert any(spec.label for spec in specs)


def test_each_connection_stands_for_itself() -> None:
    """The address of one connection expands to exactly that connection: a worker gets nothing else."""
    for spec in expand("demo://?vms=5000&seed=3&speed=2&hostile=1"):
        (again,) = expand(spec.uri)
        assert (again.name, again.family, again.uri) == (spec.name, spec.family, spec.uri)


@pytest.mark.parametrize("family", Family)
def test_a_family_is_one_connection(family: Family) -> None:
    (spec,) = expand(f"demo://?family={family.value}&vms=77")
    assert spec.family is family
    assert sites(parse(spec.uri))[0].vms == 77


def test_aliases_of_families() -> None:
    assert [spec.family for spec in expand("demo://?family=PVE")] == [Family.PROXMOX]


@pytest.mark.parametrize("vms", [1, 6, 100, 1000, 50_000, 1_000_000])
def test_all_machines_are_shared_out(vms: int) -> None:
    shared = sites(parse(f"demo://?vms={vms}"))
    assert sum(site.vms for site in shared) == vms
    assert all(site.hosts >= 1 for site in shared)
    assert [site.first for site in shared] == [sum(s.vms for s in shared[:at]) for at in range(len(shared))]


def test_hosts_are_shared_out() -> None:
    shared = sites(parse("demo://?vms=1000&hosts=100"))
    assert 80 < sum(site.hosts for site in shared) < 120


def test_only_one_connection_is_ever_lost() -> None:
    assert sum(site.outages for site in SITES) == 1


@pytest.mark.parametrize(
    ("uri", "option"),
    [
        ("demo://?vms=0", "vms"),
        ("demo://?vms=-3", "vms"),
        ("demo://?vms=many", "vms"),
        ("demo://?vms=1000001", "vms"),
        ("demo://?vms=²", "vms"),
        ("demo://?hosts=x", "hosts"),
        ("demo://?seed=one", "seed"),
        ("demo://?family=bhyve", "family"),
        ("demo://?site=nowhere", "site"),
        ("demo://?hostile=yes", "hostile"),
        ("demo://?speed=fast", "speed"),
        ("demo://?speed=nan", "speed"),
        ("demo://?speed=-1", "speed"),
        ("demo://?world=", "world"),
        ("demo://?fails=everything", "fails"),
        ("demo://?sed=1", "sed"),
    ],
)
def test_nonsense_is_refused_by_name(uri: str, option: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        expand(uri)
    assert caught.value.failure.subject == option
    assert option in caught.value.failure.message
    assert caught.value.failure.hint


@pytest.mark.parametrize("uri", ["qemu:///system", "demo://host/", "demo://user@/", "demo:///path"])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(InvalidInput):
        expand(uri)


def test_the_table_needs_no_driver() -> None:
    """The console imports it, and must not import what belongs to workers."""
    code = "import sys, novatui.config.demo; print([m for m in sys.modules if m.startswith('novatui.backends')])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_specs_are_plain() -> None:
    assert all(isinstance(spec, ConnectionSpec) and not spec.options for spec in expand("demo://"))
