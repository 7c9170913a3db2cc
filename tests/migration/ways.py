"""The golden table of the ways out: states of a migration, families and start flags, and what each way would say.

`python -m tests.migration.ways` writes it anew; read the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.states import Family
from novatui.core.verdict import Call, Verdict
from novatui.core.waysout import Way, ways_out

GOLDEN = Path(__file__).with_name("ways.golden.txt")

MIB = 1 << 20
LEVERS = ("migrate.bandwidth", "migrate.downtime", "migrate.postcopy", "migrate.pause", "task.cancel")

COPYING = MigrationProgress(
    source="kvm-03",
    destination="kvm-12",
    phase=Phase.MEMORY,
    fidelity=Fidelity.FULL,
    total=65536 * MIB,
    sent=200 * 1024 * MIB,
    left=4500 * MIB,
    rate=1100.0 * MIB,
    dirty_rate=1100.0 * MIB,
    iteration=21,
    downtime_limit=0.3,
    bandwidth_limit=1200.0 * MIB,
    armed=(),
)
STUCK = Verdict(call=Call.NOT_CONVERGING, floor=6050 * MIB, pause=5.5, limit=0.3)
GOES = Verdict(call=Call.CONVERGING, eta=(5.0, 9.0), pause=2.0, limit=0.3)


def reading(**changes: object) -> MigrationProgress:
    return msgspec.structs.replace(COPYING, **changes)


STATES: dict[str, tuple[MigrationProgress, Verdict]] = {
    "preparing": (
        MigrationProgress(source="kvm-03", phase=Phase.PREPARING, armed=()),
        Verdict(call=Call.PREPARING),
    ),
    "storage": (
        reading(phase=Phase.DISK, disk_left=300 * MIB, left=300 * MIB, dirty_rate=None),
        Verdict(call=Call.DISK, part=3.0),
    ),
    "first pass": (reading(iteration=1, dirty_rate=None), Verdict(call=Call.FIRST_PASS, part=4.1, limit=0.3)),
    "not converging": (COPYING, STUCK),
    "not converging, pause hardly too short": (COPYING, msgspec.structs.replace(STUCK, pause=0.45)),
    "not converging, no limit of bandwidth": (reading(bandwidth_limit=None), STUCK),
    "not converging, link slower than its limit": (reading(bandwidth_limit=4000.0 * MIB), STUCK),
    "not converging, hopeless pause": (reading(), msgspec.structs.replace(STUCK, pause=4000.0)),
    "converging": (reading(dirty_rate=300.0 * MIB), GOES),
    "converging within the pause": (reading(left=200 * MIB), msgspec.structs.replace(GOES, pause=0.2)),
    "stalled, auto-converge at 40": (
        reading(throttle=40, armed=("auto-converge",)),
        Verdict(call=Call.STALLED, pause=5.5, limit=0.3),
    ),
    "paused": (reading(guest_paused=True), Verdict(call=Call.CONVERGING, eta=(3.7, 4.7), limit=0.3)),
    "post-copy asked for": (reading(requested="post-copy", armed=("post-copy",)), STUCK),
    "switch-over": (reading(phase=Phase.SWITCHOVER), Verdict(call=Call.SWITCHOVER)),
    "post-copy": (reading(phase=Phase.POST_COPY, armed=("post-copy",)), Verdict(call=Call.POST_COPY)),
    "finishing": (reading(phase=Phase.FINISHING), Verdict(call=Call.FINISHING)),
    "done": (reading(phase=Phase.FINISHING), Verdict(call=Call.DONE)),
    "nothing known": (
        MigrationProgress(fidelity=Fidelity.NONE),
        Verdict(call=Call.UNKNOWN),
    ),
}

FLAGS: dict[str, tuple[str, ...] | None] = {
    "none": (),
    "auto-converge": ("auto-converge",),
    "post-copy": ("post-copy",),
    "both": ("auto-converge", "post-copy"),
    "not known": None,
}


def cases() -> Iterator[tuple[str, tuple[Way, ...]]]:
    """Every state with libvirt; the one that hurts with every family and with all flags; without any lever."""
    for name, (progress, verdict) in STATES.items():
        yield f"libvirt · {name}", ways_out(progress, verdict, family=Family.LIBVIRT, offered=LEVERS)
    for name, armed in FLAGS.items():
        found = ways_out(reading(armed=armed), STUCK, family=Family.LIBVIRT, offered=LEVERS)
        yield f"libvirt · not converging · started with: {name}", found
    for family in Family:
        if family is not Family.LIBVIRT:
            progress = MigrationProgress(fidelity=Fidelity.PERCENT, phase=Phase.MEMORY, source="host-1")
            found = ways_out(progress, Verdict(call=Call.PERCENT_ONLY), family=family, offered=("task.cancel",))
            yield f"{family} · copying", found
    yield "libvirt · not converging · no lever offered", ways_out(COPYING, STUCK, family=Family.LIBVIRT, offered=())


def table() -> str:
    """The whole table."""
    lines: list[str] = []
    for title, ways in cases():
        lines.append(title)
        for way in ways:
            mark = "×" if way.refused else " "
            lines.append(f"  {way.number} {mark} {way.title:24} {way.native:40} {way.refused or way.estimate}".rstrip())
            if way.risk and not way.refused:
                lines.append(f"      risk: {way.risk}")
            if way.arguments and not way.refused:
                lines.append(f"      {way.verb} {' '.join(f'{key}={value}' for key, value in way.arguments.items())}")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    GOLDEN.write_text(table(), encoding="utf-8")
