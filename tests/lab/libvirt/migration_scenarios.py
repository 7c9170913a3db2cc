"""What the recorded migrations are set up to do. Whether one converges is not said here: the recording says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Action:
    """Done `at` seconds after the start.

    bandwidth (MiB/s), downtime (ms), suspend, resume, abort, or dirty (MiB, MiB/s).
    """

    at: float
    what: str
    value: Any = None


@dataclass(frozen=True)
class Scenario:
    """`dirty` is (MiB, MiB/s) from boot; bandwidth in MiB/s; `downtime_ms` 0 leaves libvirt's own limit.

    `patience_s` is when the recorder gives up and aborts.
    """

    name: str
    dirty: tuple[int, int] | None
    bandwidth: int
    extras: tuple[str, ...] = ()
    downtime_ms: int = 0
    memory_mib: int = 128
    disk_mib: int = 0
    parameters: tuple[tuple[str, Any], ...] = ()
    actions: tuple[Action, ...] = ()
    patience_s: float = 45.0
    vcpus: int = 1


THROTTLE_20 = (("auto_converge.initial", 20), ("auto_converge.increment", 20))
THROTTLE_30 = (("auto_converge.initial", 30), ("auto_converge.increment", 25))
THROTTLE_10 = (("auto_converge.initial", 10), ("auto_converge.increment", 5))
XBZRLE = (("compression", "xbzrle"),)
XBZRLE_32 = (("compression", "xbzrle"), ("compression.xbzrle.cache", 32 << 20))
FOUR_WAYS = (("parallel.connections", 4),)
TWO_WAYS = (("parallel.connections", 2),)

FIRST = (
    Scenario("idle-bw32", None, 32),
    Scenario("idle-bw8", None, 8),
    Scenario("idle-bw4", None, 4, patience_s=60),
    Scenario("dirty16x2-bw8", (16, 2), 8),
    Scenario("dirty16x4-bw16", (16, 4), 16),
    Scenario("dirty32x6-bw8", (32, 6), 8, patience_s=60),
    Scenario("dirty32x8-bw8", (32, 8), 8, patience_s=60),
    Scenario("dirty32x10-bw8", (32, 10), 8),
    Scenario("dirty32x12-bw16", (32, 12), 16, patience_s=60),
    Scenario("dirty32x14-bw16", (32, 14), 16, patience_s=60),
    Scenario("dirty48x16-bw16", (48, 16), 16, memory_mib=192),
    Scenario("dirty48x32-bw8", (48, 32), 8),
    Scenario("dirty48x64-bw32", (48, 64), 32),
    Scenario("dirty64x64-bw16-256mib", (64, 64), 16, memory_mib=256),
    Scenario("dirty4x64-bw32", (4, 64), 32),
    Scenario("dirty8x32-bw16", (8, 32), 16),
    Scenario("dirty8x32-bw16-downtime1000", (8, 32), 16, downtime_ms=1000),
    Scenario("dirty16x16-bw8-downtime100", (16, 16), 8, downtime_ms=100),
    Scenario("dirty32x16-bw8-throttle20", (32, 16), 8, ("auto-converge",), parameters=THROTTLE_20, patience_s=60),
    Scenario("dirty32x12-bw8-throttle30", (32, 12), 8, ("auto-converge",), parameters=THROTTLE_30, patience_s=60),
    Scenario("dirty16x16-bw16-xbzrle", (16, 16), 16, ("compressed",), parameters=XBZRLE),
    Scenario("dirty32x32-bw8-xbzrle", (32, 32), 8, ("compressed",), parameters=XBZRLE_32),
    Scenario("dirty32x16-bw32-parallel4", (32, 16), 32, ("parallel",), parameters=FOUR_WAYS),
    Scenario("idle-bw16-storage", None, 16, ("storage",), disk_mib=128, patience_s=60),
    Scenario("dirty16x8-bw16-storage", (16, 8), 16, ("storage",), disk_mib=96, patience_s=60),
    Scenario("dirty32x16-bw8-raised32", (32, 16), 8, actions=(Action(24, "bandwidth", 32),)),
    Scenario("dirty32x16-bw8-allowed5000", (32, 16), 8, actions=(Action(22, "downtime", 5000),)),
    Scenario("dirty32x16-bw8-suspended", (32, 16), 8, actions=(Action(23, "suspend"),)),
    Scenario("dirty32x16-bw8-aborted", (32, 16), 8, actions=(Action(20, "abort"),)),
    Scenario("dirty32x24-then-2-bw8", (32, 24), 8, actions=(Action(14, "dirty", (32, 2)),)),
    Scenario("dirty32x2-then-24-bw8", (32, 2), 8, memory_mib=192, actions=(Action(3, "dirty", (32, 24)),)),
)

#: Kept apart: recorded after the thresholds of the verdict were committed.
LATER = (
    Scenario("later-idle-bw24", None, 24),
    Scenario("later-idle-bw6-192mib", None, 6, memory_mib=192),
    Scenario("later-dirty24x3-bw12", (24, 3), 12),
    Scenario("later-dirty24x9-bw12", (24, 9), 12, patience_s=60),
    Scenario("later-dirty40x11-bw12", (40, 11), 12, memory_mib=192, patience_s=60),
    Scenario("later-dirty24x20-bw24", (24, 20), 24, patience_s=60),
    Scenario("later-dirty40x13-bw12", (40, 13), 12),
    Scenario("later-dirty40x48-bw12", (40, 48), 12),
    Scenario("later-dirty60x40-bw24-256mib", (60, 40), 24, memory_mib=256),
    Scenario("later-dirty6x48-bw24", (6, 48), 24),
    Scenario("later-dirty10x48-bw24", (10, 48), 24),
    Scenario("later-dirty12x24-bw12-downtime2000", (12, 24), 12, downtime_ms=2000),
    Scenario("later-dirty24x24-bw24-downtime100", (24, 24), 24, downtime_ms=100),
    Scenario(
        "later-dirty24x20-bw12-throttle10", (24, 20), 12, ("auto-converge",), parameters=THROTTLE_10, patience_s=60
    ),
    Scenario(
        "later-dirty40x24-bw12-throttle30", (40, 24), 12, ("auto-converge",), parameters=THROTTLE_30, patience_s=60
    ),
    Scenario("later-dirty24x32-bw12-xbzrle", (24, 32), 12, ("compressed",), parameters=XBZRLE_32),
    Scenario("later-dirty24x12-bw24-parallel2", (24, 12), 24, ("parallel",), parameters=TWO_WAYS),
    Scenario("later-dirty24x12-bw24-storage", (24, 12), 24, ("storage",), disk_mib=128, patience_s=60),
    Scenario(
        "later-dirty40x24-bw12-raised24-raised32",
        (40, 24),
        12,
        actions=(Action(14, "bandwidth", 24), Action(24, "bandwidth", 32)),
    ),
    Scenario("later-dirty24x20-bw12-allowed3000", (24, 20), 12, actions=(Action(16, "downtime", 3000),)),
    Scenario("later-dirty40x32-bw12-suspended", (40, 32), 12, actions=(Action(15, "suspend"),)),
    Scenario("later-dirty24x4-bw6-aborted", (24, 4), 6, actions=(Action(6, "abort"),)),
    Scenario("later-dirty40x40-then-4-bw12", (40, 40), 12, actions=(Action(18, "dirty", (40, 4)),)),
    Scenario("later-dirty40x3-then-40-bw12", (40, 3), 12, memory_mib=192, actions=(Action(3, "dirty", (40, 40)),)),
    Scenario("later-dirty24x6-bw12-lowered4", (24, 6), 12, actions=(Action(3, "bandwidth", 4),)),
    Scenario("later-dirty24x8-bw16-tunnelled", (24, 8), 16, ("tunnelled",)),
    Scenario("later-dirty48x64-bw8-192mib", (48, 64), 8, memory_mib=192, patience_s=75),
    Scenario("later-dirty24x64-bw16", (24, 64), 16, patience_s=65),
    Scenario("later-dirty64x32-bw16-192mib", (64, 32), 16, memory_mib=192, patience_s=65),
    Scenario("later-dirty40x40-bw4-throttle20", (40, 40), 4, ("auto-converge",), parameters=THROTTLE_20, patience_s=90),
    Scenario("later-dirty32x48-bw6-parallel2", (32, 48), 6, ("parallel",), parameters=TWO_WAYS, patience_s=65),
    Scenario("later-dirty48x48-bw8-xbzrle", (48, 48), 8, ("compressed",), parameters=XBZRLE, patience_s=65),
    Scenario("later-dirty32x40-bw8-storage", (32, 40), 8, ("storage",), disk_mib=48, patience_s=75),
)

#: Kept apart again: recorded after the forecast was made anew.
FRESH = (
    Scenario("fresh-idle-bw10", None, 10),
    Scenario("fresh-idle-bw20-192mib", None, 20, memory_mib=192),
    Scenario("fresh-idle-bw5", None, 5, patience_s=60),
    Scenario("fresh-dirty20x2-bw10", (20, 2), 10),
    Scenario("fresh-dirty20x5-bw10", (20, 5), 10, patience_s=60),
    Scenario("fresh-dirty20x7-bw10", (20, 7), 10, patience_s=60),
    Scenario("fresh-dirty28x4-bw14", (28, 4), 14, memory_mib=192),
    Scenario("fresh-dirty28x8-bw14", (28, 8), 14, memory_mib=192),
    Scenario("fresh-dirty28x10-bw14", (28, 10), 14, patience_s=60),
    Scenario("fresh-dirty36x6-bw20", (36, 6), 20),
    Scenario("fresh-dirty36x12-bw20", (36, 12), 20, memory_mib=192),
    Scenario("fresh-dirty36x15-bw20", (36, 15), 20, patience_s=60),
    Scenario("fresh-dirty16x3-bw7", (16, 3), 7, patience_s=60),
    Scenario("fresh-dirty16x5-bw7", (16, 5), 7, patience_s=60),
    Scenario("fresh-dirty52x12-bw28-256mib", (52, 12), 28, memory_mib=256),
    Scenario("fresh-dirty52x20-bw28", (52, 20), 28),
    Scenario("fresh-dirty20x8-bw20-parallel2", (20, 8), 20, ("parallel",), parameters=TWO_WAYS),
    Scenario("fresh-dirty20x6-bw20-storage", (20, 6), 20, ("storage",), disk_mib=96, patience_s=60),
    Scenario("fresh-dirty20x14-bw10-downtime1500", (20, 14), 10, downtime_ms=1500),
    Scenario("fresh-dirty36x40-bw10", (36, 40), 10),
    Scenario("fresh-dirty28x32-bw14", (28, 32), 14),
    Scenario("fresh-dirty44x60-bw20-192mib", (44, 60), 20, memory_mib=192),
    Scenario("fresh-dirty28x24-bw10-raised28", (28, 24), 10, actions=(Action(16, "bandwidth", 28),)),
    Scenario("fresh-dirty28x24-bw10-aborted", (28, 24), 10, actions=(Action(14, "abort"),)),
)
