"""Textual bindings made from the catalogue of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from novatui.actions.catalogue import Scope, in_scope


def bindings(*scopes: Scope) -> list[BindingType]:
    """A binding for every key of every action in these scopes; an action named `a.b` runs `action_a_b`."""
    return [
        Binding(",".join(action.keys), action.method, action.title, show=False, id=action.id)
        for action in in_scope(*scopes)
        if action.keys and not action.leader
    ]
