"""The connections of one console as the configuration tells them: read again, tried before they are saved, saved.

Files are read and written here; they are small and local, but whoever draws calls it through `blocking`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from novatui.config.load import Loaded, Request, load
from novatui.config.paths import user_paths
from novatui.config.redact import Redactor
from novatui.config.schema import Connection
from novatui.config.trust import TrustStore
from novatui.engine.configured import Secrets, target_of, targets_of
from novatui.engine.links import Target

if TYPE_CHECKING:
    from novatui.config.draft import Draft


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What another reading of the configuration means for the connections that are open."""

    added: tuple[Target, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Target, ...] = ()
    """They lead elsewhere, or log in otherwise, or have another label or lock."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


class _Entry(msgspec.Struct, frozen=True):
    """A connection as it was opened."""

    target: Target
    settings: Connection

    def same(self, other: _Entry) -> bool:
        """True when opening it again would do the same. What fetches secrets cannot be compared; its settings can."""
        mine, theirs = self.target, other.target
        told, said = (mine.spec, mine.via, mine.typed), (theirs.spec, theirs.via, theirs.typed)
        return self.settings == other.settings and told == said


class Book:
    """What the console was started with, and what has become of it. Belongs to one thread at a time."""

    def __init__(self, request: Request, loaded: Loaded, redactor: Redactor) -> None:
        """`request` is what the command line says, `loaded` what came of it."""
        self.redactor = redactor
        self.loaded = loaded
        self._request = request
        self._secrets = Secrets(redactor)
        self._entries: dict[str, _Entry] = self._read(loaded)
        self._trials: dict[str, Draft] = {}

    @property
    def targets(self) -> list[Target]:
        """What is to be open now, but for trials."""
        return [entry.target for entry in self._entries.values()]

    @property
    def file(self) -> Path:
        """Where connections are saved."""
        return user_paths().config_file

    def read_again(self) -> Difference:
        """Read all sources anew. ConfigError when something is wrong: then nothing changes."""
        loaded = load(self._request)
        entries = self._read(loaded)
        before, self._entries, self.loaded = self._entries, entries, loaded
        return Difference(
            added=tuple(entry.target for name, entry in entries.items() if name not in before),
            removed=tuple(name for name in before if name not in entries),
            changed=tuple(
                entry.target for name, entry in entries.items() if name in before and not entry.same(before[name])
            ),
        )

    def open_too(self, uri: str) -> Difference:
        """Open one more target in this console without saving it, such as the demo."""
        self._request = msgspec.structs.replace(self._request, targets=(*self._request.targets, uri))
        return self.read_again()

    def taken(self) -> set[str]:
        """Names that a new connection cannot have."""
        return {*self.loaded.config.connections, *self._entries, *self._trials}

    def trial(self, draft: Draft) -> list[Target]:
        """What to open to try a draft. ConfigError when something is wrong with it."""
        found = self._targets(draft.name, draft.connection())
        self._trials[draft.name] = draft
        return found

    def give_up(self, name: str) -> None:
        """The trial of this name is over."""
        self._trials.pop(name, None)

    def save(self, draft: Draft) -> None:
        """Write a draft into the user's file; what was opened to try it stays open. ConfigError when it cannot be."""
        from novatui.config.edit import add_connections

        targets = self._targets(draft.name, draft.connection())
        add_connections(self.file, [draft])
        self.give_up(draft.name)
        if self._request.targets:
            # Targets were named on the command line: this one belongs to them from now on.
            self._request = msgspec.structs.replace(self._request, targets=(*self._request.targets, draft.name))
        self.loaded = load(self._request)
        settings = self.loaded.config.connections[draft.name]
        self._entries |= {target.spec.name: _Entry(target, settings) for target in targets}

    def unsaved(self, name: str) -> Draft | None:
        """A draft of a connection that was given as a URI on the command line; None for one that is configured."""
        entry = self._entries.get(name)
        if entry is None or name not in self.loaded.selected:
            return None
        origin = self.loaded.origin(("connections", name, "uri"))
        if origin.kind != "option":
            return None
        from novatui.config.draft import Draft

        one = entry.settings
        settings: dict[str, object] = {"uri": one.uri.uri, "tls": str(one.tls), "password": one.password or ""}
        return Draft(name=name, settings={key: str(value) for key, value in settings.items()})

    def endpoint(self, name: str) -> str:
        """`host:port` of a connection whose certificate can be trusted; empty for one that shows none of ours."""
        settings = self._settings(name)
        return settings.uri.endpoint if settings is not None and settings.tls.mode == "system" else ""

    def trust(self, name: str, sha256: str) -> list[Target]:
        """Trust this certificate of a connection from now on; what to open instead of what is open."""
        settings = self._settings(name)
        assert settings is not None, name
        TrustStore(user_paths().pins).add(name, settings.uri.endpoint, sha256, replace=True)
        if name in self._trials:
            return self.trial(self._trials[name])
        targets = self._targets(name, settings)
        self._entries |= {target.spec.name: _Entry(target, settings) for target in targets}
        return targets

    def _targets(self, name: str, one: Connection) -> list[Target]:
        return target_of(name, one, self._secrets, taken=self.taken() - {name}, locked=self.loaded.config.ro)

    def _settings(self, name: str) -> Connection | None:
        if name in self._trials:
            return self._trials[name].connection()
        entry = self._entries.get(name)
        return entry.settings if entry is not None else None

    def _read(self, loaded: Loaded) -> dict[str, _Entry]:
        found = targets_of(loaded, self._secrets)
        return {
            target.spec.name: _Entry(target, loaded.config.connections[name])
            for name, targets in found.items()
            for target in targets
        }
