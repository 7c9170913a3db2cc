"""Pictures of reports on the fleet: what keeps hosts from maintenance, what they can give, who could serve what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from novatui.core.capabilities import Answer, Evidence
from novatui.core.detail import Detail
from novatui.core.devices import Device, Giving, MdevType
from novatui.core.errors import Failure, Fault
from novatui.core.fitting import COPIED
from novatui.core.reasons import Check, Topic
from novatui.engine.host_scope import hosts_in
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.screens.blockers import BlockerScreen
from novatui.ui.screens.inventory import InventoryScreen
from novatui.wire import frames
from tests.fleets import until
from tests.placings import Placing
from tests.ui import given, hostile
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.still import EVENING, StillFleet

SIZES = ((80, 24), (100, 30), (160, 50))

ASKED = Evidence(kind="asked", call="QueryVMotionCompatibilityEx_Task", at=EVENING - 2, ms=7.9, excerpt="<result/>")

LISTED = tuple(
    Evidence(kind="asked", call=call, at=EVENING - 3, ms=2.5)
    for call in ("virConnectListAllNodeDevices", "virNodeDeviceGetXMLDesc", "virConnectGetCapabilities")
)

Act = Callable[[ActingDesk], Awaitable[None]]


def no(topic: Topic, reason: str, **more: Any) -> Check:
    return Check(topic=topic, answer=Answer.NO, reason=reason, evidence=ASKED, **more)


def answering(person: ActingDesk) -> Placing:
    """Every host can be asked; some machines are held, some hosts lack something, one does not answer."""
    placing = Placing(hosts_in(person.fleet.inventory))
    placing.free = 40 << 30
    given_away = "MT27800 Virtual Function (0000:5e:00.2) is given to it: detach it, or move it when off"
    placing.held["db-orders-01"] = (no(Topic.DEVICES, given_away, subject="0000:5e:00.2"),)
    placing.held["huge"] = (no(Topic.SNAPSHOTS, "libvirt moves no machine with snapshots, and it has 99999"),)
    lacks = no(
        Topic.STORAGE, "does not reach 0:0 ([ds-ssd1] db.vmdk); it can be copied", subject="0:0", condition=COPIED
    )
    cdrom = no(Topic.STORAGE, "does not reach sdb (/iso/[red]漢字.iso); eject it, or put it there", subject="sdb")
    open_ = Check(topic=Topic.CPU, answer=Answer.UNKNOWN, reason="whether it has the processor was not asked")
    for host in placing.hosts:
        placing.live["db-orders-02", host.id] = (lacks,)
        placing.live["gpu-train-1", host.id] = (cdrom,)
        placing.off["gpu-train-1", host.id] = (cdrom,)
        placing.live["app-vc-03", host.id] = (open_,)
    person.fleet.placing = placing  # type: ignore[assignment]
    return placing


async def blockers(person: ActingDesk, ref: str = "vc-east:connection:vc-east") -> Placing:
    """The report on a connection, once everything was asked."""
    placing = answering(person)
    await _asked(person, ref)
    return placing


async def _asked(person: ActingDesk, ref: str) -> None:
    await person.open(Place("blockers", ref=ref))
    screen = person.screen
    assert isinstance(screen, BlockerScreen)
    await until(lambda: bool(screen._hosts) and not screen._all.waiting)
    await person.settle()


async def _blockers(person: ActingDesk) -> None:
    await blockers(person)


async def _one(person: ActingDesk) -> None:
    await blockers(person, "vc-east:host:esx-07")


async def _waiting(person: ActingDesk) -> None:
    answering(person).answers.clear()
    await person.open(Place("blockers", ref="vc-east:host:esx-07"))
    await person.settle()


SHARED = "pci_0000_85_00_0"
PLAIN_HOST = (
    Device(
        id="pci_0000_5e_00_0", name="ens1f0", device_class="nic", address="0000:5e:00.0", vendor="Mellanox",
        product="MT27800 [ConnectX-5]", ids="15b3:1017", driver="mlx5_core", iommu_group=20, numa_node=0, functions=0,
        functions_max=8,
    ),
)  # fmt: skip


def devices() -> tuple[Device, ...]:
    """Those of the passthrough pane, one of them with two machines."""
    numbered = {"gpu": "10de:25b6", "nic": "15b3:1017", "vf": "15b3:1018"}
    return tuple(
        msgspec.structs.replace(
            one,
            ids=numbered.get(one.device_class, ""),
            others=("vm:ci-runner-7",) if one.device_class == "vf" and one.holder else (),
        )
        for one in given.devices()
    )


async def inventory(
    person: ActingDesk, ref: str = "", *, giving: Giving | None = None, silent: Mapping[str, Failure] | None = None
) -> None:
    """The devices of these hosts, without any of all, once all are read; kvm-03 has one of everything."""
    able = giving or Giving(iommu=True, vfio=True, evidence=LISTED)
    failures, send = silent or {}, person.hands.send

    def answer(frame: frames.Frame) -> None:
        if not isinstance(frame, frames.DetailRequest) or not frame.key.startswith("host:"):
            send(frame)
            return
        person.fleet.worker.sent.append(frame)
        failure = failures.get(frame.key)
        found = devices() if frame.key == "host:kvm-03" else PLAIN_HOST
        detail = Detail(key=frame.key, devices=found, giving=able) if failure is None else None
        at = person.fleet.clock.monotonic()
        told = frames.DetailAnswer(frame.conn, frame.request, at, detail, failure)
        asyncio.get_running_loop().call_soon(person.fleet.hear, told)

    person.fleet.worker.send = answer  # type: ignore[method-assign]
    await person.open(Place("inventory", ref=ref))
    screen = person.screen
    assert isinstance(screen, InventoryScreen)
    await until(lambda: bool(screen._reading.told) and None not in screen._reading.told.values())
    await person.pass_time(1.0)
    await person.settle()


def _keys(*keys: str) -> Act:
    async def act(person: ActingDesk) -> None:
        await inventory(person)
        await person.press(*keys)
        await person.settle()

    return act


async def _untold(person: ActingDesk) -> None:
    timeout = Failure(fault=Fault.TIMEOUT, message="no answer within 15 s")
    absent = Failure(fault=Fault.NOT_SUPPORTED, message="not here")
    giving = Giving(iommu=True, vfio=None, untold=1)
    await inventory(person, giving=giving, silent={"host:kvm-12": timeout, "host:hv01": absent})
    await person.press("s")
    await person.settle()


ACTS: dict[str, Act] = {
    "blockers": _blockers,
    "blockers-one": _one,
    "blockers-waiting": _waiting,
    "inventory": _keys("j", "l", "j", "l", "j"),
    "inventory-host": _keys("s", "l"),
    "inventory-fit": _keys("f", *"mdev nvidia-471, 2 vf", "enter"),
    "inventory-untold": _untold,
}


async def _hostile_blockers(person: ActingDesk) -> None:
    placing = Placing(hosts_in(person.fleet.inventory))
    for at, text in enumerate(hostile.TEXTS):
        placing.held[f"m{at}"] = (no(Topic.DEVICES, text, subject=text),)
    person.fleet.placing = placing  # type: ignore[assignment]
    await _asked(person, "")


async def _hostile_inventory(person: ActingDesk) -> None:
    texts = [text for text in hostile.TEXTS if text.strip()]
    found = tuple(
        Device(
            id=f"d{at}{text}", name=text, device_class=("pci", "vf", "usb", "mdev", text)[at % 5], address=text,
            vendor=text, product=text, ids=text, driver=text, parent=text, holder=f"vm:m{at}" if at % 2 else "",
            others=(text,) if at % 4 == 1 else (), iommu_group=1, mdev_types=(MdevType(id=text, name=text),),
        )
        for at, text in enumerate(texts)
    )  # fmt: skip

    def answer(frame: frames.Frame) -> None:
        if isinstance(frame, frames.DetailRequest):
            detail = Detail(key=frame.key, devices=found, giving=Giving(iommu=True, vfio=True, hint=texts[0]))
            told = frames.DetailAnswer(frame.conn, frame.request, person.fleet.clock.monotonic(), detail, None)
            asyncio.get_running_loop().call_soon(person.fleet.hear, told)

    person.fleet.worker.send = answer  # type: ignore[method-assign]
    await person.open(Place("inventory"))
    screen = person.screen
    assert isinstance(screen, InventoryScreen)
    await until(lambda: bool(screen._reading.told) and None not in screen._reading.told.values())
    await person.pass_time(1.0)
    await person.settle()


HOSTILE: dict[str, Act] = {"blockers-hostile": _hostile_blockers, "inventory-hostile": _hostile_inventory}


def _picture(
    act: Act, size: tuple[int, int], marks: Marks, fleet: Callable[[], StillFleet] | None = None
) -> Callable[[], Awaitable[str]]:
    async def draw() -> str:
        with TemporaryDirectory() as folder:
            async with acting_desk(Path(folder), size, marks, fleet() if fleet is not None else None) as person:
                await act(person)
                return person.text + "\n"

    return draw


PICTURES: dict[str, Callable[[], Awaitable[str]]] = (
    {f"{name}-{size[0]}x{size[1]}": _picture(act, size, DRAWN) for name, act in ACTS.items() for size in SIZES}
    | {f"{name}-ascii": _picture(act, (80, 24), PLAIN) for name, act in ACTS.items()}
    | {f"{name}-{size[0]}x{size[1]}": _picture(act, size, DRAWN, hostile.fleet)
       for name, act in HOSTILE.items() for size in SIZES}
)  # fmt: skip
"""By file name."""
