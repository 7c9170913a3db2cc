"""What fits at the end of a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.cli.completing import MOST, candidates
from novatui.cli.verbs import VERBS
from novatui.config.paths import user_paths
from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family
from novatui.engine.cache import path_of, snapshot, write
from novatui.engine.inventory_store import InventoryStore
from tests.unit import stores

CONFIG = """[connections.lab]
uri = "test:///default"
[connections.prod]
uri = "proxmox://root@pam@h"
"""


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOVATUI_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "config.toml").write_text(CONFIG)


@pytest.fixture
def inventory() -> None:
    """A cache with a machine that has a blank in its name, a host, and very many machines."""
    store = InventoryStore()
    spec = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri="test:///default")
    store.add_connection(spec)
    objects = {f"vm:{n}": {"name": f"many-{n}"} for n in range(MOST + 50)}
    objects |= {"vm:a": {"name": "my web"}, "vm:b": {"name": "mail"}, "host:h": {"name": "esx-07"}}
    for frame in stores.rows(objects, conn="lab", generation=0, begun=1.0):
        store.apply_rows(frame, 1.0)
    folder = user_paths().state_home / "inventory"
    folder.mkdir(parents=True)
    write(path_of(folder, "lab"), snapshot(store, "lab"))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("novatui doc", ["doctor"]),
        ("novatui power sh", ["shutdown"]),
        ("novatui power off mail --as v", ["virsh"]),
        ("novatui snap re", ["revert"]),
        ("novatui snap revert mail ", []),
        ("novatui caps --feature live", ["live_migration", "live_storage_migration"]),
        ("novatui caps --feature=tp", ["--feature=tpm"]),
        ("novatui caps la", ["lab"]),
        ("novatui device at", ["attach"]),
        ("novatui edit vc", ["vcpus"]),
        ("novatui l", ["ls", "lab"]),
        ("novatui lab p", ["prod"]),
        ("novatui -c ", ["lab", "prod"]),
        ("novatui -c=p", []),
        ("novatui --connection=p", ["--connection=prod"]),
        ("novatui -c lab ls --ki", ["--kind"]),
        ("novatui ls --kind ho", ["host"]),
        ("novatui ls --kind host --kind=da", ["--kind=datacenter", "--kind=datastore"]),
        ("novatui ls power:ru", ["power:running"]),
        (
            "novatui ls power:running not:stale:",
            [f"not:stale:{word}" for word in ("yes", "no", "true", "false", "on", "off", "1", "0")],
        ),
        ("novatui ls conn:", ["conn:lab", "conn:prod"]),
        ("novatui ls 'conn:p", ["conn:prod"]),
        ("novatui ls snap.a", ["snap.age:", "snap.age:gt:", "snap.age:lt:"]),
        ("novatui top --sort late", ["latency"]),
        ("novatui doctor lab --j", ["--json"]),
        ("novatui config tr", ["trust"]),
        ("novatui config trust ", ["prod"]),
        ("novatui config show connections.l", ["connections.lab.uri"]),
        ("novatui config path ", []),
        ("novatui audit ", ["show", "verify"]),
        ("novatui audit show ", []),
        ("novatui --password-from e", ["env:"]),
        ("novatui ls --tls i", ["insecure"]),
        ("novatui worker ", []),
    ],
)
def test_words_that_fit(line: str, wanted: list[str]) -> None:
    assert candidates(line) == wanted


def test_everything_can_be_begun() -> None:
    assert candidates("novatui ") == [*VERBS, "lab", "prod"]
    assert {"power:", "cpu:gt:", "tag:", "not:"} <= set(candidates("novatui ls "))


@pytest.mark.usefixtures("inventory")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("novatui power off mai", ["mail"]),
        ("novatui power off 'my web' mai", ["mail"]),
        ("novatui snap revert mai", ["mail"]),
        ("novatui device ls es", ["esx-07"]),
        ("novatui edit vcpus mai", ["mail"]),
        ("novatui caps lab esx", ["esx-07"]),
    ],
)
def test_what_is_changed_is_an_object_of_the_last_inventory(line: str, wanted: list[str]) -> None:
    assert candidates(line) == wanted


@pytest.mark.usefixtures("inventory")
def test_objects_are_those_of_the_last_inventory() -> None:
    assert candidates("novatui show my") == ["my web"]
    assert candidates("novatui show esx") == ["esx-07"]
    assert candidates("novatui show mail ") == [], "it takes one object"
    assert candidates("novatui ls host:e") == ["host:esx-07"]
    assert candidates("novatui ls mail") == ["mail"]
    assert len(candidates("novatui show many")) == MOST


@pytest.mark.parametrize(
    "line", ["", "novatui", "novatui ls '", 'novatui "', "novatui ls \\", "novatui -- x", "x\x00y "]
)
def test_a_line_that_makes_no_sense_is_no_failure(line: str) -> None:
    assert isinstance(candidates(line), list)


def test_a_wrong_configuration_and_damaged_inventories_offer_nothing() -> None:
    user_paths().config_file.write_text("[connections")
    folder = user_paths().state_home / "inventory"
    folder.mkdir(parents=True)
    (folder / "x.inventory").write_bytes(b"NovaInv\x01 and then nothing")
    assert candidates("novatui -c ") == []
    assert candidates("novatui show ") == []
