"""What all parts of the suite share: a lab, a sink, a connected driver, and how to find a machine of the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar

import pytest

from novatui.backends.driver import InventorySource, Session
from novatui.backends.registry import driver_class
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import split_key
from novatui.core.inventory import Value
from novatui.core.states import Kind, Power
from novatui.core.text import clean
from tests.conformance.expected import POWERS
from tests.conformance.lab import Gap, Lab
from tests.conformance.recording import Recording
from tests.conformance.world import Vm

Role = TypeVar("Role")


class Base:
    """The frame of a family's test class."""

    gaps: ClassVar[Mapping[str, Gap]] = {}
    """Tests known to fail, by name: `test_x`, or `test_x[case]` for one case of it."""
    lacks: ClassVar[Mapping[str, str]] = {}
    """Roles that the driver does not have, with the reason; their tests are skipped."""
    kinds: ClassVar[frozenset[Kind]] = frozenset()
    """Kinds of objects that the world has as this family serves it."""
    powers: ClassVar[Mapping[str, Power]] = POWERS
    """Power state of each state of the world, where the family cannot have it as it is."""
    lasting_threads: ClassVar[tuple[str, ...]] = ()
    """Beginnings of names of threads that serve the whole process and outlive a connection."""

    @pytest.fixture
    def lab(self) -> Lab | Iterator[Lab]:
        """The world, served. Each family overrides this."""
        raise NotImplementedError

    @pytest.fixture
    def sink(self) -> Recording:
        return Recording()

    @pytest.fixture
    def driver(self, lab: Lab, sink: Recording) -> Iterator[Session]:
        """A connected driver."""
        driver = make(lab, sink)
        driver.connect()
        yield driver
        driver.close()

    @pytest.fixture
    def loaded(self, driver: Session, sink: Recording) -> Session:
        """A connected driver that has listed everything."""
        self.role(driver, InventorySource).load({kind.value for kind in Kind})
        return driver

    def role(self, driver: Session, wanted: type[Role]) -> Role:
        """The driver as that role; the test is skipped when the family declares that it lacks it."""
        if isinstance(driver, wanted):
            return driver
        reason = self.lacks.get(wanted.__name__)
        assert reason, f"the driver has no {wanted.__name__}, and its family does not say why"
        pytest.skip(f"no {wanted.__name__}: {reason}")


def make(
    lab: Lab, sink: Recording, spec: ConnectionSpec | None = None, secrets: Mapping[str, str] | None = None
) -> Session:
    """A driver that is not connected yet, and that may make only the calls that it says are reading ones."""
    wanted = spec or lab.spec
    made = driver_class(wanted.driver)
    sink.reading = getattr(made, "READING", None)
    return made(wanted, lab.secrets if secrets is None else secrets, sink)


def key_of(sink: Recording, vm: Vm) -> str:
    """Key of the row of a machine of the world. A driver may leave the cleaning of names to the console."""
    wanted = clean(vm.name)
    found = [name for name, values in sink.table.items() if is_vm(name) and clean(str(values.get("name"))) == wanted]
    assert len(found) == 1, f"{len(found)} rows are called {vm.name!r}"
    return found[0]


def hosts_by_name(sink: Recording, lab: Lab) -> dict[str, str]:
    """Keys of the hosts by their names in the world. A single host is itself, whatever its system calls it."""
    rows = of_kind(sink, Kind.HOST)
    if len(lab.hosts) == 1 and len(rows) == 1:
        return {lab.hosts[0].name: next(iter(rows))}
    return {str(values["name"]): name for name, values in rows.items()}


def is_vm(key: str) -> bool:
    return split_key(key)[0] in (Kind.VM, Kind.CONTAINER)


def of_kind(sink: Recording, kind: Kind) -> dict[str, dict[str, Value]]:
    """Rows of one kind."""
    return {name: values for name, values in sink.table.items() if split_key(name)[0] is kind}


def running(lab: Lab) -> list[Vm]:
    """Machines of the world that run."""
    return [vm for vm in lab.vms if vm.state == "running"]
