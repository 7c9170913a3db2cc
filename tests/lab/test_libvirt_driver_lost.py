"""Links and guests that die or hang under the libvirt driver."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from novatui.core.errors import Fault, NovaError, Unreachable
from novatui.core.tasks import TaskState
from tests.lab.fixtures import MakeHost, MakeProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected

pytestmark = pytest.mark.libvirt
pytest.importorskip("libvirt")


def test_a_killed_daemon_is_told_at_once_and_calls_fail_as_unreachable(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.define_guest(GuestSpec("left", boot="none"))
    with connected(host.uri, "host", "vm") as probe:
        host.kill()
        probe.sink.until(lambda: bool(probe.sink.losses), "the close callback speaks")
        (loss,) = probe.sink.losses
        assert loss.fault is Fault.UNREACHABLE
        assert "daemon" in loss.meaning
        for call in (
            lambda: probe.driver.sample(None),
            lambda: probe.load("vm"),
            lambda: probe.driver.detail(probe.sink.key_of("left"), []),
            lambda: probe.driver.refresh([probe.sink.key_of("left")]),
        ):
            with pytest.raises(Unreachable):
                call()
        assert probe.sink.named("left"), "a lost link removes nothing"
    host.start()
    with connected(host.uri, "host", "vm") as again:
        assert again.sink.named("left")["power"] == "off"


def test_closing_on_purpose_is_no_loss(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    with connected(host.uri, "host", "vm") as probe:
        pass
    host.stop()
    time.sleep(0.5)
    assert probe.sink.losses == []
    with pytest.raises(Unreachable):
        probe.driver.sample(None)


@pytest.mark.long
def test_a_silent_daemon_is_given_up_by_keepalive(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    with connected(host.uri, "host", "vm") as probe:
        host.freeze()
        try:
            with pytest.raises(Unreachable):
                probe.load("vm")
            assert "keepalive" in probe.sink.losses[0].meaning
        finally:
            host.thaw()


def test_a_link_cut_under_a_call_is_unreachable(make_libvirt_host: MakeHost, fault_proxy: MakeProxy) -> None:
    host = make_libvirt_host()
    proxy = fault_proxy(f"unix:{host.socket}", "unix")
    with connected(host.uri_through(proxy.address), "host", "vm") as probe:
        proxy.set("hang", "down")
        errors: list[NovaError] = []

        def ask() -> None:
            try:
                probe.load("vm")
            except NovaError as error:
                errors.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.5)
        assert asking.is_alive()
        proxy.set("reset")
        asking.join(60)
        assert [error.failure.fault for error in errors] == [Fault.UNREACHABLE]


def test_keepalive_ends_every_call_that_waits(make_libvirt_host: MakeHost, fault_proxy: MakeProxy) -> None:
    """libvirt ends one call only, and the process crashes when the socket breaks under another: so calls take turns."""
    host = make_libvirt_host()
    proxy = fault_proxy(f"unix:{host.socket}", "unix")
    with connected(host.uri_through(proxy.address), "host", "vm") as probe:
        (host_key,) = probe.sink.of_kind("host")
        proxy.set("hang", "down")
        calls = (
            lambda: probe.load("vm"),
            lambda: probe.driver.sample(None),
            lambda: probe.driver.detail(host_key, []),
        )
        errors: list[NovaError] = []

        def ask(call) -> None:
            try:
                call()
            except NovaError as error:
                errors.append(error)

        asking = [threading.Thread(target=ask, args=(call,)) for call in calls]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(90)
        assert [error.failure.fault for error in errors] == [Fault.UNREACHABLE] * len(calls)
        assert len(probe.sink.losses) == 1
        proxy.set("reset")


def test_closing_waits_for_a_call_that_is_pending(make_libvirt_host: MakeHost, fault_proxy: MakeProxy) -> None:
    """libvirt frees a connection that is closed under a call; so the call has to return first."""
    host = make_libvirt_host()
    proxy = fault_proxy(f"unix:{host.socket}", "unix")
    probe = Probe(host.uri_through(proxy.address), secrets={}, answers={})
    probe.driver.connect()
    probe.load("host", "vm")
    proxy.set("hang", "down")
    made = sum(probe.sink.counts.values())
    over: list[str] = []

    def ask() -> None:
        with pytest.raises(Unreachable):
            probe.load("vm")
        over.append("call")

    def close() -> None:
        probe.driver.close()
        over.append("close")

    asking, closing = threading.Thread(target=ask), threading.Thread(target=close)
    asking.start()
    probe.sink.until(lambda: sum(probe.sink.counts.values()) > made, "the call is on its way")
    closing.start()
    time.sleep(0.5)
    assert over == []
    proxy.set("reset")
    asking.join(60)
    closing.join(60)
    assert over == ["call", "close"]


def test_a_hung_guest_holds_up_nobody(make_libvirt_host: MakeHost) -> None:
    """A QEMU that does not answer its monitor: everything else is read as before, and the time it hangs is shown."""
    host = make_libvirt_host()
    host.start_guest(GuestSpec("hung", boot="none", memory_mib=64), wait=False)
    host.start_guest(GuestSpec("fine", boot="none", memory_mib=64), wait=False)
    with connected(host.uri, "host", "vm") as probe:
        sink = probe.sink
        hung, fine = sink.key_of("hung"), sink.key_of("fine")
        probe.driver.sample(None)
        host.freeze_guest("hung")
        free = threading.Event()
        holder = threading.Thread(target=lambda: _ask_until(free, host, "hung"))
        holder.start()
        try:
            sink.until(lambda: _job(probe, "hung").startswith("monitor busy"), "the busy monitor shows")
            probe.driver.sample(None)
            probe.driver.sample(None)
            assert sink.sampled[fine]["cpu.used"] is not None
            assert sink.sampled[hung]["mem.host"] is None, "what only the monitor knows is not told"
            assert not probe.load("host", "vm").failures
            detail = probe.driver.detail(hung, [])
            assert any(each.name == "monitor" and each.value.startswith("busy") for each in detail.properties)
            assert detail.vm.name == "hung"
            assert sink.counts.get("jobInfo", 0) == 0
            assert sink.named("fine").get("job", "") == ""
            assert holder.is_alive(), "nothing above waited for the guest"
        finally:
            free.set()
            host.thaw_guest("hung")
            holder.join(60)
        sink.until(lambda: _job(probe, "hung") == "", "the monitor is free again")


def test_a_task_list_never_asks_a_busy_monitor(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("hung", boot="none", memory_mib=64), wait=False)
    with connected(host.uri, "host", "vm") as probe:
        probe.driver.tasks()
        host.freeze_guest("hung")
        free = threading.Event()
        holder = threading.Thread(target=lambda: _ask_until(free, host, "hung"))
        holder.start()
        try:
            probe.sink.until(lambda: _job(probe, "hung") != "", "the busy monitor shows")
            asked = probe.sink.counts["jobStats"]
            for _ in range(5):
                assert [task for task in probe.driver.tasks() if task.state is TaskState.RUNNING] == []
            assert probe.sink.counts["jobStats"] == asked
        finally:
            free.set()
            host.thaw_guest("hung")
            holder.join(60)


def _job(probe: Probe, name: str) -> str:
    probe.driver.tasks()
    return probe.sink.named(name).get("job") or ""


def _ask_until(free: threading.Event, host: LibvirtHost, guest: str) -> None:
    """Hold a guest's monitor. Who comes while another waits for it is turned away after libvirt's 30 s, and asks again.

    What it answers is of no interest.
    """
    while not free.is_set():
        with suppress(Exception):
            host.virsh("dommemstat", guest)
