"""The vCenter simulator serves what the tests of the vSphere driver need, seen by a client that is not ours."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVim.connect import SmartConnect
from pyVmomi import vim

from tests.lab.fixtures import or_skip
from tests.lab.processes import is_alive
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.walk import plain, walk

pytestmark = pytest.mark.xdist_group("vcsim")

MODEL = {"datacenters": 2, "clusters": 2, "hosts": 2, "standalone": 1, "machines": 2, "pools": 1, "vapps": 1}


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(**MODEL, folders=1, pods=1)) as running:
        yield running


def test_serves_every_kind_of_object(server: Vcsim) -> None:
    with client_of(server) as service:
        kinds = Counter(one.kind for one in walk(service).values())
    assert kinds["Datacenter"] == 2
    assert kinds["ClusterComputeResource"] == 4
    assert kinds["HostSystem"] == 2 * (2 * 2 + 1)
    assert kinds["VirtualApp"] == 4
    assert kinds["StoragePod"] == 2
    assert {"ResourcePool", "Datastore", "DistributedVirtualPortgroup", "Network", "VirtualMachine"} <= set(kinds)


def test_paths_lead_through_the_folders_that_people_made(server: Vcsim) -> None:
    with client_of(server) as service:
        everything = walk(service)
        json.dumps(plain(service))
    seen = {one.name: one for one in everything.values() if one.kind == "VirtualMachine"}
    assert seen["DC0_C0_RP0_VM0"].path == ("DC0",)
    assert seen["DC1_C0_RP0_VM0"].path == ("F0", "DC1", "F0")
    assert everything[seen["DC0_C0_APP0_VM0"].facts["resourcePool"]].name == "DC0_C0_APP0"


def test_changes_of_another_client_are_there(server: Vcsim) -> None:
    with client_of(server) as service:
        change.power(service, "DC0_H0_VM0", "off")
        change.rename(service, vim.VirtualMachine, "DC0_H0_VM0", "web%2f1")
        change.move(service, "web%2f1", change.make_folder(service, "DC0", "teams", "shop"))
        change.clone(service, "web%2f1", "one more")
        change.make_template(service, "one more")
        after = {one.name: one for one in walk(service).values()}
    assert after["web/1"].path[-2:] == ("teams", "shop")
    assert after["web/1"].facts["runtime.powerState"] == "poweredOff"
    assert after["one more"].facts["config.template"] is True


def test_wrong_password_and_wrong_authority_are_refused(server: Vcsim) -> None:
    context = ssl.create_default_context(cafile=str(server.authority.root.certificate))
    with pytest.raises(vim.fault.InvalidLogin):
        SmartConnect(host="localhost", port=server.port, user=server.user, pwd="wrong", sslContext=context)
    strangers = ssl.create_default_context()  # without one pyVmomi checks nothing on the loopback
    with pytest.raises(ssl.SSLCertVerificationError):
        SmartConnect(host="localhost", port=server.port, user=server.user, pwd=server.password, sslContext=strangers)


def test_an_end_and_a_new_start_serve_the_same_references() -> None:
    with or_skip(lambda: Vcsim(machines=1)) as server:
        with client_of(server) as service:
            before = {one.reference for one in walk(service).values() if one.kind == "VirtualMachine"}
        server.stop()
        server.start()
        with client_of(server) as service:
            after = {one.reference for one in walk(service).values() if one.kind == "VirtualMachine"}
        pid = server._running().pid
    assert before == after
    assert not is_alive(pid)


def test_a_lone_host_is_no_vcenter() -> None:
    with or_skip(lambda: Vcsim(esx=True)) as server, client_of(server) as service:
        assert service.content.about.apiType == "HostAgent"
        assert len([one for one in walk(service).values() if one.kind == "VirtualMachine"]) == 2
