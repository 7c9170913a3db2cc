"""Devices of the demo given, shared out and taken back through the keys of the passthrough pane, by a real worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from novatui.core.devices import Device
from novatui.core.states import Kind
from novatui.ui.app import NovaApp
from novatui.ui.place import Place
from novatui.ui.screens.passthrough import PassthroughScreen
from tests.democonsole import gated
from tests.fleets import until

SIZE = (80, 24)
KEYS = {"-": "minus", ".": "full_stop", "_": "underscore"}


async def test_attach_detach_and_a_shared_card(tmp_path: Path) -> None:
    uri = f"demo://?family=libvirt&vms=60&seed=3&speed=0&state={tmp_path / 'world'}"
    async with gated(uri, tmp_path) as (gate, fleet):
        app = NovaApp(fleet, gate=lambda: gate)
        async with app.run_test(size=SIZE) as pilot:
            host = next(iter(fleet.inventory.slots(Kind.HOST)))
            app.stage.navigation.open(Place("passthrough", ref=str(fleet.inventory.ref(host))))
            pane = await shown(app)
            await until(lambda: pane.pool.devices)
            free = next(each for each in pane.pool.devices if each.device_class == "vf" and not each.holder)
            machine = pane.pool.machines()[0]
            name = fleet.inventory.name(fleet.inventory.slot(machine.conn, machine.key) or 0)

            await to(pilot, pane, free.id)
            await typed(pilot, "a", "enter", "enter")
            await agreed(pilot, app, "y")
            await until(lambda: now(pane, free).holder == machine.key)

            await to(pilot, pane, free.id)
            await typed(pilot, "x", "D", "enter")
            await agreed(pilot, app, *name, "enter")
            await until(lambda: not now(pane, free).holder)

            card = next(each for each in pane.pool.devices if each.mdev_types and not each.holder)
            await to(pilot, pane, card.id)
            await typed(pilot, "l", "j", "x", "m", "enter")
            await agreed(pilot, app, "y")
            await until(lambda: made(pane, card))

            [one] = made(pane, card)
            await to(pilot, pane, one.id)
            await typed(pilot, "x", "R")
            await agreed(pilot, app, *fleet.inventory.name(host), "enter")
            await until(lambda: not made(pane, card))
            assert [done.verb for done in reversed(gate.history())] == [
                "device.attach",
                "device.detach",
                "device.mdev_create",
                "device.mdev_remove",
            ]


def now(pane: PassthroughScreen, device: Device) -> Device:
    return next(each for each in pane.pool.devices if each.id == device.id)


def made(pane: PassthroughScreen, card: Device) -> list[Device]:
    return [each for each in pane.pool.devices if each.parent == card.id and each.device_class == "mdev"]


async def shown(app: NovaApp) -> PassthroughScreen:
    await until(lambda: isinstance(app.screen, PassthroughScreen))
    assert isinstance(app.screen, PassthroughScreen)
    return app.screen


async def to(pilot: Pilot[None], pane: PassthroughScreen, device: str) -> None:
    """The cursor on a device, as soon as it is listed."""

    def node() -> int | None:
        rows = pane._source.order
        return next((n for n in rows if (o := pane._source.item(n)) and o.real and o.real.id == device), None)

    await until(lambda: pane.app.screen is pane and node() is not None and pane._table.reveal(node() or 0))
    await pilot.pause(0.1)


async def typed(pilot: Pilot[None], *keys: str) -> None:
    """With time between the keys, as a person has."""
    for key in keys:
        await pilot.press(KEYS.get(key, key))
        await pilot.pause(0.2)


async def agreed(pilot: Pilot[None], app: NovaApp, *keys: str) -> None:
    """Once there is a plan: say so, and wait for the end."""
    asking: Callable[[], bool] = lambda: getattr(app.screen, "planning", None) is False  # noqa: E731
    await until(asking)
    await pilot.pause(1.0)
    await typed(pilot, *keys)
    acting = app.stage.acting
    assert acting is not None
    await until(lambda: not getattr(app.screen, "planning", None) and not acting.gate.runs)
