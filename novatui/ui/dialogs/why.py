"""Why something failed: what the atlas says of it, the product's own words, and up to three keys that help."""

from __future__ import annotations

from collections.abc import Callable

from novatui.actions.atlas import Step
from novatui.actions.catalogue import ACTIONS, Action, Scope
from novatui.actions.keymap import Keymap
from novatui.core.text import clean_lines
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.keys import bindings
from novatui.ui.trouble import Trouble

ACTION = {action.id: action for action in ACTIONS}


class WhyDialog(PageDialog):
    """A page whose numbers carry out what is proposed."""

    SCOPES = (Scope.WHY, Scope.DIALOG)
    BINDINGS = bindings(Scope.WHY)

    def __init__(
        self,
        trouble: Trouble,
        meaning: str,
        steps: tuple[Step, ...],
        keys: Keymap,
        do: Callable[[Action], object],
        *,
        ascii_only: bool = False,
    ) -> None:
        """`meaning`: what the atlas says, empty when it knows nothing; `do` carries an action out where it works."""
        super().__init__("Why", keys, told(trouble, meaning, steps, keys, ascii_only), ascii_only=ascii_only)
        self._steps = steps
        self._do = do

    def action_why(self, number: int) -> None:
        """Do what stands behind this number."""
        if number <= len(self._steps):
            action = ACTION[self._steps[number - 1].action]
            self.dismiss()
            self.app.call_later(self._do, action)


def told(trouble: Trouble, meaning: str, steps: tuple[Step, ...], keys: Keymap, ascii_only: bool) -> str:
    """All of it in paragraphs. Whatever the atlas does not know stands in the product's own words."""
    failure = trouble.failure
    parts = [f"{trouble.of}\n{failure.message}"]
    if means := meaning or failure.meaning:
        parts.append(f"What it means\n{means}")
    if failure.hint:
        parts.append(f"What to try\n{failure.hint}")
    if steps:
        lines = [
            f"{keys.shown(f'why.{number}', ascii_only)}  {ACTION[step.action].title}: {step.why}"
            for number, step in enumerate(steps, 1)
        ]
        parts.append("\n".join(["Keys that help", *lines]))
    native = f"{f'[{failure.code}] ' if failure.code else ''}{failure.native or failure.message}"
    parts.append(f"The product's own words\n{native}")
    return clean_lines("\n\n".join(parts))
