"""The rows of the matrix of capabilities: a click goes to a cell, not only to a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events

from novatui.ui.rows.view import RowView


class MatrixRows(RowView):
    """`pick` is called with the cells between the left side and a click, before the row is selected."""

    def __init__(self, *args: Any, pick: Callable[[int], None], **options: Any) -> None:
        super().__init__(*args, **options)
        self._pick = pick

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        if at is not None and at.x < self.body_width:
            self._pick(at.x)
