"""What could stand for one part of a request on a host: devices, room for mediated ones, functions to be made."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from novatui.core.devicerequest import Part
from novatui.core.devices import Device, MdevType
from novatui.core.devicestanding import FREE_DRIVERS, Release, Standing, Stock, Use, needs_iommu, standing, standings

WHOLE = "whole"
"""Use of a card that is given away as it is."""

_LET_GO_UNSEEN = frozenset({"mdev", "usb", "vf"})
"""Classes of devices that the host does not miss."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One place that can give something."""

    title: str
    device: str = ""
    """Id of the device that is given; empty for what has yet to be made."""
    make: str = ""
    """Type of the mediated device, or `vf`, that has yet to be made."""
    card: str = ""
    """Id of the card that makes it, or is given as a whole: it serves one use."""
    use: str = ""
    room: int = 1
    numa: int | None = None
    releases: tuple[Release, ...] = ()
    """What has to happen before."""
    open: str = ""
    """Why it is not known whether it is free; empty: it is known."""
    hopeless: str = ""
    """Why it cannot be had at all."""
    needs_iommu: bool = True
    lets_go: str = ""
    """Driver of the host that loses it."""
    shares: str = ""
    """What others of the same card lose by it."""

    @property
    def is_free(self) -> bool:
        """It could be given now."""
        return not (self.releases or self.open)

    @property
    def place(self) -> tuple[str, str]:
        """What is used up by it: the device, or the room of a card for one type."""
        return (self.device, "") if self.device else (self.card, self.make)

    @property
    def cost(self) -> int:
        """How much it asks of people."""
        return sum(release.cost for release in self.releases)


class Pick(msgspec.Struct, frozen=True):
    """What is taken of a place."""

    slot: Slot
    count: int


def slots(stock: Stock, part: Part) -> list[Slot]:
    """All places that the part could be served from, those that are out of the question with the reason."""
    found = [_of_device(each) for each in standings(stock) if part.means(each.device)]
    for card in stock.devices:
        found += [_of_type(stock, card, kind) for kind in card.mdev_types if part.means_type(card, kind)]
        if part.kind == "vf" and (slot := _of_functions(stock, card, part)) is not None:
            found.append(slot)
    return found


def _of_device(one: Standing) -> Slot:
    device, releases = one.device, one.releases
    whole = bool(device.mdev_types)
    driver = "" if device.driver in FREE_DRIVERS or device.device_class in _LET_GO_UNSEEN else device.driver
    return Slot(
        title=device.name,
        device=device.id,
        card=device.id if whole else "",
        use=WHOLE if whole else "",
        room=0 if releases is None else 1,
        numa=device.numa_node,
        releases=releases or (),
        open=one.reason if one.use is Use.UNKNOWN else "",
        hopeless=f"{device.name}: {_hopeless(one)}" if releases is None else "",
        needs_iommu=needs_iommu(device),
        lets_go=driver,
        shares=f"{device.name} makes no vGPUs then" if whole else "",
    )


def _hopeless(one: Standing) -> str:
    return next((each.reason for each in one.obstacles if each.release is None), "")


def _of_type(stock: Stock, card: Device, kind: MdevType) -> Slot:
    title, name = f"{kind.name or kind.id} of {card.name}", kind.name or kind.id
    of = standing(card, stock)
    held = bool(of.holders)
    releases = (of.releases or ()) if held else ()
    barred = stock.giving.obstacle or ("" if not held or of.releases else _hopeless(of))
    room = 1 if kind.available is None else max(0, kind.available)
    hopeless = barred or (f"{card.name} makes no more {name}" if not room else "")
    return Slot(
        title=title,
        make=kind.id,
        card=card.id,
        use=kind.id,
        room=0 if barred else room,
        numa=card.numa_node,
        releases=releases,
        open=f"how many {name} {card.name} can still make was not told" if kind.available is None else "",
        hopeless=hopeless,
        shares=f"{card.name} makes fewer of other types then" if len(card.mdev_types) > 1 else "",
    )


def _of_functions(stock: Stock, card: Device, part: Part) -> Slot | None:
    """Functions that could be made: a new number takes those away that are there, so nobody may have one."""
    most, made = card.functions_max, card.functions or 0
    mine = [each for each in stock.devices if each.parent == card.id and each.device_class == "vf"]
    if most is None or most <= made or card.holder or stock.giving.obstacle or any(each.holder for each in mine):
        return None
    if stock.giving.untold != 0 or not part.means(_function_of(card)):
        return None
    words = f"the number of functions of {card.name} is set, {made} now and at most {most}"
    return Slot(
        title=f"new functions of {card.name}",
        make="vf",
        card=card.id,
        use="vf",
        room=most - made,
        numa=card.numa_node,
        releases=(Release(None, card.name, words),),
    )


def _function_of(card: Device) -> Device:
    """What a function of this card would be; its own numbers and product are not known before it is made."""
    return msgspec.structs.replace(card, device_class="vf", parent=card.id, ids="", iommu_group=None)


def releases_in_words(releases: tuple[Release, ...]) -> Iterator[str]:
    """Each machine once with all that it gives back, then what the host does."""
    machines: dict[str, list[str]] = {}
    heads: dict[str, str] = {}
    for each in releases:
        if each.holder is not None:
            machines.setdefault(each.holder.key, []).append(each.device)
            heads[each.holder.key] = f"{each.holder.name} ({each.holder.word})"
    yield from (f"{heads[key]} gives back {', '.join(dict.fromkeys(names))}" for key, names in machines.items())
    yield from dict.fromkeys(each.words for each in releases if each.holder is None)
