"""Which keys each action has: those of the catalogue, or those that a person chose."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from novatui.actions.catalogue import Action, Scope, in_scope


class Keymap:
    """The keys of every action; `chosen` by id in place of the keys of the catalogue."""

    def __init__(self, chosen: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.chosen = dict(chosen or {})
        self._tables = cache(self._table)

    def keys(self, action: Action) -> tuple[str, ...]:
        """Its keys as Textual names them; empty for one that has none."""
        return self.chosen.get(action.id, action.keys)

    def action(self, key: str, *scopes: Scope) -> Action | None:
        """What a key means in these scopes; the first of them wins."""
        return self._tables(scopes).get(key)

    def _table(self, scopes: tuple[Scope, ...]) -> dict[str, Action]:
        found: dict[str, Action] = {}
        for scope in scopes:
            for action in in_scope(scope):
                if not action.leader:
                    for key in self.keys(action):
                        found.setdefault(key, action)
        return found
