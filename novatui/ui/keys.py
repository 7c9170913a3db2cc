"""Textual bindings made from the catalogue of actions, and the keys that a person chose in their place."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding, BindingType

from novatui.actions.catalogue import ACTIONS, Scope, in_scope
from novatui.actions.keymap import Keymap

NOWHERE = "nowhere"
"""A key that no terminal sends: that of actions without one, so that they can be given one."""


def bindings(*scopes: Scope) -> list[BindingType]:
    """A binding for every key of every action in these scopes; an action named `a.b` runs `action_a_b`."""
    return [
        Binding(",".join(action.keys) or NOWHERE, action.method, action.title, show=False, id=action.id)
        for action in in_scope(*scopes)
        if not action.leader
    ]


def rebind(app: App[Any], keys: Keymap) -> None:
    """Have every screen and dialog, open or not, obey these keys from the next one on."""
    others = {action.id: keys.keys(action) for action in ACTIONS if keys.keys(action) != action.keys}
    app.set_keymap({action: ",".join(chosen) or NOWHERE for action, chosen in others.items()})
