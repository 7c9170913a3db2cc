"""From the command line and the configuration to what is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from novatui.cli import asking, targets
from novatui.cli.arguments import parse
from novatui.cli.exits import UsageError
from novatui.config.errors import ConfigError
from novatui.config.paths import user_paths
from novatui.config.policy import Policy, Role, Rule
from novatui.config.trust import TrustStore
from novatui.core.errors import InvalidInput
from novatui.engine import configured
from novatui.engine.fleet import Target

PIN, OTHER = "ab" * 32, "cd" * 32
DEMO = "demo://?vms=6&speed=0"


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NOVATUI_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(configured, "load_policy", Policy)
    (tmp_path / "config").mkdir()
    return tmp_path


def configure(text: str) -> None:
    path = user_paths().config_file
    path.write_text(text)
    path.chmod(0o600)


def opened(*argv: str) -> dict[str, Target]:
    loaded = targets.load_configuration(parse(["ls", *argv]))
    return {target.spec.name: target for target in targets.targets_of(loaded)}


def test_what_is_configured_reaches_the_driver(folders: Path) -> None:
    configure("""
[connections.prod]
uri = "vsphere://root@vc1.lan"
group = "site a"
protected = true
ro = true
auth = "certificate"
cert = "~/client.pem"
key = "/etc/key.pem"
tls = "ca:~/ca.pem"
tls_min = "1.3"
connect_timeout = 7
interval = 20
""")
    spec = opened()["prod"].spec
    assert (spec.family, spec.driver, spec.uri) == ("vsphere", "vsphere", "vsphere://root@vc1.lan")
    assert (spec.label, spec.protected, spec.readonly) == ("site a", True, True)
    assert spec.options == {
        "user": "root",
        "auth": "certificate",
        "tls": "ca",
        "tls_ca": str(folders / "ca.pem"),
        "tls_cert": str(folders / "client.pem"),
        "tls_key": "/etc/key.pem",
        "tls_min": "1.3",
        "readonly": "enforced",
        "connect_timeout": "7",
        "call_timeout": "15",
        "interval": "20",
    }


def test_a_worker_elsewhere_has_a_home_of_its_own() -> None:
    configure("""
[connections.prod]
uri = "xcpng://root@x"
via = "ssh://admin@jump:2222"
tls = "ca:~/ca.pem"
""")
    target = opened()["prod"]
    assert target.via == "ssh://admin@jump:2222"
    assert target.spec.options["tls_ca"] == "~/ca.pem"


def test_pins_are_those_configured_or_those_trusted_for_this_endpoint() -> None:
    store = TrustStore(user_paths().pins)
    store.add("prod", "x:443", PIN)
    store.add("prod", "x:8443", OTHER)
    configure('[connections.prod]\nuri = "xcpng://root@x"\n')
    assert opened()["prod"].spec.options["tls_pin"] == PIN
    assert opened("-c", "prod", "--tls", f"pin:{OTHER},{PIN}")["prod"].spec.options["tls_pin"] == f"{OTHER},{PIN}"
    assert "tls_pin" not in opened("-c", "prod", "--tls", "insecure")["prod"].spec.options
    assert opened("-c", "prod", "--tls", "insecure")["prod"].spec.options["tls_insecure"] == "1"
    assert "tls_pin" not in opened("-c", "xcpng://root@y")["y"].spec.options


def test_damaged_pins_are_refused() -> None:
    user_paths().pins.parent.mkdir()
    user_paths().pins.write_text("no JSON")
    user_paths().pins.chmod(0o600)
    with pytest.raises(ConfigError, match="damaged"):
        opened("-c", "xcpng://root@x")


def test_a_secret_is_fetched_when_it_is_needed(monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    file = folders / "password"
    configure(f'[connections.prod]\nuri = "xcpng://root@x"\npassword = "file:{file}"\n')
    target = opened()["prod"]
    with pytest.raises(InvalidInput, match="No such file"):
        target.secrets()
    file.write_text("hunter2\n")
    file.chmod(0o600)
    assert target.secrets() == {"password": "hunter2"}
    assert targets.REDACTOR.redact("it is hunter2") == "it is «secret»"
    assert "hunter2" not in repr(target)


def test_variables_with_secrets_leave_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROD_PASSWORD", "hunter2")
    monkeypatch.setenv("LAB_PASSWORD", "hunter3")
    monkeypatch.setenv("UNRELATED", "stays")
    configure("""
[connections.prod]
uri = "xcpng://root@x"
password = "env:PROD_PASSWORD"
[connections.lab]
uri = "xcpng://root@y"
password = "env:LAB_PASSWORD"
""")
    found = opened("-c", "prod")
    assert not {"PROD_PASSWORD", "LAB_PASSWORD"} & os.environ.keys()
    assert os.environ["UNRELATED"] == "stays"
    assert found["prod"].secrets() == found["prod"].secrets() == {"password": "hunter2"}


def test_what_has_to_be_typed_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    configure('[connections.prod]\nuri = "xcpng://root@x"\npassword = "prompt"\n')
    with pytest.raises(UsageError, match="the password of prod is to be typed, and there is no terminal"):
        opened()
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    monkeypatch.setattr(asking.getpass, "getpass", lambda prompt, stream: f"typed at {prompt}")
    assert opened()["prod"].secrets() == {"password": "typed at password for prod: "}


def test_the_policy_is_above_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"guarded": Rule(match=("vc*",), protected=True), "seen": Rule(match=("x",), default=Role.VIEWER)}
    monkeypatch.setattr(configured, "load_policy", lambda: Policy(connections=rules))
    found = opened("-c", "vsphere://root@vc1", "-c", "xcpng://root@x", "-c", "xcpng://root@y")
    guards = {name: (target.spec.protected, target.spec.readonly) for name, target in found.items()}
    assert guards == {"vc1": (True, False), "x": (False, True), "y": (False, False)}


def test_a_demo_fleet_keeps_its_names_where_they_are_free() -> None:
    assert list(opened("-c", DEMO)) == ["vc-east", "hv-clu1", "pool-xen", "pve-lab", "kvm-03", "kvm-12"]
    configure(f'[connections.kvm-12]\nuri = "test:///default"\n[connections.play]\nuri = "{DEMO}"\n')
    found = opened()
    assert list(found) == ["kvm-12", "vc-east", "hv-clu1", "pool-xen", "pve-lab", "kvm-03", "play-kvm-12"]
    assert found["kvm-12"].spec.driver == "libvirt"
    assert found["play-kvm-12"].spec.driver == "demo"


def test_two_demo_fleets_stand_beside_each_other() -> None:
    found = opened("-c", DEMO, "-c", f"{DEMO}&seed=2")
    assert len(found) == 12
    assert "demo-2-vc-east" in found


def test_one_connection_of_the_demo_is_called_as_configured() -> None:
    configure('[connections.toy]\nuri = "demo://?vms=3&family=proxmox"\ngroup = "shelf"\nprotected = true\n')
    spec = opened()["toy"].spec
    assert (spec.family, spec.label, spec.protected, spec.readonly) == ("proxmox", "shelf", True, False)


def test_ro_on_the_command_line_locks_everything() -> None:
    found = opened("--ro", "-c", DEMO, "-c", "test:///default")
    assert all(target.spec.readonly for target in found.values())
