"""Whose tasks and events these are: accounts as products write them, and the person on this machine."""

from __future__ import annotations

import pytest

from novatui.core.tasks import TaskState
from novatui.engine.mine import Mine
from tests.ui.world import task, world


@pytest.mark.parametrize(
    ("who", "person", "mine"),
    [
        ("oncall", "ann", True),  # every connection of the world logged in as oncall
        ("ONCALL", "ann", True),
        ("VSPHERE.LOCAL\\oncall", "ann", True),
        ("oncall@pam", "ann", True),
        ("oncall@pam!console", "ann", True),
        ("ann", "ann", True),
        ("CORP\\Ann", "ann@corp", True),
        ("OTHER\\Ann", "ann@corp", False),
        ("root@pam", "ann", False),
        ("oncaller", "ann", False),
        ("", "ann", False),
        ("@pam", "", False),
    ],
)
def test_what_an_account_started(who: str, person: str, mine: bool) -> None:
    fleet = world()
    fleet.hear(task("vc-east", id="x", verb="start", state=TaskState.RUNNING, who=who))
    one = fleet.tasks.get("vc-east", "x")
    assert one is not None
    assert Mine(fleet, person).means(one) is mine
