"""Posture of the demo: five families judged by what their own world says, in their own words, proven, and quiet hosts
left unknown."""

from __future__ import annotations

import pytest

from novatui.backends.demo.posturing import Postures
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.specs import spec_of
from novatui.core.errors import NotFound, Timeout, Unreachable
from novatui.core.ids import key
from novatui.core.posture import Finding, Level
from novatui.core.posture_judge import HOST_RULES, MACHINE_RULES
from novatui.core.states import Kind
from tests.unit.demo_scenes import scene_at

SITES = {
    "vc-east": ("RetrievePropertiesEx", "govc"),
    "hv-clu1": ("Get-VM", "Set-VM"),
    "pool-xen": ("VM.get_record", "xe "),
    "pve-lab": ("GET /nodes/", "qm set"),
    "kvm-03": ("virDomainGetXMLDesc", "virsh"),
}
"""What each product is asked of a machine, and how something is typed there."""

STILL = "vms=1000&at=1790000000"
QUIET = 5
"""Number of the host that answers nothing."""


def machines(scene: Scene) -> list[str]:
    world = scene.clock.world()
    found = [each for each in scene.estate.machines if each.kind is Kind.VM and scene.now(each, world).here]
    return [key(each.kind, each.id) for each in found]


def judged(scene: Scene) -> dict[str, tuple[Finding, ...]]:
    postures = Postures(scene, lambda: None)
    return {wanted: postures.judge(wanted).findings for wanted in machines(scene)}


@pytest.mark.parametrize("site", SITES)
def test_every_rule_is_answered_in_the_words_of_the_family(site: str) -> None:
    scene = scene_at(site, STILL)
    call, typed = SITES[site]
    found = judged(scene)
    assert found
    natives = [line for findings in found.values() for each in findings for line in each.native]
    assert any(line.startswith(typed) for line in natives)
    for findings in found.values():
        assert {each.rule for each in findings} == set(MACHINE_RULES)
        assert any(each.evidence and each.evidence[0].call.startswith(call) for each in findings)
        for each in findings:
            assert each.reason, each
            assert each.evidence, each
            assert bool(each.remedy) == (each.level in {Level.RISK, Level.WARNING, Level.ADVICE}), each


def test_what_is_found_is_what_the_machine_was_set_up_with() -> None:
    """The same description that the detail screen shows."""
    for site in SITES:
        scene = scene_at(site, STILL)
        specs = {key(each.kind, each.id): spec_of(scene.estate, each) for each in scene.estate.machines}
        for wanted, findings in judged(scene).items():
            spec, levels = specs[wanted], {each.rule: each.level for each in findings}
            assert (levels["secure_boot"] is Level.OK) == bool(spec.firmware.secure_boot)
            assert (levels["tpm"] is Level.OK) == bool(spec.tpm)
            emulated = any(nic.model.startswith(("e1000", "legacy")) for nic in spec.nics)
            assert (levels["nic_model"] is Level.WARNING) == emulated
            if any(disk.cache == "unsafe" for disk in spec.disks):
                assert levels["disk_cache"] is Level.RISK


def test_people_in_a_hurry_are_in_the_lab_and_all_kinds_of_findings_are_seen() -> None:
    seen: set[Level] = set()
    for site in SITES:
        scene = scene_at(site, STILL)
        tags = {key(each.kind, each.id): set(each.tags) for each in scene.estate.machines}
        for wanted, findings in judged(scene).items():
            seen |= {each.level for each in findings}
            if any(each.level is Level.RISK for each in findings):
                assert tags[wanted] & {"lab", "test"}
    assert seen == set(Level)


def test_libvirt_tells_of_no_password() -> None:
    scene = scene_at("kvm-03", STILL)
    screens = [screen for each in scene.estate.machines for screen in spec_of(scene.estate, each).graphics]
    assert screens
    assert {screen.password for screen in screens} == {None}


def test_a_host_is_judged_with_all_that_runs_on_it() -> None:
    for site in SITES:
        scene = scene_at(site, STILL)
        found = Postures(scene, lambda: None).judge(key(Kind.HOST, scene.estate.hosts[0].id)).findings
        assert {each.rule for each in found} == set(HOST_RULES)
        memory = next(each for each in found if each.rule == "memory_overcommit")
        assert "promised" in memory.reason


def test_a_host_without_an_answer_leaves_its_machines_unknown_in_part() -> None:
    scene = scene_at("vc-east", STILL)
    postures = Postures(scene, lambda: None)
    host = scene.estate.hosts[QUIET]
    with pytest.raises(Timeout):
        postures.judge(key(Kind.HOST, host.id))
    world = scene.clock.world()
    mine = next(
        each for each in scene.estate.machines
        if each.kind is Kind.VM and each.host == QUIET and scene.now(each, world).here and not each.routine
    )  # fmt: skip
    levels = {each.rule: each.level for each in postures.judge(key(Kind.VM, mine.id)).findings}
    assert (levels["numa"], levels["cpu_count"]) == (Level.UNKNOWN, Level.UNKNOWN)
    assert levels["nic_filter"] is Level.ADVICE, "what its own description says is known"


def test_a_fleet_that_is_not_reached_is_not_judged() -> None:
    scene = scene_at("kvm-03", STILL)

    def gone() -> None:
        raise Unreachable("the fleet is away")

    with pytest.raises(Unreachable):
        Postures(scene, gone).judge(machines(scene)[0])
    with pytest.raises(NotFound):
        Postures(scene, lambda: None).judge("vm:nobody")
