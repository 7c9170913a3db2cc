"""`make lab` as a person uses it: every printed address answers, Ctrl-C leaves nothing."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.missing import program
from tests.lab.workspace import CHECKOUT

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_every_address_answers_and_nothing_is_left(ending: signal.Signals, tmp_path: Path) -> None:
    virsh = or_skip(lambda: program("virsh"))
    printed = tmp_path / "printed"
    with printed.open("w") as out:
        lab = subprocess.Popen(
            [sys.executable, "-m", "tests.lab"], cwd=CHECKOUT, stdout=out, stderr=subprocess.PIPE, text=True
        )
    assert lab.stderr
    narration = []
    try:
        for line in lab.stderr:
            narration.append(line)
            if "Ctrl-C" in line:
                break
        lines = printed.read_text().splitlines()
        uris = [shlex.split(line, comments=True)[2] for line in lines if line.startswith("novatui -c ")]
        assert len(uris) == len(lines)
        schemes = {uri.partition(":")[0] for uri in uris}
        assert schemes >= {"test", "qemu+unix", "qemu+tcp", "qemu+tls", "qemu+ssh"}, narration
        for uri in uris:
            listed = subprocess.run([virsh, "-q", "-c", uri, "list", "--name"], capture_output=True, text=True)
            assert listed.stdout.split(), (uri, listed.stderr)
    finally:
        lab.send_signal(ending)
        lab.communicate()
    assert lab.returncode == 0
    folders = {Path(match) for uri in uris for match in re.findall(r"/[^?&]*?/ntl-\w+", uri)}
    assert len(folders) >= 3
    assert not [folder for folder in folders if folder.exists()]
