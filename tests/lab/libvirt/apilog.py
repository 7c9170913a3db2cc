"""The log that libvirt's C library keeps of its own public calls: an account of what was done that is not ours.

Switched on by LIBVIRT_LOG_FILTERS=1:libvirt and LIBVIRT_LOG_OUTPUTS=1:file:PATH (https://libvirt.org/logging.html).
Anything that does not look like reading counts as a change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^\S+ \S+: \d+: debug : (vir[A-Z]\w+):\d+ : (.*)$", re.MULTILINE)

READING = re.compile(
    r"vir\w*?(Get[A-Z]\w*|List\w*|Lookup\w*|Is[A-Z]\w*|Has[A-Z]\w*|Num\w*|Free|Ref|SnapshotCurrent|EventRegisterAny|EventDeregisterAny)"
    r"|virConnect(Open\w*|Close|SetKeepAlive|RegisterCloseCallback|UnregisterCloseCallback)"
    r"|virGlobalInit|virRegisterConnectDriver|virEvent\w*|virInitialize|virSetErrorFunc"
)


def environment(file: Path) -> dict[str, str]:
    """What makes a process log there; it has to be set before libvirt is loaded."""
    return {"LIBVIRT_LOG_FILTERS": "1:libvirt", "LIBVIRT_LOG_OUTPUTS": f"1:file:{file}"}


@dataclass(frozen=True)
class Logged:
    """One public call, with its arguments as the library writes them."""

    function: str
    arguments: str

    def says(self, name: str, value: object) -> bool:
        """Whether it was given this argument: numbers in decimal or hexadecimal, texts with or without quotes."""
        match value:
            case None:
                written = ["'<null>'", "(null)", "<null>"]
            case bool() | int():
                written = [str(int(value)), hex(value)]
            case _:
                written = [str(value), f"'{value}'"]
        return any(f"{name}={text}{end}" in f"{self.arguments}, " for text in written for end in (", ",))


def changes(file: Path) -> list[Logged]:
    """The calls that are not plainly reading, oldest first."""
    text = file.read_text(errors="replace") if file.exists() else ""
    return [Logged(*found) for found in LINE.findall(text) if not READING.fullmatch(found[0])]
