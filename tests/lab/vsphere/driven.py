"""The vSphere driver without a worker around it, connected to a simulator, with a sink that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from novatui.backends.registry import driver_class
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.states import Family, Kind
from tests.lab.libvirt_driver_probe import Memory
from tests.lab.vsphere.simulated import Vcsim

KINDS = [kind.value for kind in Kind]


class Probe:
    """A driver and its sink."""

    def __init__(self, server: Vcsim, port: int = 0, **options: str) -> None:
        self.sink = Memory()
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
