"""Keeps the running fleet in step with the configuration: connections are tried, saved, reloaded, trusted.

What reads or writes files runs on a thread; the fleet is changed on the event loop. What only a newcomer needs is
imported when it is needed: the first frame of everybody else does not wait for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from novatui.engine import blocking
from novatui.engine.book import Book, Difference
from novatui.engine.fleet import Fleet
from novatui.engine.links import Target

if TYPE_CHECKING:
    from novatui.config.alarms import Alarms
    from novatui.config.discovery import Found
    from novatui.config.draft import Draft
    from novatui.config.imports import Imported

DEMO = "demo://"


class Roster:
    """What a person does to the set of connections while the console runs. Belongs to the event loop."""

    def __init__(self, book: Book, fleet: Fleet) -> None:
        self.book = book
        self._fleet = fleet
        self._tried: dict[str, list[str]] = {}
        """Names of the connections that were opened to try a draft, by its name."""
        self._turn = asyncio.Lock()
        """The book belongs to one thread at a time."""

    @property
    def file(self) -> Path:
        """Where connections are saved."""
        return self.book.file

    @property
    def alarms(self) -> Alarms:
        """Limits of alarms, as they were configured when that was read last."""
        return self.book.loaded.config.alarms

    def hide(self, secret: str) -> None:
        """A secret was typed: from now on it is kept out of logs and reports."""
        self.book.redactor.add(secret)

    async def look_around(self) -> list[Found]:
        """Hypervisors that are found on this machine."""
        from novatui.config.discovery import Surroundings, discover

        return await blocking.run(lambda: discover(Surroundings.here()))

    # --- one connection -------------------------------------------------------------------------------------------

    async def begin(self, draft: Draft) -> list[str]:
        """Open a draft to try it; the names of its connections. ConfigError when something is wrong with it."""
        async with self._turn:
            targets = await blocking.run(lambda: self.book.trial(draft))
        self._tried[draft.name] = [target.spec.name for target in targets]
        self._open(targets)
        return self._tried[draft.name]

    def is_tried(self, name: str) -> bool:
        """True for a connection that is open only to try a draft."""
        return any(name in names for names in self._tried.values())

    def drop(self, draft: Draft) -> None:
        """It is not wanted: close what was opened to try it."""
        self.book.give_up(draft.name)
        for name in self._tried.pop(draft.name, ()):
            self._fleet.dismiss(name)

    async def keep(self, draft: Draft) -> None:
        """Save a draft; what was opened to try it stays open. ConfigError when it cannot be saved."""
        async with self._turn:
            await blocking.run(lambda: self.book.save(draft))
        self._tried.pop(draft.name, None)

    async def save(self, name: str) -> bool:
        """Save a connection that the command line named by its address. False when there is nothing to save."""
        draft = self.book.unsaved(name)
        if draft is None:
            return False
        await self.keep(draft)
        return True

    def can_trust(self, name: str) -> bool:
        """True when the certificate of this connection is believed once a person has agreed to its fingerprint."""
        return bool(self.book.endpoint(name))

    async def trust(self, name: str, sha256: str) -> None:
        """Believe this certificate from now on, and make the connection anew. ConfigError when it cannot be stored."""
        async with self._turn:
            targets = await blocking.run(lambda: self.book.trust(name, sha256))
        for target in targets:
            self._fleet.dismiss(target.spec.name)
        self._open(targets)

    # --- all of them ----------------------------------------------------------------------------------------------

    async def reload(self) -> Difference:
        """Read the configuration again. ConfigError when something is wrong in it: then nothing changes."""
        async with self._turn:
            found = await blocking.run(self.book.read_again)
        self._apply(found)
        return found

    async def open_demo(self) -> None:
        """The demo fleet beside what is open."""
        async with self._turn:
            found = await blocking.run(lambda: self.book.open_too(DEMO))
        self._apply(found)

    async def importable(self) -> list[Imported]:
        """What libvirt and govc of this user know."""
        from novatui.config.imports import importable
        from novatui.config.libvirt_conf import client_files

        connections, environ = self.book.loaded.config.connections, os.environ
        return await blocking.run(lambda: importable(connections, environ, client_files(environ)))

    async def add(self, drafts: Sequence[Draft]) -> Difference:
        """Save several drafts and open them. ConfigError when they cannot be saved."""
        from novatui.config.edit import add_connections

        await blocking.run(lambda: add_connections(self.file, drafts))
        return await self.reload()

    def _apply(self, found: Difference) -> None:
        for name in (*found.removed, *(target.spec.name for target in found.changed)):
            self._fleet.dismiss(name)
        self._open([*found.changed, *found.added])

    def _open(self, targets: Sequence[Target]) -> None:
        for target in targets:
            self._fleet.add(target)
