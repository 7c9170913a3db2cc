"""The suite can fail: a driver with one fault is caught by the test that is meant for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec
import pytest

from novatui.backends.demo.driver import DemoDriver
from novatui.backends.driver import Loaded, Session
from novatui.backends.registry import ENTRIES, Entry
from novatui.core.connection import ConnectionInfo
from novatui.core.detail import Detail, Volume
from novatui.core.devices import Device
from novatui.core.errors import NotFound
from novatui.core.events import Event
from novatui.core.inventory import Row
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Kind
from novatui.core.tasks import Task, TaskState
from tests.conformance import test_demo
from tests.conformance.base import make
from tests.conformance.recording import Recording

EVERYTHING = {kind.value for kind in Kind}


class Altered(Recording):
    """A sink behind which every row is altered first, as if the driver had told it so."""

    def __init__(self, alter: Callable[[Row], Row]) -> None:
        super().__init__()
        self._alter = alter

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        super().rows(begun, [self._alter(row) for row in rows])


def column(name: str, value: object, kind: Kind = Kind.VM) -> Callable[[Row], Row]:
    """Every row of a kind says this."""
    return lambda row: Row(row.kind, row.id, row.values | {name: value}) if row.kind is kind else row  # type: ignore


def without(kind: Kind) -> Callable[[Row], Row]:
    """Rows of this kind are told as another."""
    return lambda row: Row(Kind.FOLDER, row.id, row.values) if row.kind is kind else row


ROW_FAULTS = [
    (column("colour", "red"), "test_rows_are_legal"),
    (column("vcpus", "two"), "test_rows_are_legal"),
    (column("vcpus", True), "test_rows_are_legal"),
    (column("power", "up"), "test_rows_are_legal"),
    (column("memory", -1), "test_rows_are_legal"),
    (column("parent", "host:nowhere"), "test_every_object_that_is_named_is_there"),
    (column("holder", "vm:nobody", Kind.DEVICE), "test_every_object_that_is_named_is_there"),
    (column("name", ""), "test_every_object_has_a_name"),
    (column("name", "the same"), "test_machines_have_their_names_unharmed"),
    (column("power", "running"), "test_machines_are_in_their_states"),
    (column("ip", ["10.0.0.1"]), "test_a_guest_that_is_off_has_no_address"),
    (column("memory", 0), "test_machine_column[memory]"),
    (column("snapshots", None), "test_machine_column[snapshots]"),
    (column("cpus", 1, Kind.HOST), "test_host_column[cpus]"),
    (column("free", 0, Kind.DATASTORE), "test_store_column[free]"),
    (column("bridge", None, Kind.NETWORK), "test_network_column[bridge]"),
    (without(Kind.NETWORK), "test_all_that_is_asked_is_listed"),
]


@pytest.mark.parametrize(("alter", "test"), ROW_FAULTS, ids=[test for _, test in ROW_FAULTS])
def test_a_wrong_row_is_caught(alter: Callable[[Row], Row], test: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        perform(test, DemoDriver, Altered(alter), tmp_path)


class ListsAll(DemoDriver):
    def load(self, kinds: Collection[str]) -> Loaded:
        super().load(EVERYTHING)
        loaded = Loaded()
        loaded.done(*kinds)
        return loaded


class NeverRefreshes(DemoDriver):
    def refresh(self, keys: Collection[str]) -> None:
        del keys


class MeasuresAll(DemoDriver):
    def sample(self, keys: Collection[str] | None) -> None:
        del keys
        super().sample(None)


class MeasuresNothing(DemoDriver):
    def sample(self, keys: Collection[str] | None) -> None:
        del keys
        self.sink.samples(self.sink.now(), [])


class ZeroForNothing(DemoDriver):
    def sample(self, keys: Collection[str] | None) -> None:
        super().sample(keys)
        self.sink.samples(self.sink.now(), [(name, {"cpu.used": 0.0}) for name in self.sink.table])  # type: ignore


class TooMuch(DemoDriver):
    def sample(self, keys: Collection[str] | None) -> None:
        super().sample(keys)
        self.sink.samples(self.sink.now(), [("host:x", {"cpu.used": 250.0})])


class TellsAll(DemoDriver):
    def detail(self, key: str, parts: Collection[str]) -> Detail:
        del parts
        return super().detail(key, [])


class WrongDetail(DemoDriver):
    def detail(self, key: str, parts: Collection[str]) -> Detail:
        found = super().detail(key, parts)
        return msgspec.structs.replace(found, vm=found.vm and msgspec.structs.replace(found.vm, disks=()), raw="<")


class NoTree(DemoDriver):
    def snapshots(self, key: str) -> list[Snapshot]:
        return [msgspec.structs.replace(each, parent=None) for each in super().snapshots(key)]


class NoGroups(DemoDriver):
    def devices(self, host: str) -> list[Device]:
        return [msgspec.structs.replace(each, iommu_group=None, holder="") for each in super().devices(host)]


class NoVolumes(DemoDriver):
    def volumes(self, key: str) -> list[Volume]:
        del key
        return []


class HalfTask(DemoDriver):
    def tasks(self) -> list[Task]:
        return [Task(id="1", verb="start", state=TaskState.FAILED)]


class Repeats(DemoDriver):
    def events(self, since: float) -> list[Event]:
        del since
        return [Event(id="1", at=1.0, seen=1.0, native_type="x")] * 2


class Silent(DemoDriver):
    def watch(self) -> None:
        pass

    def connect(self) -> ConnectionInfo:
        return msgspec.structs.replace(super().connect(), product="")


class Prints(DemoDriver):
    def close(self) -> None:
        super().close()
        print("goodbye")


class Invents(DemoDriver):
    def detail(self, key: str, parts: Collection[str]) -> Detail:
        try:
            return super().detail(key, parts)
        except NotFound:
            return Detail(key=key)


DRIVER_FAULTS: list[tuple[type[Session], str]] = [
    (ListsAll, "test_nothing_else_is_listed"),
    (NeverRefreshes, "test_refresh_removes_what_is_gone"),
    (NeverRefreshes, "test_refresh_of_what_never_was_removes_it"),
    (MeasuresAll, "test_only_what_is_asked_is_measured"),
    (MeasuresAll, "test_nothing_asked_nothing_measured"),
    (MeasuresNothing, "test_readings_are_legal"),
    (ZeroForNothing, "test_a_machine_that_is_off_has_no_load"),
    (TooMuch, "test_readings_are_legal"),
    (TellsAll, "test_only_the_parts_that_are_asked"),
    (WrongDetail, "test_machine_detail[disks]"),
    (NoTree, "test_snapshot_trees"),
    (NoGroups, "test_iommu_groups"),
    (NoGroups, "test_holders"),
    (NoVolumes, "test_volumes"),
    (HalfTask, "test_tasks_are_legal"),
    (Repeats, "test_events_are_legal"),
    (Repeats, "test_nothing_has_happened_in_the_future"),
    (Silent, "test_connect_says_what_answered"),
    (Prints, "test_nothing_is_printed"),
]


@pytest.mark.parametrize(("driver", "test"), DRIVER_FAULTS, ids=[f"{d.__name__}-{t}" for d, t in DRIVER_FAULTS])
def test_a_wrong_driver_is_caught(
    driver: type[Session], test: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError):
        perform(test, driver, Recording(), tmp_path, capfd)


def test_a_detail_of_nothing_has_to_be_refused(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        perform("test_what_does_not_exist_is_not_found", Invents, Recording(), tmp_path)


def perform(test: str, driver: type[Session], sink: Recording, folder: Path, capfd: object = None) -> None:
    """Run one test of the suite on a driver of that class."""
    lab = test_demo.DemoLab(Family.XCPNG, folder)
    lab.spec = msgspec.structs.replace(lab.spec, driver="odd")
    suite = test_demo.TestAsXcpNg()
    name, _, case = test.removesuffix("]").partition("[")
    method = getattr(suite, name)
    wanted = inspect.signature(method).parameters
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENTRIES, "odd", Entry(path=f"{__name__}:{driver.__name__}"))
        made = make(lab, sink)
        if {"driver", "loaded"} & wanted.keys():
            made.connect()
        if "loaded" in wanted:
            suite.role(made, DemoDriver).load(EVERYTHING)
        given = {"lab": lab, "sink": sink, "driver": made, "loaded": made, "capfd": capfd}
        try:
            method(**{each: given.get(each, case) for each in wanted})
        finally:
            made.close()
