"""What the suite needs of a family's lab: where the world is served, and what can be done to it from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from novatui.core.connection import ConnectionSpec
from tests.conformance.world import Host, Vm, World

Kind = Literal["not-offered", "lab", "todo"]
"""Why a test cannot pass: the product has no such thing, the lab cannot do it, or we have not done it yet."""


class Gap(NamedTuple):
    """A test that is known to fail for a family, and why. It is a strict xfail: when it passes, the gap must go."""

    kind: Kind
    reason: str
    """For `lab`: the answer that the lab gave."""


class Lab:
    """A served world. What a lab cannot do stays NotImplementedError, and the tests that need it are declared gaps."""

    def __init__(
        self, world: World, spec: ConnectionSpec, secrets: Mapping[str, str] | None = None, hosts: tuple[str, ...] = ()
    ) -> None:
        """`hosts` are the hosts of the world behind this connection; empty: all of them."""
        self.world = world
        self.spec = spec
        self.secrets = dict(secrets or {})
        self.hosts: tuple[Host, ...] = tuple(host for host in world.host if not hosts or host.name in hosts)

    @property
    def vms(self) -> tuple[Vm, ...]:
        """Machines of the world behind this connection."""
        names = {host.name for host in self.hosts}
        return tuple(vm for vm in self.world.vm if vm.host in names)

    # --- behind the driver's back -----------------------------------------------------------------------------------

    def set_power(self, vm: Vm, state: str) -> None:
        """Bring a machine into a state of the world (`running`, `paused`, `off`, `saved`)."""
        raise NotImplementedError

    def remove(self, vm: Vm) -> None:
        """Delete a machine that is off."""
        raise NotImplementedError

    def add(self, vm: Vm) -> None:
        """Define one more machine, off."""
        raise NotImplementedError

    def start_task(self, vm: Vm) -> str:
        """Begin long work on a running machine that takes some seconds at least; our verb for it."""
        raise NotImplementedError

    # --- the endpoint -----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the endpoint: connections break, new ones are refused."""
        raise NotImplementedError

    def start(self) -> None:
        """Bring it back, with the same world."""
        raise NotImplementedError

    def freeze(self) -> None:
        """Let it hang without closing anything."""
        raise NotImplementedError

    def thaw(self) -> None:
        """Let it go on."""
        raise NotImplementedError

    # --- other ways to connect --------------------------------------------------------------------------------------

    def nowhere(self, folder: Path) -> ConnectionSpec:
        """The same connection to an endpoint where nobody is; `folder` is empty."""
        raise NotImplementedError

    def wrong_secrets(self) -> tuple[ConnectionSpec, dict[str, str]]:
        """The same connection with credentials that are refused."""
        raise NotImplementedError

    def failing_listing(self, kind: str) -> ConnectionSpec:
        """The same connection to an endpoint that fails to list this kind."""
        raise NotImplementedError

    def close(self) -> None:
        """End everything that was started."""
