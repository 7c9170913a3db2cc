"""Which keys each action has: those of the catalogue, or those that a person chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from novatui.actions.catalogue import ACTIONS, Action, Scope, in_scope, shown

_BY_ID = {action.id: action for action in ACTIONS}


class Keymap:
    """The keys of every action. One per console: everything that draws or takes keys asks it each time."""

    def __init__(self, chosen: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """`chosen`: keys by the id of an action, in place of those of the catalogue."""
        self._tables: dict[tuple[Scope, ...], dict[str, Action]] = {}
        self.chosen: Mapping[str, tuple[str, ...]] = dict(chosen or {})

    def choose(self, chosen: Mapping[str, tuple[str, ...]]) -> None:
        """From now on these are the keys in place of those of the catalogue."""
        self.chosen = dict(chosen)
        self._tables.clear()

    def keys(self, action: Action) -> tuple[str, ...]:
        """Its keys as Textual names them; empty for one that has none."""
        return self.chosen.get(action.id, action.keys)

    def shown(self, action: Action | str, ascii_only: bool = False) -> str:
        """Its first key as people read it; without a key: what to type for it."""
        one = _BY_ID[action] if isinstance(action, str) else action
        keys = self.keys(one)
        return shown(keys[0], ascii_only) if keys else f":{one.word}"

    def action(self, key: str, *scopes: Scope) -> Action | None:
        """What a key means in these scopes; the first of them wins."""
        table = self._tables.get(scopes)
        if table is None:
            table = self._tables[scopes] = self._table(scopes)
        return table.get(key)

    def first(self, actions: Sequence[Action], scopes: Sequence[Scope]) -> list[Action]:
        """The actions as a footer shows them where keys of these scopes go before others: those before all others, and
        none whose key means something else there."""
        own = [one for one in actions if one.scope in scopes]
        last = max((one.footer for one in own), default=0)
        others = [one for one in actions if one.scope not in scopes]
        free = [one for one in others if self.action(next(iter(self.keys(one)), ""), *scopes) is None]
        return own + [msgspec.structs.replace(one, footer=one.footer + last) for one in free if one.footer]

    def _table(self, scopes: tuple[Scope, ...]) -> dict[str, Action]:
        found: dict[str, Action] = {}
        for scope in scopes:
            for action in in_scope(scope):
                if not action.leader:
                    for key in self.keys(action):
                        found.setdefault(key, action)
        return found
