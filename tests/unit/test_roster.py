"""The running fleet follows the configuration; with the demo's own workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from novatui.config.draft import draft
from novatui.config.errors import ConfigError
from novatui.config.load import Request, load
from novatui.config.paths import user_paths
from novatui.config.policy import Policy
from novatui.config.redact import Redactor
from novatui.core.states import Link
from novatui.engine import configured
from novatui.engine.book import Book
from novatui.engine.fleet import Fleet
from novatui.engine.roster import Roster
from tests.fleets import until
from tests.lab.processes import is_alive

DEMO = "demo://?vms=4&family=libvirt&speed=0"


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("GOVC_URL", raising=False)
    monkeypatch.setenv("NOVATUI_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(configured, "load_policy", Policy)


def configure(**uris: str) -> None:
    file = user_paths().config_file
    file.parent.mkdir(exist_ok=True, mode=0o700)
    file.write_text("".join(f'[connections.{name}]\nuri = "{uri}"\n' for name, uri in uris.items()))


@asynccontextmanager
async def running(*targets: str) -> AsyncIterator[tuple[Roster, Fleet]]:
    request = Request(targets=targets)
    book = Book(request, load(request), Redactor())
    fleet = Fleet(book.targets)
    await fleet.start()
    try:
        yield Roster(book, fleet), fleet
    finally:
        pids = {one.worker_pid for one in fleet.connections.values() if one.worker_pid}
        await fleet.stop()
        await until(lambda: not any(is_alive(pid) for pid in pids))


def up(fleet: Fleet, *names: str) -> bool:
    fleet.drain()
    return set(fleet.connections) == set(names) and all(
        one.link is Link.UP and one.listed for one in fleet.connections.values()
    )


async def test_a_reload_opens_closes_and_leaves_alone() -> None:
    configure(stays=DEMO, goes=DEMO + "&seed=2", changes=DEMO + "&seed=3")
    async with running() as (roster, fleet):
        await until(lambda: up(fleet, "stays", "goes", "changes"))
        before = fleet.connections["stays"]
        configure(stays=DEMO, changes=DEMO + "&seed=4", comes=DEMO + "&seed=5")
        await roster.reload()
        await until(lambda: up(fleet, "stays", "changes", "comes"))
        assert fleet.connections["stays"] is before
        assert before.generation == 1
        assert fleet.connections["changes"].spec.uri.count("seed=4") == 1


async def test_a_mistake_in_the_file_closes_nothing() -> None:
    configure(a=DEMO)
    async with running() as (roster, fleet):
        await until(lambda: up(fleet, "a"))
        user_paths().config_file.write_text("[connections")
        with pytest.raises(ConfigError):
            await roster.reload()
        assert up(fleet, "a")


async def test_a_draft_is_tried_saved_and_stays_open() -> None:
    async with running() as (roster, fleet):
        one = draft(DEMO, "mine")
        assert await roster.begin(one) == ["mine"]
        await until(lambda: up(fleet, "mine"))
        assert not roster.file.exists()
        await roster.keep(one)
        assert f'uri = "{DEMO}"' in roster.file.read_text()
        assert fleet.connections["mine"].generation == 1, "it was not opened a second time"
        assert not await roster.reload()


async def test_a_draft_that_is_dropped_is_closed() -> None:
    async with running() as (roster, fleet):
        one = draft("demo://?vms=12", "many")
        names = await roster.begin(one)
        assert len(names) == 6
        roster.drop(one)
        assert up(fleet)
        assert not roster.file.exists()
        assert await roster.begin(one) == names, "its names are free again"


async def test_the_demo_opens_beside_what_is_there() -> None:
    configure(a=DEMO)
    async with running() as (roster, fleet):
        await roster.open_demo()
        await until(lambda: len(fleet.connections) == 7)
        assert not await roster.reload()


async def test_an_address_of_the_command_line_is_saved_once() -> None:
    async with running("demo://?vms=4&family=proxmox") as (roster, fleet):
        (name,) = fleet.connections
        assert await roster.save(name)
        assert not await roster.save(name)
        assert not await roster.save("nobody")
        assert f"[connections.{name}]" in roster.file.read_text()


async def test_what_libvirt_knows_is_added_and_opened(tmp_path: Path) -> None:
    conf = tmp_path / "home" / "libvirt" / "libvirt.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text('uri_aliases = ["far=qemu+unix:///session?socket=/nonexistent"]')
    async with running() as (roster, fleet):
        found = await roster.importable()
        difference = await roster.add([one.draft for one in found if one.draft])
        assert [target.spec.name for target in difference.added] == ["far"]
        assert list(fleet.connections) == ["far"]
        assert [one.draft for one in await roster.importable()] == [None]
