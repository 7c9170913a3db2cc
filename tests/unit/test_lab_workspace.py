"""The lab's private directories: what is killed with them, and what is spared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import workspace
from tests.lab.missing import LabUnavailable, program, require
from tests.lab.processes import is_alive
from tests.lab.workspace import CHECKOUT, Workspace, free_port, wait_until

SLEEPER = "import time; time.sleep(600)"


def sleeper(*words: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SLEEPER, *words], env={**os.environ, **(environment or {})})


def test_kills_what_its_pid_files_name_and_spares_the_rest() -> None:
    room = Workspace()
    path = str(room.path)
    named, by_environment, stranger, unnamed = (
        sleeper(path),
        sleeper(environment={"LAB": path}),
        sleeper(),
        sleeper(path),
    )
    try:
        nested = room.path / "run/deep"
        nested.mkdir(parents=True)
        (nested / "named.pid").write_text(f"{named.pid}\n")
        (room.path / "environment.pid").write_text(str(by_environment.pid))
        (room.path / "recycled.pid").write_text(str(stranger.pid))
        (room.path / "broken.pid").write_text("not a number")
        room.close()
        assert not room.path.exists()
        assert named.wait() == by_environment.wait() == -9
        assert is_alive(stranger.pid)
        assert is_alive(unnamed.pid)
    finally:
        for each in (named, by_environment, stranger, unnamed):
            each.kill()
            each.wait()


def test_kills_the_children_of_what_it_kills() -> None:
    with Workspace() as room:
        child_file = room.path / "child"
        script = (
            "import subprocess, sys, pathlib\n"
            f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
            "pathlib.Path(sys.argv[1]).write_text(str(child.pid))\n"
            "child.wait()\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", script, str(child_file)])
        wait_until(lambda: child_file.exists() and child_file.read_text() != "", "the child to start")
        child = int(child_file.read_text())
        (room.path / "parent.pid").write_text(str(parent.pid))
    assert parent.wait() == -9
    assert not is_alive(child)


def test_is_removed_when_its_owner_is_killed() -> None:
    script = (
        "import os\n"
        "from tests.lab.workspace import Workspace\n"
        "print(Workspace().path, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    owner = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    path = Path(owner.stdout.strip())
    assert path.name.startswith("ntl-")
    wait_until(lambda: not path.exists(), "the directory to be removed")


def test_closing_twice_does_no_harm() -> None:
    room = Workspace()
    room.close()
    room.close()


def test_a_long_temporary_folder_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workspace.tempfile, "tempdir", str(tmp_path / ("n" * 60)))
    with pytest.raises(LabUnavailable, match="TMPDIR"):
        Workspace()


def test_missing_programs_are_told_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(program("sh")).is_absolute()
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(LabUnavailable, match=r"virsh is not installed \(apt install libvirt-clients\)"):
        program("virsh")
    with pytest.raises(LabUnavailable, match=r"virsh, cpio not installed \(apt install cpio libvirt-clients\)"):
        require("virsh", "cpio")


def test_free_ports_are_free() -> None:
    assert free_port() > 1023
