"""The fixtures give what they promise."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.lab.fixtures import MakeHost, MakeProxy, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.sample_machines import BUSY, HALTED, HOSTILE, SPARE
from tests.lab.missing import program
from tests.lab.sshd import Sshd
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.libvirt


def virsh(uri: str, *arguments: str) -> str:
    command = [or_skip(lambda: program("virsh")), "-q", "-c", uri, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_shared_host_has_its_machines_and_they_move(libvirt_host: LibvirtHost) -> None:
    states = {name: libvirt_host.virsh("domstate", name).strip() for name in (BUSY, HALTED, SPARE, HOSTILE)}
    assert states == {BUSY: "running", HALTED: "paused", SPARE: "shut off", HOSTILE: "shut off"}

    def reading() -> dict[str, int]:
        groups = ("--cpu-total", "--balloon", "--block", "--interface")
        words = libvirt_host.virsh("domstats", *groups, BUSY).split()
        return {key: int(value) for key, _, value in (word.partition("=") for word in words) if value.isdigit()}

    moving = ["cpu.time", "balloon.last-update", "block.0.wr.bytes", "block.0.rd.bytes"]
    moving += ["net.0.rx.bytes", "net.0.tx.bytes"] if libvirt_host.taps else []
    before = reading()
    wait_until(lambda: all(reading()[key] > before[key] for key in moving), "every figure to move")


def test_own_host_behind_a_proxy(make_libvirt_host: MakeHost, fault_proxy: MakeProxy) -> None:
    host = make_libvirt_host("own", tcp=True)
    proxy = fault_proxy(f"tcp:127.0.0.1:{host.tcp_port}")
    assert host.uuid in virsh(host.uri_through(proxy.address), "capabilities")
    assert proxy.counters().accepted == 1


def test_mock_hosts_and_fleets(mock_hosts: dict[str, str], make_mock_fleet: Callable[[int], str]) -> None:
    assert "db-01" in virsh(mock_hosts["atlas"], "list", "--name")
    assert len(virsh(make_mock_fleet(50), "list", "--all", "--name").split()) == 50


def test_sshd_is_reachable(sshd: Sshd) -> None:
    assert subprocess.run(sshd.command("true"), stdin=subprocess.DEVNULL).returncode == 0
