"""What goes through each disk and interface of a machine: its whole traffic, shared out."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.backends.demo.dice import noise
from novatui.backends.demo.load import Metrics, machine_metrics
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Machine
from novatui.backends.demo.specs import spec_of
from novatui.core.detail import DiskRates, NicRates, Rates


def rates_of(scene: Scene, machine: Machine, world: float) -> Rates:
    """Devices together have what the machine has. What its product does not measure is not known of them either."""
    traits, spec = scene.traits, spec_of(scene.estate, machine)
    at = world // traits.period * traits.period
    now = scene.now(machine, at)
    told = machine_metrics(machine, now, scene.estate.host_of(machine, now.away), at)
    told = {metric: value for metric, value in told.items() if metric not in traits.blind}
    disks = [disk for disk in spec.disks if disk.device == "disk"]
    of_disks = _shares(machine, len(disks), at)
    of_nics = _shares(machine, len(spec.nics), at)
    return Rates(
        disks=tuple(
            DiskRates(
                target=disk.target,
                read=_part(told, "disk.read", share),
                write=_part(told, "disk.write", share),
                iops=_part(told, "disk.iops", share),
                latency=_part(told, "disk.latency", 0.8 + share / 2),
            )
            for disk, share in zip(disks, of_disks, strict=True)
        ),
        nics=tuple(
            NicRates(
                target=nic.target or nic.mac,
                rx=_part(told, "net.rx", share),
                tx=_part(told, "net.tx", share),
                drops=_part(told, "net.drops", share),
            )
            for nic, share in zip(spec.nics, of_nics, strict=True)
        ),
        seconds=traits.period,
    )


def _shares(machine: Machine, count: int, at: float) -> Sequence[float]:
    """What part of the whole each of so many devices has; 1 together."""
    weights = [0.2 + noise(machine.noise + 20 + number, at / 40) for number in range(count)]
    return [weight / sum(weights) for weight in weights]


def _part(told: Metrics, metric: str, share: float) -> float | None:
    value = told.get(metric)
    return value * share if value is not None else None
