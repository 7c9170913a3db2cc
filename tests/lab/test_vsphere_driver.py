"""The vSphere driver against a vCenter simulator: the inventory that another client sees, live; and broken sessions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import AuthFailed, Fault, NovaError, TlsUntrusted, Unreachable
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.walk import Seen, walk

pytestmark = pytest.mark.xdist_group("vcsim")

MODEL = {"datacenters": 2, "clusters": 2, "hosts": 2, "standalone": 1, "machines": 2, "pools": 1, "vapps": 1}

KIND_OF = {
    "Datacenter": "datacenter",
    "StoragePod": "folder",
    "Folder": "folder",
    "ClusterComputeResource": "cluster",
    "HostSystem": "host",
    "Datastore": "datastore",
    "Network": "network",
    "DistributedVirtualPortgroup": "network",
    "VirtualMachine": "vm",
}
"""What the console calls a type; pools are looked at one by one, because a root pool is nobody's."""


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(**MODEL, folders=1, pods=1)) as running:
        with client_of(running) as service:
            change.rename(service, vim.VirtualMachine, "DC0_H0_VM0", "web%2f1")
            change.snapshot(service, "DC0_H0_VM1", "base")
            change.snapshot(service, "DC0_H0_VM1", "with memory", memory=True)
        yield running


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def seen_by_another(server: Vcsim) -> dict[str, Seen]:
    with client_of(server) as service:
        return walk(service)


def test_the_same_objects_as_another_client_sees(server: Vcsim, probe: Probe) -> None:
    others = seen_by_another(server)
    own = [
        one for one in others.values() if one.kind == "Folder" and one.name in {"vm", "host", "datastore", "network"}
    ]
    expected = {
        f"{KIND_OF[one.kind]}:{one.reference}": one.name
        for one in others.values()
        if one.kind in KIND_OF and one not in own and (one.kind, one.name) != ("Folder", "Datacenters")
    }
    told = {
        name: row["name"]
        for name, row in probe.sink.objects.items()
        if not name.startswith(("snapshot:", "resource_pool:", "device:"))
    }
    stores = {name for name in expected if name.startswith("datastore:")}  # this server's references of them are paths
    assert {name: told[name] for name in expected.keys() - stores} == {n: expected[n] for n in expected.keys() - stores}
    assert len(told) == len(expected)


def test_machines_are_as_another_client_sees_them(server: Vcsim, probe: Probe) -> None:
    for one in seen_by_another(server).values():
        if one.kind != "VirtualMachine":
            continue
        row = probe.sink.objects[f"vm:{one.reference}"]
        assert row["native_state"] == one.facts["runtime.powerState"]
        assert row["power"] == "running"
        assert row["uuid"] == one.facts["config.uuid"]
        assert row["vcpus"] == one.facts["config.hardware.numCPU"]
        assert row["memory"] == one.facts["config.hardware.memoryMB"] * 1024 * 1024
        assert row["host"] == row["parent"] == f"host:{one.facts['runtime.host']}"


def test_everybody_stands_in_the_tree(probe: Probe) -> None:
    for name, row in probe.sink.objects.items():
        above = row["parent"]
        assert above == "" or above in probe.sink.objects, name
    lone, member = probe.sink.named("DC0_H0", "host"), probe.sink.named("DC1_C0_H0", "host")
    assert lone["parent"] == probe.sink.key_of("DC0", "datacenter")
    assert member["parent"] == probe.sink.key_of("DC1_C0", "cluster")
    folder = probe.sink.objects[probe.sink.named("DC1_C0", "cluster")["parent"]]
    assert (folder["name"], folder["parent"]) == ("F0", probe.sink.key_of("DC1", "datacenter"))


def test_names_are_as_people_see_them(probe: Probe) -> None:
    assert probe.sink.named("web/1")
    assert not probe.sink.named("web%2f1")


def test_pools_without_those_that_nobody_made(probe: Probe) -> None:
    pools = {row["name"]: row for row in probe.sink.of_kind("resource_pool").values()}
    assert "Resources" not in pools
    assert pools["DC0_C0_RP1"]["parent"] == probe.sink.key_of("DC0_C0", "cluster")
    assert pools["DC0_C0_APP0"]["native_type"] == "vApp"


def test_snapshots_are_objects(probe: Probe) -> None:
    machine = probe.sink.key_of("DC0_H0_VM1")
    rows = {row["name"]: row for row in probe.sink.of_kind("snapshot").values()}
    assert rows["with memory"]["snapshot_parent"] == "base"
    assert rows["with memory"]["current"] is True
    assert all(row["vm"] == machine for row in rows.values())
    assert probe.sink.objects[machine]["snapshots"] == 2


def test_what_another_client_changes_is_told(server: Vcsim, probe: Probe) -> None:
    sink = probe.sink
    with client_of(server) as service:
        change.power(service, "DC0_C0_RP0_VM0", "off")
        sink.until(lambda: sink.named("DC0_C0_RP0_VM0").get("power") == "off", "off")
        change.power(service, "DC0_C0_RP0_VM0", "on")
        sink.until(lambda: sink.named("DC0_C0_RP0_VM0").get("power") == "running", "on")
        change.power(service, "DC0_C0_RP0_VM0", "suspended")
        sink.until(lambda: sink.named("DC0_C0_RP0_VM0").get("power") == "suspended", "suspended")
        change.power(service, "DC0_C0_RP0_VM0", "on")
        change.snapshot(service, "DC0_C0_RP0_VM1", "new")
        sink.until(lambda: bool(sink.named("new", "snapshot")), "a snapshot")
        change.clone(service, "DC0_C0_RP0_VM1", "born")
        sink.until(lambda: sink.named("born").get("power") == "off", "a machine more")
        change.make_template(service, "born")
        probe.driver.refresh([sink.key_of("born")])  # this server sends no update of config.template
        sink.until(lambda: bool(sink.named("born", "template").get("uuid")) and not sink.named("born"), "a template")
        change.delete(service, "born")
        sink.until(lambda: not sink.named("born", "template"), "a template less")
    assert probe.sink.losses == []


def test_kinds_that_are_wanted_later_are_listed_then(server: Vcsim) -> None:
    with connected(server, "vm") as probe:
        assert {name.partition(":")[0] for name in probe.sink.objects} == {"vm"}
        probe.driver.load(["host", "snapshot"])
        assert {name.partition(":")[0] for name in probe.sink.objects} == {"vm", "host", "snapshot"}
        assert probe.sink.named("DC0_C0_H0", "host")["cpus"] > 0


def test_an_object_that_is_gone_is_removed_by_a_refresh(server: Vcsim, probe: Probe) -> None:
    machine = probe.sink.key_of("DC1_C0_RP0_VM0")
    probe.driver.refresh([machine, "vm:vm-999999"])
    assert probe.sink.removed == ["vm:vm-999999"]
    assert machine in probe.sink.objects


def test_the_server_is_told_apart(server: Vcsim, probe: Probe) -> None:
    assert probe.info is not None
    assert probe.info.product.startswith("VMware vCenter Server")
    assert probe.info.pushes
    assert probe.info.user == server.user
    assert probe.info.product.endswith(f" {probe.info.version}"), "name and version, and no build"
    assert probe.info.tls is not None
    assert probe.info.tls.trust == "ca"
    assert [name for name, ok, _ in probe.sink.steps if ok] == ["resolve", "connect", "tls", "auth"]


def test_a_lone_host(server: Vcsim) -> None:
    with or_skip(lambda: Vcsim(esx=True)) as alone, connected(alone) as probe:
        assert len(probe.sink.of_kind("vm")) == 2
        assert len(probe.sink.of_kind("host")) == 1
        assert all(row["parent"] in probe.sink.of_kind("host") for row in probe.sink.of_kind("vm").values())


# --- trust and sessions -----------------------------------------------------------------------------------------------


def refused(server: Vcsim, **options: str) -> NovaError:
    with pytest.raises(NovaError) as error, connected(server, **options):
        pass
    return error.value


def test_a_pin_instead_of_an_authority(server: Vcsim) -> None:
    with connected(server, "vm", tls_ca="", tls_pin=server.certificate.fingerprint()) as probe:
        assert probe.sink.objects


@pytest.mark.parametrize(
    "options", [{"tls_pin": "0" * 64}, {"tls_ca": ""}, {"tls_ca": "", "tls_pin": "0" * 64}], ids=str
)
def test_what_is_not_trusted_gets_no_password(server: Vcsim, options: dict[str, str]) -> None:
    error = refused(server, **options)
    assert isinstance(error, TlsUntrusted)
    assert error.failure.subject == server.certificate.fingerprint()


def test_a_wrong_password(server: Vcsim) -> None:
    probe = Probe(server)
    probe.driver.secrets["password"] = "wrong"
    with pytest.raises(AuthFailed) as error:
        probe.driver.connect()
    assert error.value.failure.code == "InvalidLogin"
    probe.driver.close()


def test_nobody_there(server: Vcsim) -> None:
    with pytest.raises(Unreachable):
        Probe(server, port=1).driver.connect()


def test_a_session_that_another_administrator_ends(server: Vcsim) -> None:
    with connected(server, "vm") as probe, client_of(server) as service:
        mine = service.content.sessionManager.currentSession.key
        for session in service.content.sessionManager.sessionList:
            if session.key != mine:
                change.end_session(service, session.key)
        change.power(service, "DC1_H0_VM0", "off")  # ends the wait
        probe.sink.until(lambda: bool(probe.sink.losses), "the loss")
        change.power(service, "DC1_H0_VM0", "on")
    assert probe.sink.losses[0].fault is Fault.UNREACHABLE
    assert "session" in probe.sink.losses[0].message


def test_the_end_of_the_server_is_told() -> None:
    with or_skip(lambda: Vcsim(machines=1)) as server:
        with connected(server, "vm") as probe:
            server.stop()
            probe.sink.until(lambda: bool(probe.sink.losses), "the loss")
        assert probe.sink.losses[0].fault is Fault.UNREACHABLE
        server.start()
        with connected(server, "vm") as again:
            assert set(again.sink.objects) == set(probe.sink.objects)


def test_another_certificate_after_a_restart_is_refused() -> None:
    with or_skip(lambda: Vcsim(machines=1)) as server:
        pin = server.certificate.fingerprint()
        with connected(server, "vm", tls_ca="", tls_pin=pin) as probe:
            opened = probe.driver._opened
            server.stop()
            server.present(server.authority.issue_server("another"))
            server.start()
            with pytest.raises(OSError):
                opened.service.CurrentTime()  # the connections that were open are dead
            with pytest.raises(TlsUntrusted):
                opened.service.CurrentTime()  # the library's pool makes one by itself
            with pytest.raises(TlsUntrusted):
                opened.channel().read(b"", lambda _: None)
