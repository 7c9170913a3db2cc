"""Identity folding: one visible row for a migrating machine, two marked ones for doubles."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from novatui.core.states import Family, Kind
from novatui.core.tasks import Task, TaskState
from novatui.engine.identity import APART, GRACE, Identities
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.task_store import TaskStore
from novatui.wire import frames
from tests.unit.stores import remove, samples, slot, spec, store, tell


class Fleet:
    """The stores that identities look at, on a clock of our own."""

    def __init__(self, *conns: str) -> None:
        self.now = 100.0
        self.inventory: InventoryStore = store(*(spec(name) for name in conns or ("a", "b")), spec("v", Family.VSPHERE))
        self.metrics = MetricStore()
        self.tasks = TaskStore()
        self.identity = Identities(self.inventory, self.metrics, self.tasks, lambda: self.now)

    def row(self, conn: str, *, key: str = "vm:1", power: str = "running", job: str = "", uuid: str = "u1") -> int:
        self.now += 0.001
        values = {"name": "web", "uuid": uuid, "power": power, "job": job}
        tell(self.inventory, {key: values}, conn=conn, begun=self.now)
        return slot(self.inventory, key, conn)

    def gone(self, conn: str, key: str = "vm:1") -> None:
        self.now += 0.001
        remove(self.inventory, key, conn=conn, begun=self.now)

    def task(self, conn: str, state: TaskState = TaskState.RUNNING, verb: str = "migrate") -> None:
        self.now += 0.001
        task = Task(id="t", verb=verb, key="vm:1", state=state)
        self.tasks.apply(frames.TaskUpdate(conn, 1, self.now, task), self.now)
        self.identity.tick()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.identity.tick()

    @property
    def shown(self) -> list[int]:
        return [s for s in self.inventory.slots(Kind.VM) if self.identity.visible(s)]


def test_without_a_job_doubles_are_two_marked_rows() -> None:
    fleet = Fleet()
    a, b, v = fleet.row("a"), fleet.row("b"), fleet.row("v")
    other, nobody = fleet.row("a", key="vm:2", uuid="u2"), fleet.row("a", key="vm:3", uuid="")
    assert fleet.shown == [a, b, v, other, nobody]
    assert [fleet.identity.duplicate(s) for s in (a, b, v, other, nobody)] == [True, True, False, False, None]
    fleet.row("b", uuid="u9")
    assert fleet.identity.duplicate(a) is False


def test_a_migration_is_one_row_from_begin_to_end() -> None:
    fleet = Fleet()
    a = fleet.row("a")
    fleet.metrics.apply(samples({"vm:1": {"cpu.used": 5}}, conn="a", begun=100), fleet.inventory, 100.0)
    fleet.row("a", job="migration out")
    b = fleet.row("b", power="paused")
    assert fleet.shown == [a]
    assert (fleet.identity.fold(b), fleet.identity.duplicate(a), fleet.identity.copies(a)) == (a, False, (a, b))
    assert fleet.identity.count(None, "machines") == 1
    assert [s for c in "ab" for s in fleet.identity.children(slot(fleet.inventory, f"connection:{c}", c))] == [a]
    fleet.metrics.apply(samples({"vm:1": {"cpu.used": 7}}, conn="b", begun=104), fleet.inventory, 104.0)
    fleet.row("b", power="running")
    fleet.row("a", power="off", job="")
    assert fleet.shown == [b], "the copy that runs stands for both"
    assert fleet.identity.drain_moves() == [(a, b)]
    fleet.gone("a")
    assert fleet.shown == [b]
    assert fleet.identity.drain_moves() == []
    assert [v and round(v) for v in fleet.metrics.history(b, "cpu.used", 3)] == [5, None, 7]
    assert fleet.identity.duplicate(b) is False


def test_the_row_that_stays_inherits_when_the_source_vanishes_at_once() -> None:
    fleet = Fleet()
    a, b = fleet.row("a", power="migrating"), fleet.row("b", power="paused")
    fleet.metrics.apply(samples({"vm:1": {"cpu.used": 5}}, conn="a", begun=100), fleet.inventory, 100.0)
    fleet.metrics.minutes.keep(a)
    fleet.gone("a")
    assert fleet.shown == [b]
    assert fleet.identity.drain_moves() == [(a, b)]
    assert fleet.metrics.latest(b, "cpu.used") == 5
    assert list(fleet.metrics.minutes.kept) == [b]


def test_a_migration_that_failed_leaves_the_source() -> None:
    fleet = Fleet()
    a = fleet.row("a", power="migrating")
    fleet.row("b", power="paused")
    fleet.gone("b")
    fleet.row("a")
    assert fleet.shown == [a]
    assert fleet.identity.drain_moves() == []


def test_a_task_is_a_job_and_its_end_has_a_grace() -> None:
    fleet = Fleet()
    a, b = fleet.row("a"), fleet.row("b")
    fleet.task("a", verb="backup")
    assert fleet.shown == [a, b]
    fleet.task("a")
    assert fleet.shown == [a]
    fleet.task("a", TaskState.DONE)
    fleet.wait(GRACE - 1)
    assert fleet.shown == [a]
    fleet.wait(2)
    assert fleet.shown == [a, b]
    assert fleet.identity.duplicate(b) is True


def test_rows_known_to_be_different_are_not_folded_by_a_job_of_one_of_them() -> None:
    fleet = Fleet("a", "b", "c")
    a, b = fleet.row("a"), fleet.row("b")
    fleet.wait(APART + 1)
    fleet.row("a", power="migrating")
    assert fleet.shown == [a, b]
    fleet.row("c", power="paused")
    assert fleet.shown == [a, b]


def test_the_rows_of_one_connection_are_never_one_machine() -> None:
    fleet = Fleet()
    one, two = fleet.row("a", power="migrating"), fleet.row("a", key="vm:2", power="migrating")
    assert fleet.shown == [one, two]
    assert fleet.identity.duplicate(one) is True


def test_folding_is_news_for_the_tree() -> None:
    fleet = Fleet()
    a, b = fleet.row("a"), fleet.row("b")
    fleet.inventory.drain()
    version = fleet.inventory.structure_version
    fleet.task("a")
    delta = fleet.inventory.drain()
    assert b in delta.rows
    assert fleet.inventory.parent(b) in delta.reshaped
    assert fleet.inventory.structure_version > version
    assert fleet.shown == [a]


class Migrations(RuleBasedStateMachine):
    """Anything may happen to the rows of one machine on two connections."""

    @initialize()
    def begin(self) -> None:
        self.fleet = Fleet()
        self.rows: dict[str, dict[str, str]] = {}
        self.task: str | None = None
        self.side_by_side = 0.0
        """Seconds that both rows stood there without a job."""
        self.apart = False
        """Both stood there for so long that they are known to be two machines."""

    @rule(
        conn=st.sampled_from("ab"), power=st.sampled_from(["running", "off", "paused", "migrating"]), job=st.booleans()
    )
    def tell(self, conn: str, power: str, job: bool) -> None:
        self.rows[conn] = {"power": power, "job": "migration" if job else ""}
        self.fleet.row(conn, **self.rows[conn])
        self.happened()

    @rule(conn=st.sampled_from("ab"))
    def remove(self, conn: str) -> None:
        self.rows.pop(conn, None)
        self.fleet.gone(conn)
        self.happened()

    @rule(conn=st.none() | st.sampled_from("ab"))
    def run_a_task(self, conn: str | None) -> None:
        """A migration task on one row, or on none; any other one ends."""
        self.task = conn
        for one in "ab":
            self.fleet.task(one, TaskState.RUNNING if one == conn else TaskState.DONE)
        self.happened()

    @rule(seconds=st.sampled_from([1.0, GRACE + 1, APART + 1]))
    def wait(self, seconds: float) -> None:
        if len(self.rows) == 2 and not self.works():
            self.side_by_side += seconds
        self.fleet.wait(seconds)

    def happened(self) -> None:
        self.apart |= self.works() and self.side_by_side > APART
        if len(self.rows) < 2 or all(self.signs(conn) for conn in self.rows):
            self.apart = False
        if len(self.rows) < 2 or self.works():
            self.side_by_side = 0.0

    def works(self) -> bool:
        return any(self.signs(conn) for conn in self.rows)

    def signs(self, conn: str) -> bool:
        return self.rows[conn]["power"] == "migrating" or bool(self.rows[conn]["job"]) or self.task == conn

    @invariant()
    def no_machine_is_lost_and_none_is_shown_that_is_not_there(self) -> None:
        assert bool(self.fleet.shown) == bool(self.rows)
        assert len(self.fleet.shown) <= len(self.rows)
        for hidden, stand_in in self.fleet.identity.hidden.items():
            assert self.fleet.inventory.alive(hidden)
            assert stand_in in self.fleet.shown
        assert self.fleet.identity.count(None, "machines") == len(self.fleet.shown)

    @invariant()
    def a_migrating_machine_is_one_row(self) -> None:
        if self.works() and not self.apart:
            assert len(self.fleet.shown) == 1

    @invariant()
    @precondition(lambda self: len(self.rows) == 2 and self.side_by_side > GRACE)
    def what_stands_side_by_side_is_two_rows(self) -> None:
        assert len(self.fleet.shown) == 2
        assert all(self.fleet.identity.duplicate(s) for s in self.fleet.shown)


TestMigrations = Migrations.TestCase
TestMigrations.settings = settings(max_examples=150, stateful_step_count=40)
