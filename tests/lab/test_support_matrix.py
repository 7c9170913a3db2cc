"""What README says of the lab's real host is what that host answers today."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.core.states import Family
from tests.lab.fixtures import MakeHost
from tests.lab.record_support import asked, machine
from tests.support_matrix import lab_answers

pytestmark = pytest.mark.libvirt

AGAIN = "it answers otherwise now: `make matrix ARGS=--record`, and read what changed"


def test_the_real_host_answers_as_the_matrix_says(make_libvirt_host: MakeHost, tmp_path: Path) -> None:
    kept = lab_answers(Family.LIBVIRT)
    assert kept is not None
    today = asked(make_libvirt_host("atlas").uri, tmp_path)
    if today.product != kept.product:
        pytest.skip(f"lab: {today.product} here, the answers are those of {kept.product}")
    assert today.facts.keys() == kept.facts.keys()
    if machine() == kept.machine:
        assert today.facts == kept.facts, AGAIN
    else:  # another processor or kernel: the same is asked, and may be answered otherwise
        assert {slug: fact.kind for slug, fact in today.facts.items() if fact.kind} == {
            slug: fact.kind for slug, fact in kept.facts.items() if today.facts[slug].kind
        }, AGAIN
