"""What hosts and machines of the SOAP simulator can do, and what faults of single calls leave unknown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.capabilities import Answer, Fact
from novatui.core.errors import Unreachable
from novatui.core.hostprofile import Section
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of, everything
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vsphere-soap-probe")

HOST, HOLDER, PLAIN = "campus-1", "direct", "mover-1"


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as one:
        yield one


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    server.steering.clear()
    with connected(server) as found:  # type: ignore[arg-type]
        yield found
    server.steering.clear()


def told(probe: Probe, name: str, kind: str = "vm") -> dict[str, Fact]:
    return {fact.feature: fact for fact in probe.driver.probe(probe.sink.key_of(name, kind))}


def test_a_host_offers_what_another_client_reads_of_it(server: SoapServer, probe: Probe) -> None:
    facts = told(probe, HOST, "host")
    with client_of(server) as service:  # type: ignore[arg-type]
        hosts = everything(service, vim.HostSystem, ("name", "capability", "config.pciPassthruInfo", "datastore"))
        read = next(each for each in hosts.values() if each["name"] == HOST)
        able, cards = read["capability"], read["config.pciPassthruInfo"]
        stores = [store.name for store in read["datastore"]]
    assert (facts["nested_virt"].value is Answer.YES) == able.nestedHVSupported
    assert (facts["live_storage_migration"].value is Answer.YES) == able.storageVMotionSupported
    functions = [card for card in cards if isinstance(card, vim.host.SriovInfo) and card.sriovCapable]
    made, most = (
        sum(getattr(card, name) for card in functions) for name in ("numVirtualFunction", "maxVirtualFunctionSupported")
    )
    assert facts["sriov"].note == f"{made}/{most} made"
    assert facts["gpu_passthrough"].value is Answer.YES
    assert facts["thin_provisioning"].note == f"{len(stores)}/{len(stores)} stores"


def test_a_machine_with_a_card_of_its_host_stays_where_it_is(server: SoapServer, probe: Probe) -> None:
    facts = told(probe, HOLDER)
    with client_of(server) as service:  # type: ignore[arg-type]
        hardware = change.machine(service, HOLDER).config.hardware.device
        (card,) = [one for one in hardware if isinstance(one, vim.vm.device.VirtualPCIPassthrough)]
    assert facts["live_migration"].value is Answer.NO
    assert card.backing.id in facts["live_migration"].reason
    assert (facts["gpu_passthrough"].value, facts["gpu_passthrough"].note) == (Answer.YES, "has 1")
    assert facts["overcommit"].value is Answer.NO
    assert "attached" not in told(probe, PLAIN)["live_migration"].reason


FALLS: dict[str, set[str]] = {
    "HasUserPrivilegeOnEntities": {"lifecycle"},
    "QueryPerfProviderSummary": {"metrics"},
    "QueryConfigOptionEx": {"cpu_hotplug", "memory_hotplug", "secure_boot"},
}


@pytest.mark.parametrize("call", FALLS)
@pytest.mark.parametrize("name", ["NoPermission", "NotSupported", "MethodNotFound"])
def test_a_fault_of_a_call_turns_its_features_to_unknown_with_the_fault(
    server: SoapServer, probe: Probe, call: str, name: str
) -> None:
    before = told(probe, HOST, "host")
    server.steering.plant(method=call, do="fault", name=name)
    after = told(probe, HOST, "host")
    changed = {slug for slug, fact in after.items() if fact.value is not before[slug].value}
    assert changed == FALLS[call]
    for slug in changed:
        assert after[slug].value is Answer.UNKNOWN
        assert name in after[slug].reason, after[slug]
        assert after[slug].evidence is not None


def test_a_session_that_ends_answers_nothing(server: SoapServer, probe: Probe) -> None:
    key = probe.sink.key_of(HOST, "host")
    server.steering.plant(method="RetrievePropertiesEx", do="fault", name="NotAuthenticated")
    with pytest.raises(Unreachable):
        probe.driver.probe(key)


def test_an_account_that_may_only_look_is_told_so(server: SoapServer) -> None:
    with connected(server, user="viewer@vsphere.local") as probe:  # type: ignore[arg-type]
        assert told(probe, PLAIN)["lifecycle"].value is Answer.NO
        host = told(probe, HOST, "host")["lifecycle"]
        assert (host.value, "none of these privileges" in host.reason) == (Answer.UNKNOWN, True)


def test_a_profile_lists_port_groups_and_devices(server: SoapServer, probe: Probe) -> None:
    profile = probe.driver.profile(probe.sink.key_of(HOST, "host"))
    with client_of(server) as service:  # type: ignore[arg-type]
        hosts = everything(service, vim.HostSystem, ("name", "datastore", "network"))
        read = next(each for each in hosts.values() if each["name"] == HOST)
        stores, networks = ({one.name for one in read[path]} for path in ("datastore", "network"))
    assert {item.name for item in profile.part(Section.STORAGE).items or ()} == stores
    assert {item.name for item in profile.part(Section.NETWORKS).items or ()} == networks
    assert any(item.name.startswith("gpu ") for item in profile.part(Section.DEVICES).items or ())
