"""pytest fixtures over the labs. Each skips with the reason where a lab cannot run.

Sessions are per xdist worker: every worker that asks has a host of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.lab.faultproxy.client import FaultProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import private_network_missing
from tests.lab.libvirt.sample_machines import populate
from tests.lab.libvirt.testfile import mock_uri, write_fleet, write_world
from tests.lab.libvirt.versions import NewerLibvirt
from tests.lab.missing import LabUnavailable
from tests.lab.sshd import Sshd

Made = TypeVar("Made")

MakeHost = Callable[..., LibvirtHost]
MakeProxy = Callable[..., FaultProxy]
MakeSshd = Callable[..., Sshd]


def or_skip(make: Callable[[], Made]) -> Made:
    """What `make` returns; the test is skipped where the lab cannot run."""
    try:
        return make()
    except LabUnavailable as reason:
        pytest.skip(f"lab: {reason}")


@pytest.fixture(scope="session")
def libvirt_host() -> Iterator[LibvirtHost]:
    """One rootless host with the machines of sample_machines.py. Shared: leave it as it was."""
    taps = 0 if private_network_missing() else 1
    with or_skip(lambda: LibvirtHost("atlas", taps=taps)) as host:
        or_skip(lambda: populate(host))
        yield host


@pytest.fixture
def make_libvirt_host() -> Iterator[MakeHost]:
    """Starts an empty host of the test's own; takes LibvirtHost's arguments."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(or_skip(lambda: LibvirtHost(*args, **options)))


@pytest.fixture(scope="session")
def newer_libvirt_host() -> Iterator[LibvirtHost]:
    """As `libvirt_host`, with libvirt and QEMU of bookworm-backports. Builds them if need be: for long tests."""
    taps = 0 if private_network_missing() else 1
    with or_skip(NewerLibvirt) as tree, or_skip(lambda: tree.host("north", taps=taps)) as host:
        or_skip(lambda: populate(host))
        yield host


@pytest.fixture(scope="session")
def mock_hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """`test:///` addresses of the seeded world, by host name."""
    return {name: mock_uri(file) for name, file in write_world(tmp_path_factory.mktemp("world")).items()}


@pytest.fixture
def make_mock_fleet(tmp_path: Path) -> Callable[[int], str]:
    """`test:///` address of a host with so many domains."""
    return lambda count: mock_uri(write_fleet(tmp_path / f"fleet-{count}.xml", count))


@pytest.fixture
def fault_proxy() -> Iterator[MakeProxy]:
    """Starts a proxy; takes FaultProxy's arguments: `fault_proxy("unix:/path")`."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(FaultProxy(*args, **options))


@pytest.fixture
def make_sshd() -> Iterator[MakeSshd]:
    """Starts an sshd; takes Sshd's arguments, such as the libvirt host behind it."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(or_skip(lambda: Sshd(*args, **options)))


@pytest.fixture
def sshd(make_sshd: MakeSshd) -> Sshd:
    """A running sshd of the test's own."""
    return make_sshd()
