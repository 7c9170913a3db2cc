"""The lab's sshd, looked at through the ordinary ssh client."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.faultproxy.client import FaultProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.missing import LabUnavailable
from tests.lab.sshd import Sshd, remote_python
from tests.lab.workspace import wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd]:
    try:
        lab = Sshd()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with lab:
        yield lab


def ssh(server: Sshd, *words: str, port: int = 0, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        server.command(*words, port=port), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
    )


def test_logs_in_as_another_user_where_it_can(server: Sshd) -> None:
    done = ssh(server, "id", "-u")
    assert done.returncode == 0, done.stderr
    uid = int(done.stdout)
    assert uid == pwd.getpwnam(server.account).pw_uid
    assert (uid != os.getuid()) == server.other_user


def test_account_is_not_changed_outside(server: Sshd) -> None:
    inside = ssh(server, "cat", "/etc/passwd").stdout.splitlines()
    outside = Path("/etc/passwd").read_text().splitlines()
    if not server.other_user:
        assert inside == outside
        return
    changed = set(inside) - set(outside)
    assert [line.split(":")[0] for line in changed] == [server.account]
    assert len(inside) == len(outside)
    assert not [line for line in outside if str(server.directory) in line]


def test_wrong_key_is_refused(server: Sshd, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    foreign = tmp_path / "config"
    foreign.write_text(server.config.read_text().replace(str(server.directory / "client_key"), str(tmp_path / "key")))
    done = subprocess.run(["ssh", "-F", str(foreign), "lab", "true"], capture_output=True, text=True)
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_remote_python_has_novatui(server: Sshd) -> None:
    try:
        remote_python()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    done = ssh(server, "python", "-c", "import novatui, os; print(novatui.__file__, os.getuid())")
    assert done.returncode == 0, done.stderr
    file, uid = done.stdout.split()
    assert file == str(Path(__file__).resolve().parents[2] / "novatui/__init__.py")
    assert int(uid) == pwd.getpwnam(server.account).pw_uid


def test_programs_that_call_ssh_find_the_lab(server: Sshd) -> None:
    path = f"{server.client_programs}:{os.environ['PATH']}"
    call = ["ssh", "-p", str(server.port), f"{server.account}@127.0.0.1", "echo", "reached"]
    done = subprocess.run(call, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.stdout == "reached\n", done.stderr


def test_remote_commands_are_seen_and_their_connection_can_be_cut(server: Sshd) -> None:
    with FaultProxy(f"tcp:127.0.0.1:{server.port}") as proxy:
        client = subprocess.Popen(server.command("cat", port=proxy.port), stdin=subprocess.PIPE)
        wait_until(lambda: "cat" in server.remote_processes().values(), "the remote command to run")
        proxy.set("reset")
        assert client.wait() == 255
        wait_until(lambda: not server.remote_processes(), "the remote command to see the end of its stdin")


def test_frozen_server_is_silent(server: Sshd) -> None:
    server.freeze()
    with pytest.raises(subprocess.TimeoutExpired):
        ssh(server, "true", timeout=2)
    server.thaw()
    assert ssh(server, "true").returncode == 0


def test_stop_ends_sessions_and_start_brings_the_same_server_back(server: Sshd) -> None:
    client = subprocess.Popen(server.command("cat"), stdin=subprocess.PIPE)
    wait_until(lambda: bool(server.remote_processes()), "the remote command to run")
    server.stop()
    assert client.wait() == 255
    server.start()
    assert ssh(server, "true").returncode == 0


@pytest.mark.libvirt
def test_libvirt_host_behind_the_server() -> None:
    try:
        host = LibvirtHost("behind")
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with host, Sshd(host) as server:
        command = ["virsh", "-q", "-c", server.libvirt_uri(), "capabilities"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert host.uuid in done.stdout, done.stderr


def test_nothing_is_left(server: Sshd) -> None:
    with Sshd() as second:
        client = subprocess.Popen(second.command("cat"), stdin=subprocess.PIPE)
        wait_until(lambda: bool(second.remote_processes()), "the remote command to run")
        directory = second.directory
    assert client.wait() == 255
    assert not second.remote_processes()
    assert not directory.exists()
