"""Pictures of two hosts side by side, and of what hosts have in common; hosts that answer as it is written here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.errors import Failure, Fault
from novatui.core.hostprofile import (
    GUEST_CPUS,
    HOST_FIRMWARE,
    MEMORY,
    VENDOR,
    Baseline,
    HostProfile,
    Item,
    Loss,
    Part,
    Section,
)
from novatui.core.states import Family
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.wire import frames
from tests.ui import hostile
from tests.ui.desk import Desk, desk
from tests.ui.still import EVENING
from tests.ui.world import world

SIZES = ((80, 24), (100, 30), (160, 50))

LEFT, RIGHT = "kvm-03:host:kvm-03", "kvm-12:host:kvm-12"
PLACE = Place("diff", ref=LEFT, scope=RIGHT)
BOTH = Place("baseline", ref=f"{LEFT} {RIGHT} vc-east:host:esx-07 pve-lab:host:pve1")

FLAGS = "aes apic avx avx2 bmi1 bmi2 cx16 fma lahf_lm nx pae popcnt rdrand sse4.2 svm syscall xsave"
MORE = "avx512bw avx512cd avx512dq avx512f avx512vl gfni la57 vaes vpclmulqdq"


def asked(call: str, excerpt: str = "") -> tuple[Evidence, ...]:
    return (Evidence(kind="asked", call=call, at=EVENING - 2, ms=3.4, excerpt=excerpt),)


def items(*told: tuple[str, str | None] | str) -> tuple[Item, ...]:
    return tuple(
        Item(name=each, value="")
        if isinstance(each, str)
        else Item(name=each[0], value=each[1], reason="" if each[1] is not None else "this call is not supported [3]")
        for each in told
    )


def part(section: Section, call: str, *told: tuple[str, str | None] | str, basis: str = "") -> Part:
    return Part(section=section, items=items(*told), evidence=asked(call), basis=basis)


UNTOLD = Part(
    section=Section.BRIDGES, reason="this call is not supported [3]", evidence=asked("virConnectListAllInterfaces")
)


def profile(conn: str, key: str) -> HostProfile:
    """Two hosts of one make: the second one is older, and lacks a card."""
    old = conn == "kvm-12"
    bare = "" if old else MORE
    gpu = Item(
        id="gpu 10de:25b6",
        name="gpu NVIDIA A16",
        value="2×, makes nvidia-471",
        amount=2,
        beside="0000:3b:00.0, 0000:9b:00.0",
    )
    nic = Item(
        id="nic 15b3:1017", name="nic Mellanox ConnectX-5", value="2×, 16 VFs at most", amount=2, beside="0000:5e:00.0"
    )
    return HostProfile(
        host=key,
        name=key.partition(":")[2],
        conn=conn,
        family=Family.LIBVIRT,
        product="libvirt 9.0.0, QEMU 7.2.22" if old else "libvirt 10.2.0, QEMU 8.2.2",
        parts=(
            part(
                Section.CPU, "virConnectGetCapabilities", ("architecture", "x86_64"), (VENDOR, "AMD"),
                ("model", "EPYC-Milan" if old else "EPYC-Genoa"), ("microcode", None if old else "0xa10113e"),
            ),
            part(
                Section.FLAGS, "virConnectBaselineHypervisorCPU", *FLAGS.split(), *bare.split(),
                basis="what kvm can give guests (host-model)",
            ),
            part(
                Section.MACHINES, "virConnectGetCapabilities", *(() if old else ("pc-q35-8.2", "pc-i440fx-8.2")),
                "pc-q35-7.2", "pc-i440fx-7.2",
            ),
            part(Section.FIRMWARE, "virConnectGetDomainCapabilities", "automatic efi", "secure boot"),
            part(
                Section.VERSIONS, "virConnectGetVersion", ("libvirt", "9.0.0" if old else "10.2.0"),
                ("QEMU", "7.2.22" if old else "8.2.2"), (HOST_FIRMWARE, "2.13.1"),
            ),
            Part(section=Section.DEVICES, items=(nic,) if old else (gpu, nic), evidence=asked("virNodeGetInfo")),
            part(
                Section.NETWORKS, "virConnectListAllNetworks", ("default", "nat, 192.168.122.1/24"),
                ("prod", "bridge br-prod, vlan 43" if old else "bridge br-prod, vlan 42"),
            ),
            UNTOLD if old else part(Section.BRIDGES, "virConnectListAllInterfaces", "br-prod"),
            part(
                Section.STORAGE, "virConnectListAllStoragePools", ("default", "dir /var/lib/libvirt/images"),
                *(() if old else (("nvme", "logical vg0"),)),
            ),
            part(
                Section.LIMITS, "virNodeGetInfo", ("logical processors", "128"), (MEMORY, "512G" if old else "768G"),
                (GUEST_CPUS, "288" if old else "4096"), ("IOMMU", "yes"),
            ),
        ),
        native=f"<cpu>{conn}</cpu>",
        at=EVENING - 2,
        ms=41.0,
    )  # fmt: skip


def hostile_profile(conn: str, key: str) -> HostProfile:
    """Names and reasons that try to break a screen."""
    texts = [text or "none" for text in hostile.TEXTS]
    shift = 5 if conn == "kvm-12" else 0
    parts = tuple(
        Part(
            section=section,
            items=tuple(
                Item(name=texts[(at + number) % len(texts)], value=texts[(at + number + shift) % len(texts)])
                for number in range(4)
            )
            if at % 3
            else None,
            reason="" if at % 3 else texts[at % len(texts)],
            evidence=asked(texts[at % len(texts)], texts[(at + 1) % len(texts)]),
        )
        for at, section in enumerate(Section)
    )
    return HostProfile(
        host=key, name=texts[len(conn) % len(texts)], family=Family.LIBVIRT, parts=parts, native=texts[0]
    )


SILENT = Failure(fault=Fault.TIMEOUT, message="no answer to the profile within 30 s")

NATIVE = (
    "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>EPYC-Milan</model>\n  <vendor>AMD</vendor>\n</cpu>\n"
)


def baseline(processors: list[str]) -> Baseline:
    """The second one can do what the first one can, but for a few flags."""
    losses = tuple(
        Loss(
            flags=() if "kvm-12" in each else tuple(MORE.split()),
            model="EPYC-Milan" if "kvm-12" in each else "EPYC-Genoa",
            evidence=asked("virConnectBaselineHypervisorCPU", each),
        )
        for each in processors
    )
    return Baseline(
        model="EPYC-Milan", vendor="AMD", flags=tuple(FLAGS.split()), losses=losses, native=NATIVE, native_format="xml",
        basis="virConnectBaselineHypervisorCPU", evidence=asked("virConnectBaselineHypervisorCPU", NATIVE),
    )  # fmt: skip


Told = Callable[[str, str], HostProfile]


def can_be_asked(person: Desk) -> None:
    for connection in person.fleet.connections.values():
        if connection.info is not None:
            connection.info = msgspec.structs.replace(connection.info, roles=("ProfileSource",))


async def answer(person: Desk, told: Told = profile) -> None:
    """Every question is answered until no more come; esx-07 does not answer, and pve1 tells no processor."""
    answered: set[int] = set()
    quiet = 0
    while quiet < 5:
        await person.pilot.pause(0.05)
        wanted = [
            frame
            for frame in person.fleet.sent
            if isinstance(frame, frames.ProfileRequest | frames.BaselineRequest) and frame.request not in answered
        ]
        quiet = 0 if wanted else quiet + 1
        for one in wanted:
            answered.add(one.request)
            person.fleet.hear(_answer(one, told))
    await person.settle()


def _answer(one: frames.ProfileRequest | frames.BaselineRequest, told: Told) -> frames.Frame:
    if isinstance(one, frames.BaselineRequest):
        return frames.BaselineAnswer(one.conn, one.request, 3.0, 4, None, baseline(one.processors))
    if one.conn == "vc-east":
        return frames.ProfileAnswer(one.conn, one.request, 0.0, 0, SILENT, None)
    found = told(one.conn, one.host)
    if one.conn == "pve-lab":
        found = msgspec.structs.replace(found, native="", native_reason="it names no processor that guests get")
    return frames.ProfileAnswer(one.conn, one.request, 41.0, 30, None, found)


async def compared(person: Desk, told: Told = profile, place: Place = PLACE) -> None:
    can_be_asked(person)
    await person.open(place)
    await answer(person, told)


Act = Callable[[Desk], Awaitable[None]]


async def _waiting(person: Desk) -> None:
    can_be_asked(person)
    await person.open(PLACE)
    await person.settle()


async def _unfolded(person: Desk) -> None:
    await compared(person)
    await person.press("l", "G", "l", "g")


async def _everything(person: Desk) -> None:
    await compared(person)
    await person.press("a", "s", "l")


async def _filtered(person: Desk) -> None:
    await compared(person)
    await person.press("slash", *"avx512", "enter")


async def _evidence(person: Desk) -> None:
    await compared(person)
    await person.press("j", "enter")


async def _hostile(person: Desk) -> None:
    await compared(person, hostile_profile)
    await person.press("j", "l", "G", "l")


async def _silent(person: Desk) -> None:
    await compared(person, place=Place("diff", ref=LEFT, scope="vc-east:host:esx-07"))


async def _common(person: Desk) -> None:
    await compared(person, place=BOTH)
    await person.press("j")


async def _lost(person: Desk) -> None:
    await compared(person, place=BOTH)
    await person.press("j", "enter")


ACTS: dict[str, Act] = {
    "diff": compared,
    "diff-waiting": _waiting,
    "diff-unfolded": _unfolded,
    "diff-everything": _everything,
    "diff-filtered": _filtered,
    "diff-evidence": _evidence,
    "diff-hostile": _hostile,
    "diff-silent": _silent,
    "baseline": _common,
    "baseline-lost": _lost,
}


async def picture(act: Act, size: tuple[int, int], marks: Marks) -> str:
    """The screen after an act."""
    async with desk(world(), size, marks) as person:
        await act(person)
        return person.text + "\n"


def _every() -> dict[str, Callable[[], Awaitable[str]]]:
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, act in ACTS.items():
        for size in SIZES if name in {"diff", "diff-unfolded", "baseline"} else SIZES[:1]:
            found[f"{name}-{size[0]}x{size[1]}"] = lambda act=act, size=size: picture(act, size, DRAWN)
        if name in {"diff-unfolded", "baseline"}:
            found[f"{name}-ascii"] = lambda act=act: picture(act, (80, 24), PLAIN)
    return found


PICTURES = _every()
