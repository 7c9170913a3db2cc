"""The passthrough pane through its keys: what it shows, what it foresees, what it has done, what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from novatui.core.devices import Device, Giving
from novatui.core.errors import Failure, Fault
from novatui.ui.place import Place
from novatui.ui.screens.passthrough import PassthroughScreen
from tests.ui import details, given, world
from tests.ui.desk import desk
from tests.ui.hands import ActingDesk, acting_desk

HELD_BY_OTHER = Failure(fault=Fault.BUSY, message="it is held by build-3", hint="detach it from build-3 first")


@asynccontextmanager
async def pane(
    folder: Path, ref: str = given.HOST, size: tuple[int, int] = (80, 24), **told: object
) -> AsyncIterator[ActingDesk]:
    """The pane open at a host or a machine."""
    async with acting_desk(folder, size) as person:
        person.hands.devices, person.hands.plan = given.devices(), given.PLAN
        for name, value in told.items():
            setattr(person.hands, name, value)
        await person.open(Place("passthrough", ref=ref))
        await person.still()
        yield person


def screen(person: ActingDesk) -> PassthroughScreen:
    found = person.screen
    assert isinstance(found, PassthroughScreen)
    return found


async def rest(person: ActingDesk, *words: str) -> None:
    """Until the cursor has rested and the facts below say all of this."""
    for _ in range(200):
        if all(word in below(person) for word in words):
            return
        await person.pilot.pause(0.05)
        await person.settle()
    pytest.fail(f"{words} are not in\n{person.text}")


def below(person: ActingDesk) -> str:
    """What is said of the device under the cursor, in one line."""
    lines = person.lines
    start = next(at for at, line in enumerate(lines) if line.startswith("─"))
    return " ".join(" ".join(lines[start:]).split())


async def to(person: ActingDesk, device: str) -> None:
    """Put the cursor on a device."""
    shown = screen(person)
    node = next(n for n in shown._source.order if (o := shown._source.item(n)) and o.real and o.real.id == device)
    assert shown._table.reveal(node)
    await person.settle()


async def to_type(person: ActingDesk, type_id: str, parent: str) -> None:
    shown = screen(person)
    for node in shown._source.order:
        one = shown._source.item(node)
        if one is not None and one.mdev is not None and one.mdev.id == type_id and one.device.id == parent:
            assert shown._table.reveal(node)
    await person.settle()


async def test_groups_functions_types_and_who_has_them(tmp_path: Path) -> None:
    async with pane(tmp_path, size=(160, 50)) as person:
        assert "VFs 1/2 free" in person.lines[0]
        assert "kvm-03" in person.lines[0]
        assert "IOMMU group 60  2 devices, to one machine as a whole; 1 held" in person.line("IOMMU group 60")
        assert "1/2 VFs  Mellanox MT27800" in person.text
        assert "● gpu-train-1" in person.line("ens1f0v1")
        assert "free" in person.line("ens1f0v2")
        assert "nvidia-474: none left" in person.line("A16-16C")
        assert "? gone-away" in person.line("mdev_3b2a "), "a holder that is not in the inventory is not hidden"


async def test_x_l_opens_it_for_a_machine_and_shows_its_own_first(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (80, 24)) as person:
        person.hands.devices, person.hands.plan = given.devices(), given.PLAN
        await person.go_to("kvm-03", "vm:gpu-train-1")
        await person.press("x", "l")
        await person.still()
        rows = person.lines[3:]
        assert "held by gpu-train-1  2 devices" in rows[0]
        assert "ens1f0v1" in rows[1]
        await person.press("j")
        await rest(person, "detach from gpu-train-1")
        assert "would fit" in person.line("would fit")
        assert "everything on kvm-03" in person.text
        assert "for which VM" not in person.lines[-1]


async def test_the_plan_comes_when_the_cursor_rests_and_sends_nothing(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await to(person, "pci_0000_5e_00_2")
        await rest(person, "attach to", "possible", "blocks while it holds the device it cannot be migrated live")
        assert [operation.verb for operation in person.hands.planned] == ["device.attach"]
        assert not person.hands.made
        assert not person.journal.exists() or not person.records("operation", "declined")
        await person.press("k", "j")
        await rest(person, "possible")
        assert len(person.hands.planned) <= 2, "what is known is not asked again"


async def test_what_cannot_be_given_says_why(tmp_path: Path) -> None:
    async with pane(tmp_path, obstacles={"device.attach": HELD_BY_OTHER}) as person:
        await to(person, "pci_0000_5e_00_2")
        await rest(person, "no, it is held by build-3 — detach it from build-3 first")


async def test_a_host_without_an_iommu_says_so_and_what_to_do(tmp_path: Path) -> None:
    bare = (Device(id="pci_0000_01_00_0", name="card", device_class="gpu", address="0000:01:00.0"),)
    giving = Giving(iommu=False, hint="boot with intel_iommu=on")
    async with pane(tmp_path, devices=bare, giving=giving) as person:
        assert "no IOMMU on this host" in person.text
        assert "boot with intel_iommu=on" in " ".join(person.text.split())
        assert "1 device; cannot be given" in person.line("▾ no IOMMU group")


async def test_attach_to_a_machine_that_is_picked(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await to(person, "pci_0000_5e_00_2")
        await person.press("a")
        assert "Give ens1f0v2 to" in person.text
        await person.type("gpu")
        await person.press("enter")
        assert "pci_0000_5e_00_2" in person.text
        await person.write("l")  # the cursor waits on what is left to say: live
        await person.press("enter")
        await person.planned()
        assert "applies to live" in " ".join(person.text.split())
        await person.write("y")
        await person.done()
        assert person.hands.made == ["device.attach vm:gpu-train-1"]
        asked = person.hands.planned[-1].arguments
        assert asked == {"device": "pci_0000_5e_00_2", "apply": "live"}
        assert "for gpu-train-1" in person.lines[1]
        [operation] = person.records("operation")
        assert operation["verb"] == "device.attach"


async def test_detach_asks_the_holder_by_name(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await to(person, "pci_0000_65_00_0")
        await rest(person, "detach from gpu-train-1: possible; it asks to type gpu-train-1")
        await person.press("x", "D")
        await person.press("enter")
        await person.planned()
        await person.press("y", "enter")
        assert person.hands.made == []
        await person.press("backspace")
        await person.write("gpu-train-1")
        await person.press("enter")
        await person.done()
        assert person.hands.made == ["device.detach vm:gpu-train-1"]


async def test_nothing_to_take_back(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await to(person, "pci_0000_5e_00_2")
        await person.press("x", "D")
        assert "no machine has ens1f0v2" in person.lines[-1]
        assert person.hands.made == []


async def test_a_type_is_made_and_a_made_one_removed(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await to_type(person, "nvidia-471", "pci_0000_85_00_0")
        await person.press("a")
        assert "a type is no device yet" in person.lines[-1]
        await person.press("x", "m")
        assert "nvidia-471" in person.text
        await person.press("enter")
        await person.planned()
        await person.write("y")
        await person.done()
        assert person.hands.planned[-1].arguments == {"device": "pci_0000_85_00_0", "type": "nvidia-471"}
        await to(person, "mdev_3b2a")
        await person.press("x", "R")
        await person.planned()
        await person.write("kvm-03")
        await person.press("enter")
        await person.done()
        assert person.hands.made == ["device.mdev_create host:kvm-03", "device.mdev_remove host:kvm-03"]
        await to(person, "pci_0000_5e_00_2")
        await person.press("x", "R")
        assert "is no mediated device" in person.lines[-1]
        await person.press("x", "m")
        assert "makes no mediated devices" in person.lines[-1]


async def test_the_number_of_functions_says_what_to_type(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        link = person.fleet.connections["kvm-03"]
        assert link.info is not None
        link.info = msgspec.structs.replace(
            link.info, verbs=tuple(verb for verb in link.info.verbs if verb != "device.vfs")
        )
        await to(person, "pci_0000_5e_00_2")
        await person.press("x", "V")
        assert "/sys/bus/pci/devices/0000:5e:00.0/sriov_numvfs" in person.screen.last_report
        assert person.hands.planned == [] or person.hands.planned[-1].verb != "device.vfs"


async def test_filter_fold_and_back(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await person.press("slash")
        await person.type("class:vf")
        await person.press("enter")
        assert "3 of 10" in person.lines[1]
        assert "NVIDIA" not in "".join(person.lines[2:12])
        await person.press("escape")
        assert "10 devices, 3 held" in person.lines[1]
        await person.press("g", "space")
        assert "ens1f0v1" not in person.text
        await person.press("l")
        assert "ens1f0v1" in person.text


async def test_what_was_folded_stays_folded_when_it_is_read_again(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        await person.press("g", "h")
        assert "ens1f0v1" not in person.text
        person.hands.devices = (*given.devices(), Device(id="usb_9", name="new one", device_class="usb"))
        await person.press("r")
        await person.still()
        assert "11 devices" in person.lines[1]
        assert "ens1f0v1" not in person.text


async def test_a_holder_that_changes_is_read_again(tmp_path: Path) -> None:
    async with pane(tmp_path) as person:
        free = tuple(msgspec.structs.replace(each, holder="") for each in given.devices())
        person.hands.devices = free
        person.fleet.clock.advance(1.0)
        person.fleet.tell("kvm-03", {"vm:gpu-train-1": {"passthrough": 0}})
        await person.pass_time(1.0)
        await person.still()
        assert "0 held" in person.lines[1]


async def test_rows_wait_while_a_strip_is_open(tmp_path: Path) -> None:
    """The device that the strip names is the one that the second key is for, whatever comes meanwhile."""
    async with pane(tmp_path) as person:
        await to(person, "pci_0000_65_00_0")
        await person.press("x")
        assert "NVIDIA A16 of kvm-03" in person.text
        person.hands.devices = tuple(each for each in given.devices() if each.id != "pci_0000_65_00_0")
        screen(person).pool.read()
        await person.settle()
        await person.press("D")
        assert "pci_0000_65_00_0" in person.text
        await person.press("escape")
        await person.still()
        assert "9 devices" in person.lines[1]


async def test_enter_tells_everything_and_the_calls(tmp_path: Path) -> None:
    async with pane(tmp_path, size=(100, 30)) as person:
        await to(person, "pci_0000_5e_00_2")
        await rest(person, "possible")
        await person.press("enter")
        assert "it would be" in person.text
        assert "nativeDevice_Attach" in person.text
        await person.press("escape")
        assert screen(person).listed().values[0]["iommu_group"] == 20


async def test_the_devices_of_a_host_are_a_command_away(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, (80, 24)) as person:
        person.hands.devices = given.devices()
        for command in ("passthrough kvm-03", "dev kvm-03"):
            await person.press("colon")
            await person.type(command)
            await person.press("enter")
            await person.still()
            assert screen(person).place() == Place("passthrough", ref=given.HOST)
            await person.press("q")
        await person.press("colon")
        await person.type("passthrough nowhere")
        await person.press("enter")
        assert "no host or machine is called `nowhere`" in person.lines[-1]


async def test_a_failed_reading_is_said() -> None:
    told = details.answers() | {("kvm-03", "host:kvm-03"): details.SILENT}
    fleet = world.fill(details.TellingFleet(told))
    async with desk(fleet, (80, 24), place=Place("passthrough", ref=given.HOST)) as person:
        assert "the devices could not be read: no answer to detail within 15 s" in person.text
        await person.press("a")
        assert "nothing can be changed from here" in person.lines[-1]
