"""Changes of a real machine: plan and wire agree by the library's own log, and virsh's lines end in the same state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.states import Family, Kind
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet, Target
from novatui.wire.frames import CallProgress, RunAnswer
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.apilog import Logged, changes, environment
from tests.lab.libvirt.change_cases import CASES, UUID, Case, furnish, prepare, run_lines
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt_driver_probe import Probe, connected

pytest.importorskip("libvirt")
pytestmark = pytest.mark.libvirt

PATIENCE = 90.0
REF = ObjectRef("lab", Kind.VM, UUID)
BY_ANOTHER_NAME = {"dom", "pool", "snapshot", "vol", "dev", "cpumap"}
"""Arguments that the log shows as an address in memory."""
UNSAID = {("virDomainRename", "flags")}
"""What the log leaves out."""


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("change")) as host:
        furnish(host)
        yield host


class Console:
    """One connection through a real worker process, whose C library logs what it calls."""

    def __init__(self, fleet: Fleet, log: Path) -> None:
        self.fleet = fleet
        self.log = log
        self.progress: list[CallProgress] = []

    async def plan(self, verb: str, arguments: Mapping[str, str]) -> Plan:
        return await self.fleet.changing.plan(REF, Operation(verb=verb, key=REF.key, arguments=dict(arguments)))

    async def run(self, verb: str, calls: tuple[NativeCall, ...]) -> RunAnswer:
        async def written(call: str, arguments: Mapping[str, Argument]) -> bool:
            return True

        operation = Operation(verb=verb, key=REF.key, id=1)
        return await self.fleet.changing.run(REF, operation, calls, {}, written, self.progress.append)

    def changes(self) -> list[Logged]:
        return changes(self.log)


@asynccontextmanager
async def console(
    host: LibvirtHost, folder: Path, monkeypatch: pytest.MonkeyPatch, **spec: bool
) -> AsyncIterator[Console]:
    log = folder / "api.log"
    for name, value in environment(log).items():
        monkeypatch.setenv(name, value)
    one = ConnectionSpec(name="lab", family=Family.LIBVIRT, driver="libvirt", uri=host.uri, **spec)
    fleet = Fleet([Target(one, dict)])
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while fleet.connections["lab"].lock is None:  # noqa: ASYNC110 - it tells one listener only
                await asyncio.sleep(0.05)
        yield Console(fleet, log)
    finally:
        await fleet.stop()


@pytest.mark.timeout(600)
async def test_what_is_planned_is_what_libvirt_is_told(
    host: LibvirtHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker for all cases: no change before the run, and then exactly the calls of the plan."""
    told = 0
    async with console(host, tmp_path, monkeypatch) as desk:
        for case in CASES:
            await asyncio.to_thread(prepare, host, case)
            plan = await desk.plan(case.verb, case.arguments)
            assert len(desk.changes()) == told, f"{case}: planning changed something"
            answer = await desk.run(case.verb, plan.calls)
            assert answer.failure is None, f"{case}: {answer.failure}"
            assert (answer.state != plan.state) is case.differs, f"{case}: its fingerprint"
            sent = desk.changes()[told:]
            assert [call.function for call in sent] == [call.verb for call in plan.calls], str(case)
            for planned, logged in zip(plan.calls, sent, strict=True):
                for name, value in planned.args.items():
                    if name not in BY_ANOTHER_NAME and (planned.verb, name) not in UNSAID:
                        assert logged.says(name, value), f"{case}: {name}={value} in {logged}"
                if "dom" in planned.args and "uuid=" in logged.arguments:
                    assert f"uuid={planned.args['dom']}" in logged.arguments
            told += len(sent)
    assert told > len(CASES)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lock", ["readonly", "protected"])
async def test_a_lock_lets_no_change_through(
    host: LibvirtHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    """Whatever can be planned is refused by the worker: neither its library nor the daemon saw any of it."""
    refused: list[str] = []
    async with console(host, tmp_path, monkeypatch, **{lock: True}) as desk:
        for state in ("off", "running"):
            await asyncio.to_thread(prepare, host, Case("", state))
            before = await asyncio.to_thread(host.virsh, "dumpxml", UUID)
            for case in CASES:
                try:
                    plan = await desk.plan(case.verb, case.arguments)
                except NovaError:
                    continue
                for verb in (case.verb, "power.start", "edit.notes"):
                    answer = await desk.run(verb, plan.calls)
                    assert answer.failure is not None
                    assert answer.failure.fault == "denied"
                refused.append(case.verb)
            assert await asyncio.to_thread(host.virsh, "dumpxml", UUID) == before
        assert desk.changes() == []
    assert len(set(refused)) > 15


@pytest.fixture(scope="module")
def probe(host: LibvirtHost) -> Iterator[Probe]:
    with connected(host.uri) as probe:
        yield probe


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_lines_for_virsh_do_the_same(host: LibvirtHost, probe: Probe, case: Case) -> None:
    prepare(host, case)
    probe.load()
    plan = planned(probe, case.verb, case.arguments)
    for call in plan.calls:
        probe.driver.invoke(call, {})
    ours = probe.driver.fingerprint(REF.key)
    prepare(host, case)
    assert probe.driver.fingerprint(REF.key) == plan.state, "it begins the same"
    run_lines(plan.commands)
    assert probe.driver.fingerprint(REF.key) == ours
    assert (ours != plan.state) is case.differs


def planned(probe: Probe, verb: str, arguments: Mapping[str, str]) -> Plan:
    operation = Operation(verb=verb, key=REF.key, arguments=dict(arguments))
    return getattr(probe.driver, f"plan_{VERBS[verb].noun}")(operation)
