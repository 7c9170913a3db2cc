"""What a product is asked for: nothing that it has no word for."""

from __future__ import annotations

from novatui.core.states import Family
from novatui.core.verbs import VERBS


def names(verb: str, family: Family) -> list[str]:
    return [given.name for given in VERBS[verb].known_to(family).takes]


def test_a_vcenter_is_not_told_how_to_lead_a_move() -> None:
    assert names("migrate.live", Family.VSPHERE) == ["to", "storage", "store", "priority"]
    assert names("migrate.offline", Family.VSPHERE) == ["to", "store", "priority"]


def test_others_have_no_priority_of_moves() -> None:
    for family in set(Family) - {Family.VSPHERE}:
        assert "priority" not in names("migrate.live", family)
        assert {"uri", "bandwidth", "post_copy"} <= set(names("migrate.live", family))
        assert names("migrate.offline", family) == ["to", "uri", "undefine"]


def test_a_machine_of_vsphere_has_one_configuration() -> None:
    for name, verb in VERBS.items():
        assert "apply" not in names(name, Family.VSPHERE)
        assert names(name, Family.LIBVIRT).count("apply") == [given.name for given in verb.takes].count("apply")


def test_vsphere_copies_whole_disks() -> None:
    def storage(family: Family) -> tuple[str, ...]:
        return next(given.choices for given in VERBS["migrate.live"].known_to(family).takes if given.name == "storage")

    assert storage(Family.VSPHERE) == ("shared", "copy")
    assert storage(Family.LIBVIRT) == ("shared", "copy", "changed")


def test_everything_else_is_asked_of_everybody() -> None:
    for name, verb in VERBS.items():
        if not name.startswith("migrate."):
            asked = [given for given in verb.takes if given.name != "apply"]
            assert list(verb.known_to(Family.VSPHERE).takes) == asked
