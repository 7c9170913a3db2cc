"""The first frame of either side, and what it tells: same protocol, and how far apart the two clocks are."""

from __future__ import annotations

import os
import time
from pathlib import Path

from novatui import __version__
from novatui.wire import frames


def hello() -> frames.Hello:
    """Our own greeting, made now."""
    return frames.Hello(frames.PROTOCOL, __version__, os.getpid(), boot_id(), time.monotonic(), time.time())


def boot_id() -> str:
    """What tells one boot of one machine from every other; empty where the kernel does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def clock_offset(theirs: frames.Hello, received: float) -> float:
    """Seconds to add to the sender's monotonic clock to get ours.

    Exactly 0 on the same machine. Otherwise what is left is the time that the greeting travelled: their readings look
    younger by that much.
    """
    ours = boot_id()
    return 0.0 if ours and theirs.boot_id == ours else received - theirs.monotonic
