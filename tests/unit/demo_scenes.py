"""Scenes of the demo fleet for tests: one by family or by site, and a driver's rows without a thread."""

from __future__ import annotations

from novatui.backends.demo.scene import Scene
from novatui.config.demo import expand
from novatui.core.states import Family

NOON = 1_790_000_000.0
"""A world time to begin with."""


def scene_of(family: Family, options: str = "vms=300") -> Scene:
    """A connection of that family, alone."""
    return Scene(expand(f"demo://?family={family.value}&{options}")[0])


def scene_at(site: str, options: str = "vms=1000") -> Scene:
    """That connection of the whole fleet."""
    return Scene(expand(f"demo://?site={site}&{options}")[0])
