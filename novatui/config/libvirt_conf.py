"""`uri_aliases` of libvirt's client configuration: names that people gave to their hosts already.

Format as libvirt's virConf reads it (libvirt.org/uri.html#uri-aliases): `key = value`, text in quotes, lists in
brackets over any number of lines, `#` comments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

LONGEST = 256 * 1024
"""Bytes of the file that are read."""

_KEY = re.compile(r"^[ \t]*uri_aliases[ \t]*=[ \t]*\[", re.MULTILINE)
_TOKEN = re.compile(r"""\s+|\#[^\n]*|"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<end>\])|(?P<other>.)""")


def uri_aliases(file: Path) -> list[tuple[str, str]]:
    """Name and URI of each alias, in their order; empty when there is no such file. OSError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            text = stream.read(LONGEST).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return []
    found: list[tuple[str, str]] = []
    for start in _KEY.finditer(text):
        for token in _TOKEN.finditer(text, start.end()):
            if token["end"]:
                break
            said = token["double"] if token["double"] is not None else token["single"]
            name, sign, uri = (said or "").partition("=")
            if sign and name.strip() and uri.strip():
                found.append((name.strip(), uri.strip()))
    return found


def client_files(environ: Mapping[str, str], root: Path = Path("/")) -> list[Path]:
    """Where libvirt keeps them: the user's file, then the machine's."""
    own = Path(environ.get("XDG_CONFIG_HOME") or Path(os.path.expanduser("~"), ".config"))
    return [own / "libvirt" / "libvirt.conf", root / "etc" / "libvirt" / "libvirt.conf"]
