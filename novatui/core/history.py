"""What a product remembers of one object: its ringed metrics in cells of equal length."""

from __future__ import annotations

import msgspec

HOUR, DAY, WEEK, MONTH = 3600.0, 86400.0, 604800.0, 2592000.0


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first. A cell without a value had no sample, whoever knows why."""

    step: float
    """Seconds that a cell stands for."""
    age: float
    """Seconds between the end of the newest cell and the answer."""
    metrics: dict[str, tuple[float | None, ...]]
    """By name; all of them are equally long. A metric that is missing was never kept."""
