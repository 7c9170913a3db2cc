"""The root of the embedded driver: guests in it, and that it is one process's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.embed import EmbedRoot
from tests.lab.missing import LabError
from tests.lab.processes import is_alive

pytestmark = pytest.mark.libvirt


def test_guests_run_without_a_daemon_and_the_root_is_held_by_one_process() -> None:
    with or_skip(EmbedRoot) as root:
        root.start_guest("inside")
        pid = int((root.directory / "run/qemu/inside.pid").read_text())
        with root.held() as holder:
            assert Path(f"/proc/{holder}").exists()
            with pytest.raises(LabError):
                root.virsh("list")
        assert root.virsh("list --name").split() == ["inside"]
        assert Path(f"/proc/{pid}").exists()
    assert not is_alive(pid)
    assert not root.directory.exists()
