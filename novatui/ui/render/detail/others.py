"""Facts that have no column of their own, under the titles that the driver gave them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from novatui.core.detail import Property
from novatui.ui.render.detail.sheet import Field, Section
from novatui.ui.render.detail.whole import Whole


def others(whole: Whole, aside: Collection[str] = ()) -> Iterator[Section]:
    """A box for each title but those of `aside`, which have a place elsewhere."""
    by_section: dict[str, list[Property]] = {}
    for one in whole.detail.properties if whole.detail is not None else ():
        if one.section not in aside:
            by_section.setdefault(one.section, []).append(one)
    for title, found in by_section.items():
        yield Section(title=title[:1].upper() + title[1:], items=[Field(one.name, one.value) for one in found])
