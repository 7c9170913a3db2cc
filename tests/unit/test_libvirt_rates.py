"""Rates from two readings: what is told, what is not known, and when a guest's own figures are current."""

from __future__ import annotations

from typing import Any

import pytest

from novatui.backends.libvirt.rates import GUEST_SILENT_S, History, levels, rates
from novatui.backends.libvirt.stats import decode, sizes_by_target

GIB_IN_KIB = 1 << 20


def stats(**changes: Any) -> dict[str, Any]:
    return {
        "cpu.time": 10_000_000_000,
        "vcpu.current": 2,
        "vcpu.maximum": 4,
        "vcpu.0.delay": 0,
        "vcpu.1.delay": 0,
        "net.count": 1,
        "net.0.name": "vnet0",
        "net.0.rx.bytes": 0,
        "net.0.tx.bytes": 0,
        "net.0.rx.drop": 0,
        "net.0.tx.drop": 0,
        "block.count": 1,
        "block.0.name": "vda",
        "block.0.rd.bytes": 0,
        "block.0.rd.reqs": 0,
        "block.0.rd.times": 0,
        "block.0.wr.bytes": 0,
        "block.0.wr.reqs": 0,
        "block.0.wr.times": 0,
        "block.0.capacity": 1000,
    } | {name.replace("_", "."): value for name, value in changes.items()}


def between(before: dict[str, Any], after: dict[str, Any], seconds: float = 2.0) -> dict[str, float | None]:
    return rates(decode(before), decode(after), seconds)


def test_rates_are_per_second_and_share_of_the_vcpus() -> None:
    told = between(
        stats(),
        stats(cpu_time=11_000_000_000, net_0_rx_bytes=4000, net_0_tx_drop=6, block_0_wr_bytes=1 << 20)
        | {"vcpu.0.delay": 400_000_000},
    )
    assert told["cpu.used"] == pytest.approx(25)
    assert told["cpu.wait"] == pytest.approx(10)
    assert (told["net.rx"], told["net.tx"], told["net.drops"]) == (2000, 0, 3)
    assert (told["disk.read"], told["disk.write"]) == (0, 524288)


def test_latency_is_mean_time_of_the_requests() -> None:
    after = stats(block_0_rd_reqs=30, block_0_wr_reqs=10, block_0_rd_times=60_000_000, block_0_wr_times=20_000_000)
    told = between(stats(), after)
    assert told["disk.iops"] == 20
    assert told["disk.latency"] == pytest.approx(2.0)
    assert between(stats(), stats())["disk.latency"] is None, "without a request there is no latency"


def test_a_counter_that_ran_backwards_gives_no_sample() -> None:
    told = between(stats(cpu_time=99), stats(cpu_time=98, net_0_rx_bytes=10))
    assert told["cpu.used"] is None
    assert told["net.rx"] == 5


def test_more_than_the_vcpus_is_capped() -> None:
    assert between(stats(), stats(cpu_time=10**12))["cpu.used"] == 100


def test_no_time_between_two_readings_gives_nothing() -> None:
    assert between(stats(), stats(), seconds=0) == {}


def test_a_device_just_plugged_in_has_no_rate_yet_and_spoils_none() -> None:
    more = stats(net_count=2, net_1_name="vnet1", net_1_rx_bytes=10**9, net_0_rx_bytes=100)
    assert between(stats(), more)["net.rx"] == 50


def test_an_interface_without_figures_makes_the_sum_unknown() -> None:
    """A device given away or a user-mode interface carries traffic that nobody counts."""
    both = stats(net_count=2)
    assert between(both, both)["net.rx"] is None
    only = {"net.count": 1}
    assert between(only, only)["net.rx"] is None


def test_an_empty_drive_moves_nothing() -> None:
    both = stats(block_count=2) | {"block.1.name": "sda"}
    assert between(both, both)["disk.read"] == 0
    assert sizes_by_target(both) == {"vda": 1000}
    assert sizes_by_target({"block.count": 1, "block.0.name": "sda"}) == {}
    assert sizes_by_target({}) is None


def test_no_device_no_figure() -> None:
    none = {"net.count": 0, "block.count": 0}
    assert between(none, none)["net.rx"] is None
    assert between(none, none)["disk.iops"] is None


def test_waiting_needs_every_vcpu_that_is_online() -> None:
    assert between(stats(), stats(vcpu_current=3))["cpu.wait"] is None
    old = {"vcpu.current": 1, "vcpu.maximum": 1, "vcpu.0.wait": 0}
    assert between(old, old | {"vcpu.0.wait": 200_000_000})["cpu.wait"] == pytest.approx(10)
    assert between(old, {"vcpu.current": 1, "vcpu.maximum": 1, "vcpu.0.delay": 10**9})["cpu.wait"] is None


BALLOON = {
    "balloon.current": 3 * GIB_IN_KIB,
    "balloon.maximum": 4 * GIB_IN_KIB,
    "balloon.available": 3 * GIB_IN_KIB,
    "balloon.usable": 2 * GIB_IN_KIB,
    "balloon.unused": 1 * GIB_IN_KIB,
    "balloon.rss": 5 * GIB_IN_KIB,
}


def test_memory_levels() -> None:
    told = levels(decode(BALLOON), guest_reports=True)
    assert told == {"mem.assigned": 3 << 30, "mem.host": 5 << 30, "mem.balloon": 1 << 30, "mem.used": 1 << 30}


def test_memory_in_use_is_the_guests_word_or_unknown() -> None:
    assert levels(decode(BALLOON), guest_reports=False)["mem.used"] is None
    without = {name: value for name, value in BALLOON.items() if "available" not in name}
    assert levels(decode(without), guest_reports=True)["mem.used"] is None
    unused = {name: value for name, value in BALLOON.items() if "usable" not in name}
    assert levels(decode(unused), guest_reports=True)["mem.used"] == 2 << 30


def history(last_update: int | None, wall: float = 1000.0) -> History:
    told = BALLOON if last_update is None else BALLOON | {"balloon.last-update": last_update}
    return History(decode(told), at=0.0, wall=wall)


def test_a_guest_that_went_silent_is_not_shown_as_current() -> None:
    fresh = history(last_update=999)
    assert fresh.guest_reports(0.0)
    assert fresh.guest_reports(GUEST_SILENT_S - 1)
    assert not fresh.guest_reports(GUEST_SILENT_S + 1)


def test_an_old_first_word_is_believed_when_it_is_renewed() -> None:
    """Its age tells little while the clocks may differ; that it moves tells that the guest lives."""
    old = history(last_update=5)
    assert not old.guest_reports(0.0)
    old.advance(decode(BALLOON | {"balloon.last-update": 6}), at=2.0)
    assert old.guest_reports(2.0)
    old.advance(decode(BALLOON | {"balloon.last-update": 6}), at=2.0 + GUEST_SILENT_S + 1)
    assert not old.guest_reports(old.at)


def test_without_a_time_stamp_libvirt_vouches() -> None:
    assert history(None).guest_reports(10**6)
