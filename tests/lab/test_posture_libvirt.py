"""Posture of a real QEMU machine: planted faults are found, and every call that a finding rests on is in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import key
from novatui.core.posture import Finding, Level
from novatui.core.states import Family, Kind
from tests.conformance.recording import Recording
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytest.importorskip("libvirt")

from novatui.backends.libvirt.driver import LibvirtDriver
from tests.lab.libvirt.moves import quiet

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

SECRET = "geheim99"
SINNER = GuestSpec(
    "sinner",
    boot="none",
    memory_mib=64,
    extra_devices=(
        "<interface type='user'><mac address='52:54:00:00:00:21'/><model type='e1000'/></interface>"
        f"<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='{SECRET}'/>"
    ),
)

OF_THE_CLIENT = {"virConnectOpenAuth"}
"""Made before the log of the daemon tells of this connection."""


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    quiet()
    with or_skip(lambda: LibvirtHost("atlas")) as made:
        made.start_guest(SINNER, wait=False, paused=True)
        yield made


def test_findings_rest_on_calls_that_went_out(host: LibvirtHost) -> None:
    sink = Recording()
    sink.reading = LibvirtDriver.READING
    spec = ConnectionSpec(name="a", family=Family.LIBVIRT, driver="libvirt", uri=host.uri)
    driver = LibvirtDriver(spec, {}, sink)
    driver.connect()
    try:
        driver.load([Kind.HOST.value, Kind.VM.value])
        before = len(host.api_calls())
        machine = driver.posture(key(Kind.VM, host.virsh("domuuid", "sinner").strip()))
        whole = driver.posture(next(name for name in sink.table if name.startswith("host:")))
        sent = {call.function for call in host.api_calls()[before:]}
    finally:
        driver.close()
    evidence = [one for posture in (machine, whole) for each in posture.findings for one in each.evidence]
    asked = {one.call for one in evidence if one.kind == "asked"} - OF_THE_CLIENT
    assert {"virDomainGetXMLDesc", "virConnectGetCapabilities", "virConnectGetDomainCapabilities"} <= asked
    assert {"virNodeGetInfo", "virNodeGetMemoryStats"} <= asked
    assert asked <= sent
    assert all(each.evidence for posture in (machine, whole) for each in posture.findings)

    found = _by_rule(machine.findings)
    assert found["acceleration"].level in {Level.WARNING, Level.ADVICE}, "the lab emulates"
    assert (found["cpu_mode"].level, "qemu64" in found["cpu_mode"].reason) == (Level.WARNING, True)
    assert (found["nic_model"].level, found["nic_model"].subject) == (Level.WARNING, "52:54:00:00:00:21")
    assert found["secure_boot"].level is Level.ADVICE
    assert found["tpm"].level is Level.ADVICE
    assert found["console"].level is Level.OK, "on the host's own address"
    assert found["ballooning"].level is Level.OK
    assert found["vlan"].level is Level.OK
    assert found["confinement"].level is Level.NOT_OFFERED, "the lab's daemon has no security driver"
    about_host = _by_rule(whole.findings)
    assert about_host["memory_overcommit"].level is Level.OK
    assert about_host["transport"].level is Level.OK
    assert about_host["security_driver"].level is Level.WARNING
    assert SECRET not in repr((machine, whole))


def _by_rule(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {each.rule: each for each in findings}
