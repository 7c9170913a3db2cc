"""Whether a host starts a machine by itself, as its HostAutoStartManagerConfig says."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.fields import each, refs, truth, words
from novatui.backends.vsphere.updates import Ref

CONFIG = "config.autoStart"
"""Where a host has it."""


def starts(config: Any, machine: Ref) -> bool:
    """It is started by a host that starts machines at all. `config`: HostAutoStartManagerConfig."""
    if truth(config, "defaults.enabled") is not True:
        return False
    entries = [one for one in each(config, "powerInfo") if refs(one, "key") == [machine]]
    return any(words(one, "startAction").lower() == "poweron" for one in entries)
