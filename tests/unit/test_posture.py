"""Each rule of posture: when it speaks, when it is silent, and when it does not know."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
import pytest

from novatui.core.capabilities import Evidence
from novatui.core.needs import Told
from novatui.core.posture import Claim, Finding, HostFacts, Level, MachineFacts, PageMerging, Plugged, Topic
from novatui.core.posture_judge import HOST_RULES, MACHINE_RULES, NOT_OFFERED, REMEDIES, judge_host, judge_machine
from novatui.core.posture_rules import RULE, RULES
from novatui.core.states import Family, Kind
from novatui.core.vmspec import (
    CpuFeature,
    CpuSpec,
    DiskSpec,
    FirmwareSpec,
    GraphicsSpec,
    HostDevice,
    HugePages,
    LaunchSecurity,
    Listener,
    MemorySpec,
    NicSpec,
    NumaCell,
    NumaSpec,
    Pin,
    TpmSpec,
)
from tests.unit.posture_facts import GIB, host, machine, told, vm

OK, RISK, WARNING, ADVICE = Level.OK, Level.RISK, Level.WARNING, Level.ADVICE
UNKNOWN, NOT_THERE = Level.UNKNOWN, Level.NOT_OFFERED

PINNED = tuple(Pin(subject=f"vcpu {at}", cpuset=str(at)) for at in range(2))
"""Both vCPUs on cell 0."""

FULL = Claim(machines=2, vcpus=2, memory=129 * GIB)

UNTOLD: Told[Any] = Told(said="virFoo is not supported [3]", evidence=Evidence(kind="asked", call="virFoo"))


def of(found: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [each for each in found if each.rule == rule]


def judged(rule: str, facts: MachineFacts, at: HostFacts | None = None) -> list[Finding]:
    return of(judge_machine(facts, at or host()), rule)


def disk(**said: Any) -> Any:
    plain = {"target": "vda", "bus": "virtio", "source_type": "file", "source": "/d/a", "cache": "none"}
    return vm(disks=(DiskSpec(**(plain | said)),))


def nic(**said: Any) -> Any:
    plain = {"type": "network", "source": "default", "model": "virtio", "mac": "52:54:00:00:00:01", "queues": 2}
    return vm(nics=(NicSpec(**(plain | said)),))


def cpu(**said: Any) -> Any:
    return vm(cpu=CpuSpec(**({"count": 2, "maximum": 2, "mode": "host-model"} | said)))


def memory(**said: Any) -> Any:
    return vm(memory=MemorySpec(**({"size": 4 * GIB, "balloon": "virtio", "balloon_stats": 5} | said)))


def screen(**said: Any) -> Any:
    return vm(graphics=(GraphicsSpec(**({"type": "vnc", "port": 5900} | said)),))


MACHINES: list[tuple[str, Any, dict[str, Any], Level, str]] = [
    # rule, machine, what is other about its host, what comes of it, words of the reason
    ("console", screen(listen="127.0.0.1"), {}, OK, "only the host"),
    ("console", screen(socket="/run/vnc.sock"), {}, OK, "only the host"),
    ("console", screen(listen="0.0.0.0"), {}, WARNING, "every address (0.0.0.0)"),
    ("console", screen(listen="::", tls=False), {}, WARNING, "not encrypted"),
    ("console", screen(listen="10.0.0.7"), {}, WARNING, "10.0.0.7"),
    ("console", screen(listen="0.0.0.0", tls=True), {}, OK, "encrypted"),
    ("console", screen(), {}, UNKNOWN, "configuration decides"),
    ("console", screen(type="egl-headless"), {}, OK, "no screen"),
    ("console_password", screen(listen="0.0.0.0", password=False), {}, RISK, "no password"),
    ("console_password", screen(listen="0.0.0.0", password=True), {}, OK, "asks for one"),
    ("console_password", screen(listen="0.0.0.0"), {}, UNKNOWN, "never read"),
    ("console_password", screen(listen="127.0.0.1"), {}, OK, "no screen is reached"),
    ("serial", vm(listeners=(Listener(name="serial 0", address="0.0.0.0", port="4555"),)), {}, RISK, "port 4555"),
    ("serial", vm(listeners=(Listener(name="serial 0", address="127.0.0.1", port="1"),)), {}, OK, "no serial"),
    ("serial", vm(listeners=(Listener(name="serial 0", address="::", tls=True),)), {}, WARNING, "encrypted"),
    ("serial", vm(listeners=(Listener(name="serial 0"),)), {}, UNKNOWN, "not told"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="uefi", secure_boot=True)), {}, OK, "secure boot"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="uefi", secure_boot=False)), {}, WARNING, "without"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="bios")), {}, ADVICE, "BIOS"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="uefi")), {}, UNKNOWN, "not told"),
    ("secure_boot", vm(firmware=FirmwareSpec()), {}, UNKNOWN, "firmware is not told"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="bios")), {"secure_boot": told(False)}, ADVICE, "the host has no"),
    ("secure_boot", vm(firmware=FirmwareSpec(type="uefi", secure_boot=True, kernel="/k")), {}, ADVICE, "kernel"),
    ("tpm", vm(), {}, OK, "2.0"),
    ("tpm", vm(tpm=()), {}, ADVICE, "no TPM"),
    ("tpm", vm(tpm=(), guest_os="microsoft/win/11"), {}, WARNING, "Windows"),
    ("tpm", vm(tpm=(), guest_os="microsoft/win/11"), {"tpm": told(False)}, ADVICE, "the host offers none"),
    ("tpm", vm(tpm=(TpmSpec(version="1.2"),)), {}, ADVICE, "1.2"),
    ("tpm", vm(tpm=(TpmSpec(backend="passthrough"),)), {}, UNKNOWN, "version"),
    ("memory_encryption", vm(), {}, OK, "sev"),
    ("memory_encryption", vm(launch_security=LaunchSecurity(type="sev", policy="0x0006")), {}, WARNING, "debug"),
    ("memory_encryption", vm(launch_security=LaunchSecurity(type="sev", policy="0x0003")), {}, ADVICE, "SEV-ES"),
    ("memory_encryption", vm(launch_security=LaunchSecurity(type="tdx")), {}, OK, "tdx"),
    ("memory_encryption", vm(launch_security=None), {}, ADVICE, "offers sev"),
    ("memory_encryption", vm(launch_security=None), {"encryption": told(frozenset())}, NOT_THERE, "neither"),
    ("memory_encryption", vm(launch_security=None), {"encryption": UNTOLD}, UNKNOWN, "virFoo"),
    ("vlan", nic(), {}, OK, "nat"),
    ("vlan", nic(source="flat"), {}, ADVICE, "no VLAN"),
    ("vlan", nic(source="flat", vlan="120"), {}, OK, "VLAN 120"),
    ("vlan", nic(source="flat", vlan="120,121", vlan_trunk=True), {}, WARNING, "trunk"),
    ("vlan", nic(source="flat"), {"networks": told({"flat": Plugged(kind="bridge", vlan="4095")})}, WARNING, "trunk"),
    ("vlan", nic(source="flat", isolated=True), {}, OK, "apart"),
    ("vlan", nic(type="user", source=""), {}, OK, "translation"),
    ("vlan", nic(type="bridge", source="br0"), {}, ADVICE, "br0"),
    ("vlan", nic(source="nowhere"), {}, UNKNOWN, "tells of no network"),
    ("vlan", nic(), {"networks": UNTOLD}, UNKNOWN, "virFoo"),
    ("vlan", vm(nics=()), {}, OK, "no interface"),
    ("nic_filter", nic(filter="clean-traffic"), {}, OK, "filtered"),
    ("nic_filter", nic(), {}, ADVICE, "any address"),
    ("nic_filter", nic(type="user"), {}, OK, "filtered"),
    ("disk_transport", disk(source_type="network", source="nbd:a@h:10809"), {}, ADVICE, "nbd"),
    ("disk_transport", disk(source_type="network", source="nbd:a@h:10809", tls=True), {}, OK, "encrypted"),
    ("disk_transport", disk(source_type="network", source="nbd:a@/run/s"), {}, OK, "socket"),
    ("disk_transport", disk(source_type="network", source="rbd:pool/a@mon1"), {}, UNKNOWN, "rbd"),
    ("disk_transport", disk(), {}, OK, "none"),
    ("disk_cache", disk(), {}, OK, "past"),
    ("disk_cache", disk(cache="unsafe"), {}, RISK, "lost"),
    ("disk_cache", disk(cache="writethrough"), {}, ADVICE, "writethrough"),
    ("disk_cache", disk(cache="writeback"), {}, ADVICE, "twice"),
    ("disk_cache", disk(cache=""), {}, ADVICE, "writeback"),
    ("disk_cache", disk(cache="writeback", io="native"), {}, WARNING, "native"),
    ("disk_cache", disk(source_type="block", source="/dev/vg/a"), {}, ADVICE, "native I/O"),
    ("disk_cache", disk(source_type="block", source="/dev/vg/a", io="native"), {}, OK, "past"),
    ("disk_cache", disk(device="cdrom", cache="unsafe"), {}, OK, "none"),
    ("disk_bus", disk(), {}, OK, "paravirtual"),
    ("disk_bus", disk(bus="ide", target="hda"), {}, WARNING, "ide"),
    ("disk_bus", disk(bus=""), {}, UNKNOWN, "bus"),
    ("disk_bus", disk(bus="scsi", target="sda"), {}, UNKNOWN, "adapter"),
    ("acceleration", vm(), {}, OK, "kvm"),
    ("acceleration", vm(hypervisor="qemu"), {}, WARNING, "has KVM"),
    ("acceleration", vm(hypervisor="qemu"), {"accelerated": told(False)}, ADVICE, "no KVM"),
    ("acceleration", vm(hypervisor="qemu"), {"accelerated": UNTOLD}, UNKNOWN, "virFoo"),
    ("acceleration", vm(hypervisor=""), {}, UNKNOWN, "not told"),
    ("cpu_mode", vm(), {}, OK, "host-model"),
    ("cpu_mode", cpu(mode="custom", model="EPYC"), {}, OK, "EPYC"),
    ("cpu_mode", cpu(mode="custom", model="qemu64"), {}, WARNING, "qemu64"),
    ("cpu_mode", cpu(mode=""), {}, WARNING, "no processor is chosen"),
    ("cpu_count", vm(), {}, OK, "2 vCPUs"),
    ("cpu_count", cpu(count=17), {}, WARNING, "17 vCPUs"),
    ("cpu_count", cpu(count=None), {}, UNKNOWN, "not known"),
    ("cpu_count", vm(), {"cpus": UNTOLD}, UNKNOWN, "virFoo"),
    ("pinning", vm(), {}, OK, "not tied"),
    ("pinning", cpu(pins=PINNED, emulator_pin="4"), {}, OK, "0-1"),
    ("pinning", cpu(pins=PINNED), {}, ADVICE, "emulator"),
    ("pinning", cpu(pins=PINNED, emulator_pin="1"), {}, ADVICE, "same processors"),
    ("pinning", cpu(pins=PINNED[:1]), {}, WARNING, "vCPU 1 of 2"),
    ("pinning", cpu(pins=(PINNED[0], Pin(subject="vcpu 1", cpuset="0"))), {}, WARNING, "share processor 0"),
    ("pinning", cpu(pins=PINNED), {"pinned": told({1: ("db1", "web1")})}, WARNING, "db1"),
    ("pinning", cpu(pins=PINNED), {"pinned": UNTOLD}, UNKNOWN, "virFoo"),
    ("pinning", cpu(pins=(Pin(subject="vcpu 0", cpuset="x"),)), {}, UNKNOWN, "cannot be read"),
    ("numa", vm(), {}, OK, "fits into one"),
    ("numa", vm(), {"cells": told(host().cells.value[:1])}, OK, "one NUMA cell"),  # type: ignore[index]
    ("numa", vm(), {"cells": UNTOLD}, UNKNOWN, "virFoo"),
    ("numa", vm(), {"cells": told(())}, UNKNOWN, "no NUMA cells"),
    ("numa", cpu(pins=PINNED), {}, ADVICE, "bound to none"),
    ("numa", cpu(count=10), {}, ADVICE, "more than the 8 processors"),
    ("numa", memory(size=65 * GIB), {}, ADVICE, "of a cell"),
    ("numa", vm(cpu=CpuSpec(count=2, pins=PINNED), numa=NumaSpec(mode="strict", nodeset="1")), {}, WARNING, "cell 1"),
    ("numa", vm(cpu=CpuSpec(count=2, pins=PINNED), numa=NumaSpec(mode="strict", nodeset="0")), {}, OK, "on cell 0"),
    ("numa", vm(numa=NumaSpec(mode="strict", nodeset="1")), {}, ADVICE, "may run on any"),
    ("numa", vm(cpu=CpuSpec(count=10), numa=NumaSpec(cells=(NumaCell(id=0), NumaCell(id=1)))), {}, OK, "2 NUMA cells"),
    ("huge_pages", vm(), {}, OK, "too little"),
    ("huge_pages", memory(size=16 * GIB), {}, OK, "transparent"),
    ("huge_pages", memory(size=16 * GIB), {"huge_pages": told({GIB: 20})}, ADVICE, "20G in huge ones"),
    ("huge_pages", memory(size=16 * GIB), {"huge_pages": told({4096: 10**9})}, OK, "transparent"),
    ("huge_pages", memory(size=64 * GIB), {}, ADVICE, "no huge ones"),
    ("huge_pages", memory(size=16 * GIB), {"huge_pages": UNTOLD}, UNKNOWN, "virFoo"),
    ("huge_pages", memory(size=None), {}, UNKNOWN, "size"),
    ("huge_pages", memory(huge_pages=(HugePages(size=GIB),)), {}, OK, "1.0G pages"),
    ("ballooning", vm(), {}, OK, "taken back"),
    ("ballooning", memory(balloon=""), {}, UNKNOWN, "not told"),
    ("ballooning", memory(balloon_stats=None), {}, ADVICE, "does not report"),
    ("ballooning", memory(huge_pages=(HugePages(size=GIB),)), {}, ADVICE, "huge pages"),
    ("ballooning", memory(balloon="none"), {}, OK, "no balloon"),
    ("ballooning", memory(balloon="none"), {"claim": told(FULL)}, WARNING, "more"),
    ("ballooning", memory(balloon="none"), {"claim": UNTOLD}, UNKNOWN, "virFoo"),
    ("ballooning", vm(host_devices=(HostDevice(type="pci", address="0000:3b:00.0"),)), {}, ADVICE, "host device"),
    ("iothreads", vm(), {}, OK, "main loop is enough"),
    ("iothreads", cpu(count=8), {}, ADVICE, "vda"),
    ("iothreads", cpu(count=None), {}, UNKNOWN, "not known"),
    ("iothreads", vm(disks=()), {}, OK, "no virtio disk"),
    ("nic_model", vm(), {}, OK, "paravirtual"),
    ("nic_model", nic(model="e1000"), {}, WARNING, "e1000"),
    ("nic_model", nic(model=""), {}, UNKNOWN, "not told"),
    ("nic_model", nic(model="usb-net"), {}, UNKNOWN, "usb-net"),
    ("nic_model", nic(model="", type="hostdev"), {}, OK, "device"),
    ("multiqueue", vm(), {}, OK, "several queues"),
    ("multiqueue", nic(queues=None), {}, ADVICE, "one queue for 2"),
    ("multiqueue", nic(queues=4), {}, ADVICE, "never used"),
    ("multiqueue", nic(queues=None, type="user"), {}, OK, "could have queues"),
    ("multiqueue", cpu(count=1), {}, OK, "one vCPU"),
    ("multiqueue", cpu(count=None), {}, UNKNOWN, "not known"),
    ("nested", vm(), {}, OK, "does not offer"),
    ("nested", vm(), {"nested": told(True)}, ADVICE, "brings it along"),
    ("nested", vm(), {"nested": UNTOLD}, UNKNOWN, "virFoo"),
    ("nested", cpu(mode="custom", model="EPYC"), {"nested": told(True)}, OK, "not given"),
    ("nested", cpu(features=(CpuFeature(name="svm", policy="disable"),)), {"nested": told(True)}, OK, "not given"),
    ("nested", cpu(mode="custom", features=(CpuFeature(name="vmx", policy="require"),)), {}, ADVICE, "needed?"),
    ("confinement", vm(), {}, OK, "label of apparmor"),
    ("confinement", vm(), {"confinement": told(frozenset({"dac"}))}, NOT_THERE, "no security driver"),
    ("confinement", vm(), {"confinement": UNTOLD}, UNKNOWN, "virFoo"),
]  # fmt: skip

HOSTS: list[tuple[str, dict[str, Any], Level, str]] = [
    ("transport", {}, OK, "ssh"),
    ("transport", {"transport": told("unix")}, OK, "this machine"),
    ("transport", {"transport": told("tcp")}, RISK, "tcp"),
    ("transport", {"transport": told("ext")}, UNKNOWN, "ext"),
    ("transport", {"transport": UNTOLD}, UNKNOWN, "virFoo"),
    ("transport", {"transport": Told(value="tls", said="certificate not checked")}, WARNING, "not checked"),
    ("security_driver", {}, OK, "apparmor"),
    ("security_driver", {"confinement": told(frozenset({"dac"}))}, WARNING, "only dac"),
    ("security_driver", {"confinement": told(frozenset())}, WARNING, "none"),
    ("security_driver", {"confinement": UNTOLD}, UNKNOWN, "virFoo"),
    ("moves", {}, OK, "encrypted"),
    ("moves", {"moves": told("asked")}, ADVICE, "unless"),
    ("moves", {"moves": told("plain")}, WARNING, "plain text"),
    ("moves", {"moves": UNTOLD}, UNKNOWN, "virFoo"),
    ("memory_overcommit", {}, OK, "50%"),
    ("memory_overcommit", {"claim": told(Claim(machines=1, vcpus=1, memory=120 * GIB))}, ADVICE, "94%"),
    ("memory_overcommit", {"claim": told(Claim(machines=1, vcpus=1, memory=160 * GIB))}, WARNING, "125%"),
    ("memory_overcommit", {"claim": UNTOLD}, UNKNOWN, "virFoo"),
    ("memory_overcommit", {"memory": UNTOLD}, UNKNOWN, "virFoo"),
    ("cpu_overcommit", {}, OK, "0.8 to 1"),
    ("cpu_overcommit", {"claim": told(Claim(machines=9, vcpus=64, memory=1))}, ADVICE, "4.0 to 1"),
    ("cpu_overcommit", {"claim": told(Claim(machines=9, vcpus=112, memory=1))}, WARNING, "7.0 to 1"),
    ("cpu_overcommit", {"cpus": UNTOLD}, UNKNOWN, "virFoo"),
    ("page_merging", {}, OK, "no pages"),
    ("page_merging", {"merging": told(PageMerging(active=True, across_cells=True))}, ADVICE, "2 NUMA cells"),
    ("page_merging", {"merging": told(PageMerging(active=True, across_cells=False))}, OK, "within each"),
    ("page_merging", {"merging": told(PageMerging(active=True))}, UNKNOWN, "across"),
    ("page_merging", {"merging": UNTOLD}, UNKNOWN, "virFoo"),
]


@pytest.mark.parametrize(("rule", "spec", "other", "level", "words"), MACHINES)
def test_a_rule_of_machines(rule: str, spec: Any, other: dict[str, Any], level: Level, words: str) -> None:
    found = judged(rule, machine(spec), host(**other))
    assert [each.level for each in found] == [level], found
    assert words in found[0].reason
    assert found[0].evidence, "everything that is said rests on something that was asked"


@pytest.mark.parametrize(("rule", "other", "level", "words"), HOSTS)
def test_a_rule_of_hosts(rule: str, other: dict[str, Any], level: Level, words: str) -> None:
    found = of(judge_host(host(**other)), rule)
    assert [each.level for each in found] == [level], found
    assert words in found[0].reason


def test_a_machine_and_a_host_without_fault_have_none() -> None:
    assert [each for each in (*judge_machine(machine(), host()), *judge_host(host())) if each.level is not OK] == []


def test_every_rule_of_the_list_is_judged_and_tried_here() -> None:
    tried = {each[0] for each in MACHINES} | {each[0] for each in HOSTS}
    assert {rule.slug for rule in RULES} == MACHINE_RULES.keys() | HOST_RULES.keys() == tried
    assert {rule.slug for rule in RULES if rule.about is Kind.HOST} == set(HOST_RULES)
    for slug in tried:
        levels = {each[3] for each in MACHINES if each[0] == slug} | {each[2] for each in HOSTS if each[0] == slug}
        assert levels & {RISK, WARNING, ADVICE} or slug == "confinement", slug
        assert OK in levels, slug


def test_nothing_told_is_never_fine() -> None:
    """A host that told nothing, a machine with an empty description: no rule about them may be content by that."""
    silent = HostFacts(key="host:h", name="h", family=Family.LIBVIRT)
    assert {each.level for each in judge_host(silent)} == {UNKNOWN}
    full = judge_machine(machine(vm(launch_security=None), confined=Told()), silent)
    about_host = {"numa", "cpu_count", "memory_encryption", "confinement", "nested"}
    assert {each.rule for each in full if each.level is UNKNOWN} >= about_host


def test_a_machine_that_is_off_needs_its_huge_pages_free() -> None:
    off = machine(memory(huge_pages=(HugePages(size=GIB),)), running=False)
    assert judged("huge_pages", off, host(huge_pages=told({GIB: 3})))[0].level is WARNING
    assert judged("huge_pages", off, host(huge_pages=told({GIB: 4})))[0].level is OK
    assert judged("huge_pages", off, host(huge_pages=UNTOLD))[0].level is UNKNOWN


def test_a_device_on_another_cell_is_found() -> None:
    facts = machine(vm(cpu=CpuSpec(count=2, pins=PINNED), numa=NumaSpec(mode="strict", nodeset="0")))
    near, far = ({"0000:3b:00.0": told(cell)} for cell in (0, 1))
    assert judged("numa", msgspec.structs.replace(facts, device_cells=near))[0].level is OK
    found = judged("numa", msgspec.structs.replace(facts, device_cells=far))[0]
    assert (found.level, found.subject) == (WARNING, "0000:3b:00.0")
    lost = judged("numa", msgspec.structs.replace(facts, device_cells={"0000:3b:00.0": UNTOLD}))[0]
    assert lost.level is UNKNOWN
    loose = judged("numa", machine(vm(), device_cells=far))[0]
    assert loose.level is ADVICE


def test_a_scsi_disk_is_as_good_as_its_adapter() -> None:
    spec = disk(bus="scsi", target="sda")
    with_adapter = {
        name: msgspec.structs.replace(spec, controllers=(f"scsi0 {name}",)) for name in ("virtio-scsi", "lsilogic")
    }
    assert judged("disk_bus", machine(with_adapter["virtio-scsi"]))[0].level is OK
    assert judged("disk_bus", machine(with_adapter["lsilogic"]))[0].level is WARNING


def test_without_a_label_a_machine_is_not_confined() -> None:
    assert judged("confinement", machine(confined=told(frozenset({"dac"}))))[0].level is WARNING
    assert judged("confinement", machine(confined=UNTOLD))[0].level is UNKNOWN


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("rule", [rule.slug for rule in RULES])
def test_each_product_has_a_remedy_or_nothing_of_the_kind(rule: str, family: Family) -> None:
    remedies = [remedy for name, remedy in REMEDIES.items() if name.partition("/")[0] == rule]
    declared = (rule, family) in NOT_OFFERED
    partly = rule == "pinning" or rule == "ballooning"
    assert remedies
    if declared:
        assert not any(family in remedy.native for remedy in remedies), "a product cannot lack and have it"
    elif not partly:
        assert all(family in remedy.native for remedy in remedies), f"{family} has nothing against {rule}"


def test_what_a_product_lacks_is_declared_not_judged() -> None:
    found = judged("disk_cache", machine(disk(cache="unsafe"), family=Family.VSPHERE))
    assert [(each.level, each.evidence[0].kind) for each in found] == [(NOT_THERE, "declared")]


@pytest.mark.parametrize("name", ["web1; rm -rf /", "$(reboot)", "a'b", "'", "<x/>&"])
def test_a_hostile_name_stays_one_argument(name: str) -> None:
    """What is shown to be typed is typed: a name must not become a command of its own."""
    spec = msgspec.structs.replace(cpu(count=17), name=name)
    found = judged("cpu_count", machine(spec, name=name))[0]
    words = shlex.split(found.native[0])
    assert words[:3] == ["virsh", "setvcpus", name]
    powershell = judged("cpu_count", machine(spec, name=name, family=Family.HYPERV))[0].native[0]
    body = powershell.partition("-VMName '")[2].rpartition("' -Count")[0]
    assert body.replace("''", "").count("'") == 0, powershell
    assert body.replace("''", "'") == name
    escaped = judged("vlan", machine(nic(type="bridge", source="br0", mac=name)))[0].native[1]
    assert "<x/>" not in escaped


def test_every_text_of_a_remedy_can_be_filled() -> None:
    """No brace is left, for any product, whatever the finding."""
    everything = [(rule, spec, other) for rule, spec, other, _, _ in MACHINES]
    for family in Family:
        for _, spec, other in everything:
            for each in judge_machine(machine(spec, family=family), host(family=family, **other)):
                assert "{" not in each.remedy + "".join(each.native)
        for _, other, _, _ in HOSTS:
            for each in judge_host(host(family=family, **other)):
                assert "{" not in each.remedy + "".join(each.native)


def test_the_worst_comes_first() -> None:
    assert sorted(Level, key=lambda level: level.rank)[0] is RISK
    assert not OK.matters
    assert UNKNOWN.matters
    assert {rule.topic for rule in RULES} == set(Topic)
    assert RULE["numa"].title == "NUMA alignment"
