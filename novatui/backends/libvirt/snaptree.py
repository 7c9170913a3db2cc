"""All snapshots of one machine at once: who grew from whom, and which file rests on which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from novatui.backends.libvirt.snapxml import Taken
from novatui.core.errors import InvalidInput, NotFound


class SnapshotTree:
    """Answers questions about a machine's snapshots."""

    def __init__(self, found: Iterable[Taken]) -> None:
        self.all = {each.name: each for each in found}

    def __len__(self) -> int:
        return len(self.all)

    def find(self, name: str) -> Taken:
        """The snapshot of this name. NotFound when there is none, InvalidInput when none was named."""
        if not name:
            raise InvalidInput("say which snapshot", subject="snapshot")
        if name not in self.all:
            there = ", ".join(self.all) or "none"
            raise NotFound(f"there is no snapshot '{name}'", hint=f"its snapshots: {there}", subject=name)
        return self.all[name]

    @property
    def current(self) -> Taken | None:
        """The one that the machine's present state grew from."""
        return next((each for each in self.all.values() if each.snapshot.current), None)

    def parent(self, one: Taken) -> Taken | None:
        """What it grew from."""
        return self.all.get(one.snapshot.parent or "")

    def children(self, one: Taken) -> list[Taken]:
        """What grew from it, directly."""
        return [each for each in self.all.values() if each.snapshot.parent == one.name]

    def descendants(self, one: Taken) -> list[Taken]:
        """What grew from it, at any depth."""
        found: list[Taken] = []
        waiting = self.children(one)
        while waiting:
            each = waiting.pop(0)
            if each not in found:
                found.append(each)
                waiting += self.children(each)
        return found

    def living_in(self, files: Iterable[str]) -> list[Taken]:
        """Internal snapshots that are inside these files and gone with them."""
        wanted = set(filter(None, files))
        return [each for each in self.all.values() if wanted.intersection(each.inside.values())]

    def resting_on(self, files: Iterable[str]) -> list[Taken]:
        """Snapshots whose data make no sense any more when somebody writes to these files: their own files, or those
        that they live in, lie above them."""
        above = self.above(files)
        return [each for each in self.all.values() if above.intersection((*each.files, *each.inside.values()))]

    def above(self, files: Iterable[str]) -> set[str]:
        """Overlays that rest on these files, directly or not, as far as snapshots tell of them."""
        below, found = set(filter(None, files)), set[str]()
        while True:
            more = {
                path
                for each in self.all.values()
                for target, path in each.overlays.items()
                if each.below.get(target) in below | found and path not in found
            }
            if not more:
                return found
            found |= more


def moved(now: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Files that disks had then and have not now, by target."""
    return {target: path for target, path in then.items() if target in now and now[target] != path}
