"""What somebody wants to be given, as it is typed: `1 x mdev nvidia-63, 2 x vf numa:0`."""

from __future__ import annotations

import re

import msgspec

from novatui.core.devices import Device, MdevType

MOST = 64
"""Devices of one part of a request: no machine has more."""

PARTS = 4
"""Different things in one request."""

EXAMPLES = "1 x mdev nvidia-63 · 2 x vf numa:0 · pci 10de:1eb8 · gpu a16, 2 x vf"

_KINDS = {
    "vf": "vf", "function": "vf", "mdev": "mdev", "vgpu": "mdev", "pci": "pci", "device": "pci", "gpu": "gpu",
    "nic": "nic", "disk": "disk", "nvme": "disk", "usb": "usb",
}  # fmt: skip

_NOT_PCI = frozenset({"usb", "mdev"})

_PART = re.compile(r"(?:(?P<count>[0-9]{1,4})\s*(?:x\s|\*)?\s*)?(?P<kind>[a-z]+)(?P<rest>(\s.*)?)")
_SPLIT = re.compile(r"[,+;]|\band\b")
_IDS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one thing."""

    count: int
    kind: str
    """vf, mdev, pci, gpu, nic, disk, usb; `pci` is any device on the bus."""
    words: tuple[str, ...] = ()
    """All of them are in its name, product, type, address, or are its numbers; lower case."""
    numa: int | None = None
    """NUMA node that it has to be on."""

    def __str__(self) -> str:
        near = "" if self.numa is None else f"numa:{self.numa}"
        return " ".join(filter(None, (str(self.count), "x", self.kind, *self.words, near)))

    def means(self, device: Device) -> bool:
        """Whether this device, as it is, is such a one."""
        kind = device.device_class
        fits = kind not in _NOT_PCI if self.kind == "pci" else kind == self.kind
        return fits and self._near(device) and all(_has(device, word) for word in self.words)

    def means_type(self, card: Device, kind: MdevType) -> bool:
        """Whether a mediated device of this type, made of this card, is such a one."""
        return self.kind == "mdev" and self._near(card) and all(_names(card, kind, word) for word in self.words)

    def _near(self, device: Device) -> bool:
        return self.numa is None or device.numa_node == self.numa


class Request(msgspec.Struct, frozen=True):
    """Everything that one machine is to be given."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.parts))


def parse(text: str) -> Request:
    """Read a request. ValueError says what is not understood."""
    pieces = [piece.strip() for piece in _SPLIT.split(text.casefold())]
    if not any(pieces):
        raise ValueError(f"what is wanted? {EXAMPLES}")
    parts = tuple(_part(piece) for piece in pieces if piece)
    if len(parts) > PARTS:
        raise ValueError(f"{len(parts)} different things: at most {PARTS} in one request")
    return Request(parts)


def _part(text: str) -> Part:
    found = _PART.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no request: {EXAMPLES}")
    word = found["kind"]
    kind = _KINDS.get(word) or _KINDS.get(word.removesuffix("s"))
    if kind is None:
        raise ValueError(f"what is `{word}`? It can be {', '.join(dict.fromkeys(_KINDS.values()))}")
    count = int(found["count"] or 1)
    if not 0 < count <= MOST:
        raise ValueError(f"{count} x {kind}: from 1 to {MOST}")
    words: list[str] = []
    numa: int | None = None
    for each in found["rest"].split():
        if not each.startswith("numa:"):
            words.append(each)
        elif each[5:].isascii() and each[5:].isdigit():
            numa = int(each[5:][:9])
        else:
            raise ValueError(f"`{each}`: numa: and the number of a node")
    return Part(count=count, kind=kind, words=tuple(words), numa=numa)


def _has(device: Device, word: str) -> bool:
    if _IDS.fullmatch(word):
        return device.ids == word
    texts = (device.name, device.id, device.address, device.vendor, device.product, device.parent)
    return any(word in text.casefold() for text in texts)


def _names(card: Device, kind: MdevType, word: str) -> bool:
    """A type is meant by its id as a whole; its name and that of the card by parts."""
    if _IDS.fullmatch(word):
        return card.ids == word
    return word == kind.id.casefold() or any(
        word in text.casefold() for text in (kind.name, card.name, card.product, card.address)
    )
