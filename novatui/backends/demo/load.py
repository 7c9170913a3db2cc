"""How busy everything is: curves with the shape of a day, noise and bursts, drawn from the time alone."""

from __future__ import annotations

from math import pi, sin

from novatui.backends.demo.clock import DAY
from novatui.backends.demo.dice import noise
from novatui.backends.demo.life import AWAKE, Now
from novatui.backends.demo.shapes import MIB, Host, Machine

FULL = 78.0
"""Percent of a host's processors from which on machines have to wait for their turn."""

Metrics = dict[str, float | None]


def host_metrics(host: Host, at: float) -> Metrics:
    """A host at that world time."""
    busy = host_busy(host, at)
    taken = 0.04 if host.maintenance else 0.42 + host.busy / 190
    memory = min(0.96, taken + 0.04 * noise(host.noise + 7, at / 600))
    lines = noise(host.noise + 11, at / 20)
    return {
        "cpu.used": busy,
        "mem.used": host.memory * memory,
        "disk.read": 90e6 * busy / 100 * (0.4 + lines),
        "disk.write": 60e6 * busy / 100 * (0.4 + noise(host.noise + 13, at / 25)),
        "disk.latency": 0.6 + (busy / 60) ** 3 + 2 * lines**4,
        "net.rx": 140e6 * busy / 100 * (0.3 + lines),
        "net.tx": 120e6 * busy / 100 * (0.3 + noise(host.noise + 17, at / 20)),
    }


def host_busy(host: Host, at: float) -> float:
    """Percent of a host's processors in use."""
    if host.maintenance:
        return 1.0 + noise(host.noise, at / 60)
    wave = noise(host.noise, at / 300) * 22 + noise(host.noise + 1, at / 20) * 9 - 15
    return _percent(host.busy * (0.72 + 0.4 * _day(at)) + wave)


def machine_metrics(machine: Machine, now: Now, host: Host, at: float) -> Metrics:
    """A machine at that world time; nothing at all while it does nothing."""
    if now.power not in AWAKE:
        return {}
    name, load = machine.noise, machine.load
    crowd = host_busy(host, at)
    work = _work(name, at)
    cpu = _percent(load.cpu * (0.35 + 0.5 * _day(at) + 0.55 * work) + 6 * noise(name + 1, at / 7))
    if now.alarm:
        cpu = _percent(cpu + 35)
    wait = max(0.0, crowd - FULL) * 0.35 * (0.3 + cpu / 100) + (5.2 if now.alarm else 0.0)
    squeezed = max(0.0, crowd - 85) / 100 * machine.memory if machine.tools else 0.0
    balloon = squeezed // MIB * MIB
    assigned = machine.memory - balloon
    read = load.disk * work * (0.3 + noise(name + 3, at / 11))
    write = load.disk * work * (0.2 + noise(name + 4, at / 13)) * 0.6
    net = load.net * work
    return {
        "cpu.used": cpu,
        "cpu.wait": wait + 0.4 * noise(name + 2, at / 9),
        "mem.used": assigned * _share(load.memory, name, at) if machine.tools else None,
        "mem.assigned": float(assigned),
        "mem.host": assigned * min(1.0, 0.55 + load.memory * 0.5),
        "mem.balloon": float(balloon),
        "disk.read": read,
        "disk.write": write,
        "disk.iops": (read + write) / 14_000,
        "disk.latency": 0.4 + 3 * work**3 + max(0.0, crowd - 80) * 0.25,
        "net.rx": net * (0.4 + noise(name + 5, at / 8)),
        "net.tx": net * (0.3 + noise(name + 6, at / 8)),
        "net.drops": max(0.0, noise(name + 8, at / 30) - 0.93) * 120,
    }


def _work(name: int, at: float) -> float:
    """How much there is to do, around 0.5, with a burst now and then."""
    burst = max(0.0, noise(name + 9, at / 45) - 0.78) * 3.2
    return 0.25 + 0.5 * noise(name, at / 120) + burst


def _share(usual: float, name: int, at: float) -> float:
    return min(0.97, usual * (0.9 + 0.15 * noise(name + 10, at / 400)))


def _day(at: float) -> float:
    """0 at four in the morning, 1 at four in the afternoon."""
    return 0.5 - 0.5 * sin(2 * pi * (at / DAY + 1 / 12))


def _percent(value: float) -> float:
    return 0.1 if value < 0.1 else 100.0 if value > 100 else value
