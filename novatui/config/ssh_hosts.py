"""Names of the hosts that the user's ssh client has settings for: candidates for `qemu+ssh://`.

Read as ssh_config(5) says: `Host` lines, their patterns, and `Include`. Settings themselves are left to ssh.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

LONGEST = 256 * 1024
"""Bytes of a file that are read at most."""

DEEPEST = 4
"""Files that may include one another."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What is a name, and not a pattern or a negation."""

_ELSEWHERE = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht", "dev.azure.com")
"""Hosts that serve repositories: nobody has a hypervisor there."""


def ssh_hosts(home: Path) -> list[str]:
    """Names that can be given to ssh, in the order of the files."""
    hosts: dict[str, bool] = {}
    current: list[str] = []
    for word, values in _lines(home, home / ".ssh" / "config", DEEPEST):
        if word == "host":
            current = [name for name in values if _PLAIN.fullmatch(name)]
            for name in current:
                hosts.setdefault(name, not name.endswith(_ELSEWHERE))
        elif word == "match":
            current = []
        elif values and _serves_repositories(word, values[0]):
            hosts.update(dict.fromkeys(current, False))
    return [name for name, wanted in hosts.items() if wanted]


def _serves_repositories(word: str, value: str) -> bool:
    return (word == "user" and value == "git") or (word == "hostname" and value.endswith(_ELSEWHERE))


def _lines(home: Path, file: Path, depth: int) -> Iterator[tuple[str, list[str]]]:
    """Keyword in lower case and its arguments, line by line, with what is included."""
    try:
        with file.open("rb") as stream:
            text = stream.read(LONGEST).decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        word, values = _split(line)
        if word == "include" and depth > 1:
            for pattern in values:
                for included in _matching(home, pattern):
                    yield from _lines(home, included, depth - 1)
        elif word:
            yield word, values


def _split(line: str) -> tuple[str, list[str]]:
    line = line.strip()
    if not line or line.startswith("#"):
        return "", []
    word, _, rest = re.sub(r"^(\w+)\s*=\s*", r"\1 ", line).partition(" ")
    try:
        return word.lower(), shlex.split(rest, comments=True)
    except ValueError:
        return word.lower(), rest.split()


def _matching(home: Path, pattern: str) -> list[Path]:
    """Files of an `Include`: relative to ~/.ssh, with wildcards."""
    if pattern.startswith("~/"):
        base, pattern = home, pattern[2:]
    elif pattern.startswith("/"):
        base, pattern = Path("/"), pattern[1:]
    else:
        base = home / ".ssh"
    try:
        return sorted(base.glob(pattern)) if pattern else []
    except (OSError, ValueError, NotImplementedError):
        return []
