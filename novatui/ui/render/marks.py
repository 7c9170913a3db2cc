"""One-cell signs for states and gaps, in a drawing set and an ASCII set. No sign is wide or may turn into an emoji."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from novatui.core.states import Link, Power


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """A set of signs."""

    ascii: bool
    on: str
    off: str
    paused: str
    suspended: str
    migrating: str
    error: str
    alarm: str
    unreachable: str
    partly: str
    inapplicable: str
    """What an object in this state has not."""
    lacking: str
    """What the product does not offer."""
    unfolded: str
    folded: str
    rule: str
    bar: str
    ellipsis: str
    done: str
    up: str
    down: str
    way: str
    """Between a node and the one above it."""
    into: str
    """Between a node and the one below it."""
    to: str
    """Between where something comes from and where it goes."""
    point: str
    """The cursor."""
    pin: str
    """A row that stays at the top."""
    dot: str
    """Between two facts."""
    dash: str
    """Before an afterthought."""

    @property
    def gaps(self) -> tuple[str, str, str]:
        """What stands where there is no value: unknown, not applicable, not offered."""
        return UNKNOWN, self.inapplicable, self.lacking


DRAWN = Marks(
    ascii=False,
    on="●",
    off="○",
    paused="‖",
    suspended="◑",
    migrating="⇄",
    error="×",
    alarm="!",
    unreachable="◌",
    partly="◐",
    inapplicable="·",
    lacking="–",
    unfolded="▾",
    folded="▸",
    rule="─",
    bar="│",
    ellipsis="…",
    done="✓",
    up="↑",
    down="↓",
    way="›",
    into="›",
    to="→",
    point="▌",
    pin="▴",
    dot="·",
    dash="—",
)
PLAIN = Marks(
    ascii=True,
    on="+",
    off="o",
    paused="=",
    suspended="s",
    migrating=">",
    error="x",
    alarm="!",
    unreachable="@",
    partly="%",
    inapplicable=".",
    lacking="n",
    unfolded="v",
    folded=">",
    rule="-",
    bar="|",
    ellipsis=">",
    done="+",
    up="^",
    down="v",
    way="<",
    into=">",
    to="->",
    point=">",
    pin="^",
    dot="-",
    dash="-",
)

UNKNOWN = "?"
"""What is not known, in every set."""

POWER_WORDS: dict[Power, str] = {
    Power.RUNNING: "on",
    Power.OFF: "off",
    Power.PAUSED: "pau",
    Power.SUSPENDED: "sus",
    Power.STARTING: "sta",
    Power.STOPPING: "sto",
    Power.MIGRATING: "mig",
    Power.CRASHED: "err",
    Power.UNKNOWN: "?",
}
"""Three letters beside the sign: a state is never told by sign or colour alone."""


_FEW_GLYPHS = frozenset({"linux", "dumb", "vt100", "vt102", "vt220", "cons25"})
"""Terminals whose fonts have letters and little else, whatever the locale says."""


def marks_for(environ: Mapping[str, str] = os.environ) -> Marks:
    """The signs that this terminal can show: ASCII unless the locale says UTF-8 and the terminal has the glyphs."""
    if environ.get("TERM") in _FEW_GLYPHS:
        return PLAIN
    # Python itself sets LC_CTYPE to C.UTF-8 when the locale is C (PEP 538): that says nothing about the terminal.
    ctype = environ.get("LC_CTYPE", "")
    locale = environ.get("LC_ALL") or ("" if ctype == "C.UTF-8" else ctype) or environ.get("LANG", "")
    return DRAWN if "utf" in locale.lower() else PLAIN


def power_mark(power: str | None, marks: Marks) -> str:
    """The sign of a power state; an unknown one is `?`."""
    return {
        Power.RUNNING: marks.on,
        Power.OFF: marks.off,
        Power.PAUSED: marks.paused,
        Power.SUSPENDED: marks.suspended,
        Power.STARTING: marks.up,
        Power.STOPPING: marks.down,
        Power.MIGRATING: marks.migrating,
        Power.CRASHED: marks.error,
    }.get(power, UNKNOWN)  # pyright: ignore[reportArgumentType,reportCallIssue] - a word of Power or none of them


def link_mark(link: Link, marks: Marks) -> str:
    """The sign of a connection."""
    if link is Link.UP:
        return marks.on
    return marks.partly if link in (Link.CONNECTING, Link.LOADING) else marks.unreachable
