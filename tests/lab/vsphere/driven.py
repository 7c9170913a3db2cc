"""The vSphere driver without a worker around it, connected to a simulator, with a sink that remembers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from novatui.backends.registry import driver_class
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.states import Family, Kind
from tests.lab.libvirt_driver_probe import Memory
from tests.lab.vsphere.simulated import Vcsim

KINDS = [kind.value for kind in Kind]


class Recorder(Memory):
    """Keeps also when samples are said to have been taken, and what is told of the past."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []
        """Of each of `samplings`."""
        self.past_told: list[tuple[float, float, str, list[dict[str, float | None]]]] = []
        """When the last cell was measured, seconds between two cells, key, cells."""

    def samples(self, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]) -> None:
        self.moments.append(begun)
        super().samples(begun, samples)

    def past(self, begun: float, step: float, past: Iterable[tuple[str, Sequence[Mapping[str, float | None]]]]) -> None:
        self.past_told += [(begun, step, key, [dict(cell) for cell in cells]) for key, cells in past]


class Probe:
    """A driver and its sink."""

    def __init__(self, server: Vcsim, port: int = 0, **options: str) -> None:
        self.sink = Recorder()
        trusted = {"tls_ca": str(server.authority.root.certificate), "user": server.user} | options
        spec = ConnectionSpec(
            name="vc",
            family=Family.VSPHERE,
            driver="vsphere",
            uri=f"vsphere://localhost:{port or server.port}",
            options={name: value for name, value in trusted.items() if value},
        )
        self.driver: Any = driver_class("vsphere")(spec, {"password": server.password}, self.sink)
        self.info: ConnectionInfo | None = None


@contextmanager
def connected(server: Vcsim, *kinds: str, port: int = 0, **options: str) -> Iterator[Probe]:
    """A connected driver that has loaded these kinds (all by default) and follows changes."""
    probe = Probe(server, port, **options)
    try:
        probe.info = probe.driver.connect()
        probe.driver.load(kinds or KINDS)
        probe.driver.watch()
        yield probe
    finally:
        probe.driver.close()
