"""What a machine or a pool may take of processors and memory: ResourceAllocationInfo in words."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.fields import number, truth, words


def allocation(info: Any, unit: str) -> str:
    """`reservation 500 MHz, expandable, no limit, shares 4000 (normal)`; empty when nothing is told."""
    kept, limit = number(info, "reservation"), number(info, "limit")
    shares, level = words(info, "shares.shares"), words(info, "shares.level")
    expandable = truth(info, "expandableReservation")
    told = [
        f"reservation {kept} {unit}" if kept is not None else "",
        "expandable" if expandable else "not expandable" if expandable is False else "",
        "" if limit is None else f"limit {limit} {unit}" if limit >= 0 else "no limit",  # -1: unlimited
        f"shares {shares} ({level})" if shares and level else "",
    ]
    return ", ".join(filter(None, told))
