"""The devices of all hosts through their keys: counted, unfolded, filtered, asked for, and led to the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.core.devices import Giving
from novatui.core.errors import Failure, Fault
from novatui.ui.place import Place
from novatui.ui.screens.inventory import InventoryScreen
from novatui.ui.screens.passthrough import PassthroughScreen
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.report_pictures import inventory

SIZE = (100, 30)


async def test_every_host_is_read_once_and_counted(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        assert "13 of 13 hosts read" in person.text
        assert numbers(person, " mdev ", "nvidia-471") == ["13", "1", "0", "0", "14"]
        assert numbers(person, " vf ") == ["1", "1", "0", "0", "2"]
        asked = [frame for frame in person.fleet.sent if type(frame).__name__ == "DetailRequest"]
        assert len(asked) == len({(frame.conn, frame.key) for frame in asked}) == 13


async def test_enter_leads_to_the_device_in_the_pane_of_its_host(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        await person.press("enter")
        assert isinstance(person.screen, InventoryScreen), "what is of several hosts is unfolded"
        await person.press("j", "enter")
        await person.still()
        assert isinstance(person.screen, PassthroughScreen)
        assert person.screen.place().ref == "kvm-03:host:kvm-03"
        await person.press("escape")
        assert isinstance(person.screen, InventoryScreen)


async def test_what_is_in_conflict_is_found(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        await person.type_filter("conflict") if hasattr(person, "type_filter") else await person.press(
            "slash", *"conflict", "enter"
        )
        assert "in conflict" in person.text
        await person.press("G")
        assert "2 machines have it" in person.text or "is parted" in person.text
        await person.press("escape")
        assert "nvidia-471" in person.text


async def test_a_request_is_asked_of_every_host_and_taken_back(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        await person.press("f", *"mdev nvidia-471", "enter")
        await person.settle()
        assert "Who could give 1 x mdev nvidia-471?" in person.text
        assert "1 now" in person.text
        assert person.screen.place() == Place("inventory", tab="1 x mdev nvidia-471")
        assert any(" kvm-03 " in line and "✓ now" in line for line in person.lines)
        await person.press("enter")
        await person.still()
        assert person.screen.place().ref == "kvm-03:host:kvm-03"
        await person.press("escape")
        await person.press("escape")
        assert "Devices that machines can be given" in person.text


async def test_what_is_no_request_is_said(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        await person.press("f", *"elephant", "enter")
        await person.settle()
        assert "what is `elephant`?" in person.text
        assert "Devices that machines can be given" in person.text


async def test_hosts_stand_at_the_top_too(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        await person.press("s")
        assert person.screen.place() == Place("inventory", sort="host")
        assert numbers(person, " host ", "kvm-03") == ["2", "2", "4", "0", "8"]
        await person.press("l")
        assert "of NVIDIA A16 #2" in person.text


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.NOT_SUPPORTED])
async def test_a_host_that_tells_nothing_is_unknown_or_not_offered(tmp_path: Path, fault: Fault) -> None:
    failure = Failure(fault=fault, message="no answer within 15 s")
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person, silent={"host:kvm-12": failure})
        await person.press("s")
        line = person.line(" kvm-12 ")
        assert ("?" in line) is (fault is Fault.TIMEOUT)
        assert ("–" in line) is (fault is Fault.NOT_SUPPORTED)
        await person.press("f", *"vf", "enter")
        await person.settle()
        assert ("unknown" if fault is Fault.TIMEOUT else "not offered") in person.line(" kvm-12 ")


async def test_unknown_holders_are_no_free_devices(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person, giving=Giving(iommu=True, vfio=True, untold=1))
        assert numbers(person, " vf ") == ["0", "1", "0", "1", "2"]


def numbers(person: ActingDesk, kind: str, title: str = "") -> list[str]:
    """The five numbers of the first row of this kind."""
    line = next(line for line in person.lines if kind in line and title in line)
    return line.partition(kind)[2].split()[:5]


async def test_a_host_without_an_iommu_says_so(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person, "kvm-03:host:kvm-03", giving=Giving(iommu=False))
        await person.press("s")
        assert "1 of 1 hosts read" in person.text
        assert "no IOMMU on this host" in person.text
        assert numbers(person, " usb ")[0] == "1"
        assert numbers(person, " vf ")[0] == "0"


async def test_what_is_listed_can_be_exported(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, SIZE) as person:
        await inventory(person)
        listed = person.screen.listed()
        assert listed is not None
        assert listed.titles[0] == "WHAT"
        types = {row["title"]: row for row in listed.values if row.get("kind") == "mdev"}
        assert (types["nvidia-471 A16-1B"]["free"], types["nvidia-471 A16-1B"]["total"]) == (13, 14)
        await person.press("f", *"vf", "enter")
        await person.settle()
        fits = person.screen.listed()
        assert fits is not None
        assert fits.values[0]["answer"] == "yes"
        assert fits.titles == ["HOST", "ANSWER", "WHAT IT WOULD GIVE, OR WHY NOT"]
