"""The demo's facts: all 28 for connection, hosts and machines of five families, proven, and true of its own world."""

from __future__ import annotations

import pytest

from novatui.backends.demo.probing import facts_of
from novatui.backends.demo.probing_words import SAID
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Machine
from novatui.backends.demo.standing import Standing
from novatui.core.capabilities import Answer, Fact
from novatui.core.errors import NotFound, Unreachable
from novatui.core.features import FEATURE
from novatui.core.ids import key
from novatui.core.states import Family, Kind, Power
from tests.unit.demo_scenes import scene_at, scene_of

SITES = ("vc-east", "hv-clu1", "pool-xen", "pve-lab", "kvm-03", "kvm-12")
STILL = "vms=1000&at=1790000000"


def facts(scene: Scene, scope: str = "") -> dict[str, Fact]:
    told = facts_of(scene, scope, lambda: None)
    assert [fact.feature for fact in told] == list(FEATURE)
    for fact in told:
        assert fact.scope == scope
        assert fact.proven, fact
        assert fact.value is Answer.YES or fact.reason or fact.value is Answer.NOT_OFFERED, fact
        assert len(fact.note) <= 14, fact
    return {fact.feature: fact for fact in told}


def host_key(scene: Scene, at: int) -> str:
    return key(Kind.HOST, scene.estate.hosts[at].id)


def machines(scene: Scene) -> list[tuple[str, Machine]]:
    world = scene.clock.world()
    here = [each for each in scene.estate.machines if scene.now(each, world).here and each.kind is not Kind.TEMPLATE]
    return [(key(each.kind, each.id), each) for each in here]


@pytest.mark.parametrize("site", SITES)
def test_every_scope_answers_every_feature_with_its_proof(site: str) -> None:
    scene = scene_at(site, STILL)
    facts(scene)
    for at in range(len(scene.estate.hosts)):
        facts(scene, host_key(scene, at))
    for scope, _ in machines(scene)[:60]:
        facts(scene, scope)


def test_the_fleet_shows_every_kind_of_answer() -> None:
    scenes = [scene_at(site, STILL) for site in SITES]
    seen = {fact.value for scene in scenes for fact in facts(scene).values()}
    seen |= {fact.value for scene in scenes for fact in facts(scene, host_key(scene, -1)).values()}
    assert seen == set(Answer)
    kinds = {fact.evidence.kind for scene in scenes for fact in facts(scene).values() if fact.evidence}
    assert kinds == {"asked", "declared"}


def test_what_is_only_believed_is_not_told_as_a_fact() -> None:
    hyperv = facts(scene_of(Family.HYPERV))
    for slug in ("cpu_hotplug", "memory_encryption", "page_dedup"):
        assert hyperv[slug].value is Answer.UNKNOWN
    assert facts(scene_of(Family.XCPNG))["page_dedup"].value is Answer.UNKNOWN
    sharing = facts(scene_of(Family.VSPHERE))["page_dedup"]
    assert sharing.evidence is not None
    assert sharing.evidence.kind == "asked"


def test_calls_are_in_the_words_of_the_family() -> None:
    words = {
        Family.LIBVIRT: ("vir",),
        Family.XCPNG: (
            "VM.",
            "host.",
            "pool.",
            "PIF.",
            "PCI.",
            "SM.",
            "SR.",
            "VTPM.",
            "event.",
            "message.",
            "GET /rrd",
        ),
        Family.PROXMOX: ("GET /",),
        Family.HYPERV: ("Get-", "Register-", "Compare-"),
        Family.VSPHERE: ("Retrieve", "Query", "OptionManager", "Has", "Wait", "Performance", "Crypto"),
    }
    for family, beginnings in words.items():
        scene = scene_of(family)
        told = [
            *facts(scene).values(),
            *facts(scene, host_key(scene, 0)).values(),
            *facts(scene, machines(scene)[0][0]).values(),
        ]
        calls = {fact.evidence.call for fact in told if fact.evidence is not None and fact.evidence.kind == "asked"}
        assert len(calls) >= 5
        assert all(call.startswith(beginnings) for call in calls), calls
        assert not any("{" in call for call in calls)


def test_devices_free_and_held_are_those_of_the_world() -> None:
    scene = scene_at("kvm-12", STILL)
    host = scene.estate.hosts[0]
    cards = [each for each in host.devices if each.device_class == "gpu"]
    left = [each for each in cards if not each.holder]
    fact = facts(scene, host_key(scene, 0))["gpu_passthrough"]
    assert fact.note == f"{len(left)}/{len(cards)} free"
    holder = next(scope for scope, each in machines(scene) if each.name == "gpu-train-1")
    held = facts(scene, holder)
    assert held["gpu_passthrough"].value is Answer.YES
    assert held["live_migration"].value is Answer.NO
    assert "is given to it" in held["live_migration"].reason
    assert held["live_migration"].blocks
    assert held["huge_pages"].value is held["cpu_pinning"].value is held["numa"].value is Answer.YES
    assert held["snapshots"].value is Answer.PARTLY


def test_what_a_machine_is_told_agrees_with_what_it_is() -> None:
    for site in SITES:
        scene = scene_at(site, STILL)
        for scope, machine in machines(scene)[:40]:
            told, standing = facts(scene, scope), Standing.of(scene, scope)
            assert (told["secure_boot"].value is Answer.YES) == (machine.secure_boot is True)
            assert (told["tpm"].value is Answer.YES) == (machine.tpm not in ("", "none"))
            if machine.devices and not standing.cold:
                assert told["live_migration"].value is Answer.NO
            if standing.power is Power.OFF:
                assert told["live_migration"].value in (Answer.PARTLY, Answer.NO)


def test_a_host_that_does_not_answer_is_unknown_and_counted_apart() -> None:
    scene = scene_at("vc-east", STILL)
    assert {fact.value for fact in facts(scene, host_key(scene, 5)).values()} == {Answer.UNKNOWN}
    gathered = facts(scene)["sriov"]
    assert gathered.value is Answer.PARTLY
    assert gathered.note == f"{len(scene.estate.hosts) - 1}/{len(scene.estate.hosts)} 1?"
    lacking = facts(scene, host_key(scene, 10))
    assert lacking["tpm"].value is Answer.NO


def test_an_outage_in_the_middle_answers_nothing() -> None:
    scene, asked = scene_of(Family.PROXMOX), [0]

    def call() -> None:
        asked[0] += 1
        if asked[0] > 3:
            raise Unreachable("pve1.nova.example:8006 does not answer")

    with pytest.raises(Unreachable):
        facts_of(scene, "", call)


def test_one_question_goes_out_once() -> None:
    scene, asked = scene_of(Family.LIBVIRT), [0]

    def call() -> None:
        asked[0] += 1

    told = facts_of(scene, "", call)
    questions = {(f.evidence.call, f.evidence.args) for f in told if f.evidence and f.evidence.kind == "asked"}
    assert asked[0] == len(questions) < len(told)


def test_what_is_no_host_and_no_machine_is_not_found() -> None:
    scene = scene_of(Family.VSPHERE)
    for scope in ("host:gone", key(Kind.DATASTORE, scene.estate.stores[0].id)):
        with pytest.raises(NotFound):
            facts_of(scene, scope, lambda: None)


def test_every_product_says_something_of_every_feature() -> None:
    for said in SAID.values():
        assert set(said) <= set(FEATURE)
        for each in said.values():
            assert bool(each.call) + bool(each.source) <= 1
            assert each.call or each.source or each.reason
