"""The rootless host itself: looked at with virsh and /proc only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.faultproxy.client import FaultProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.missing import LabError, LabUnavailable
from tests.lab.processes import is_alive
from tests.lab.workspace import CHECKOUT, wait_until

pytestmark = pytest.mark.libvirt


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    try:
        lab = LibvirtHost("atlas", tcp=True, tls=True)
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with lab:
        yield lab


def virsh(uri: str, *arguments: str, timeout: float = 60) -> str:
    return subprocess.run(
        ["virsh", "-q", "-c", uri, *arguments], capture_output=True, text=True, timeout=timeout, check=True
    ).stdout


def test_every_address_reaches_the_same_host(host: LibvirtHost) -> None:
    host.define_guest(GuestSpec("defined", boot="none"))
    for uri in (host.uri, host.tcp_uri, host.tls_uri):
        assert virsh(uri, "list", "--all", "--name").split() == ["defined"]
        assert host.uuid in virsh(uri, "capabilities")
    host.virsh("undefine", "defined")
    assert virsh(host.test_uri(), "list", "--name").split() == ["test"]


def test_guest_boots_answers_and_survives_the_daemon(host: LibvirtHost) -> None:
    guest = host.start_guest(GuestSpec("survivor", disk_mib=64, disk_writes=True))
    assert "disk=vda" in host.console(guest)
    host.type_on_console(guest, "echo typed$((20 + 3))")
    host.wait_console(guest, "typed23")
    pid = host.guest_pid("survivor")

    host.kill()
    with pytest.raises(LabError):
        host.virsh("list")
    assert Path(f"/proc/{pid}").exists()
    host.start()
    assert "survivor" in host.virsh("list", "--name").split()
    assert host.guest_pid("survivor") == pid
    host.virsh("destroy", "survivor")
    host.virsh("undefine", "survivor")


def test_frozen_daemon_is_silent_until_thawed(host: LibvirtHost) -> None:
    host.freeze()
    with pytest.raises(subprocess.TimeoutExpired):
        virsh(host.uri, "list", timeout=2)
    host.thaw()
    host.virsh("list")


@pytest.mark.parametrize("transport", ["unix", "tcp"])
def test_reached_through_the_fault_proxy(host: LibvirtHost, transport: str) -> None:
    to = f"unix:{host.socket}" if transport == "unix" else f"tcp:127.0.0.1:{host.tcp_port}"
    with FaultProxy(to, transport) as proxy:
        uri = host.uri_through(proxy.address)
        assert host.uuid in virsh(uri, "capabilities")
        proxy.set("hang", "down", after=100)
        with pytest.raises(subprocess.TimeoutExpired):
            virsh(uri, "capabilities", timeout=2)
        proxy.set("reset")
        with pytest.raises(subprocess.CalledProcessError):
            virsh(uri, "capabilities")
        proxy.clear()
        assert host.uuid in virsh(uri, "capabilities")


def test_frozen_guest_hangs_its_monitor_only(host: LibvirtHost) -> None:
    host.start_guest(GuestSpec("stuck", boot="none"))
    host.freeze_guest("stuck")
    with pytest.raises(subprocess.TimeoutExpired):
        virsh(host.uri, "qemu-monitor-command", "stuck", '{"execute":"query-status"}', timeout=2)
    assert "stuck" in host.virsh("list", "--name").split()
    host.thaw_guest("stuck")
    host.virsh("destroy", "stuck")
    host.virsh("undefine", "stuck")


def test_api_log_shows_who_called_what(host: LibvirtHost) -> None:
    host.define_guest(GuestSpec("logged", boot="none"))
    before = len(host.api_calls())
    host.virsh("dominfo", "logged")
    host.virsh("undefine", "logged")
    calls = host.api_calls()[before:]
    assert "virDomainGetInfo" in [call.function for call in calls]
    undefine = [call for call in calls if call.function.startswith("virDomainUndefine")]
    assert undefine
    assert "name=logged" in undefine[0].arguments


def test_tap_guest_has_moving_nic_statistics() -> None:
    try:
        lab = LibvirtHost("tapped", taps=1)
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    with lab:
        lab.start_guest(GuestSpec("chatty", tap=1))

        def received() -> int:
            lines = lab.virsh("domstats", "--interface", "chatty").split()
            return int(dict(line.split("=", 1) for line in lines if "=" in line)["net.0.rx.bytes"])

        first = received()
        wait_until(lambda: received() > first, "the guest's ping to arrive")
        lab.restart()
        assert received() >= first
        assert lab.virsh("hostname").strip() == "tapped"


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    script = (
        "import os\n"
        "from tests.lab.libvirt.daemon import LibvirtHost\n"
        "from tests.lab.libvirt.guests import GuestSpec\n"
        "host = LibvirtHost('orphan').start()\n"
        "host.start_guest(GuestSpec('g', boot='none'))\n"
        "print(host.directory.parent, host.pid, host.guest_pid('g'), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    try:
        LibvirtHost("probe").close()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    owner = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    assert owner.returncode == -9, owner.stderr
    directory, *pids = owner.stdout.split()
    wait_until(lambda: not Path(directory).exists(), "the reaper to finish")
    assert not [pid for pid in pids if is_alive(int(pid))]
