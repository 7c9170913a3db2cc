"""The keys that go through a matrix of capabilities: by cells, from level to level, into a column and out again."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from novatui.ui.capability_columns import LEVELS, Column, Level, inside
from novatui.ui.capability_matrix import Matrix, View
from novatui.ui.place import Place
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.matrixrows import MatrixRows


class MatrixScreen(FilteredScreen, inherit_bindings=False):
    """A subclass draws it, and asks for what is on the screen."""

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self.matrix = Matrix(stage.fleet, stage.look, stage.fleet.facts.probing)
        self.features = MatrixRows(
            self.matrix, pick=self._pick, painter=stage.pulse.painter, ascii_only=self.look.marks.ascii, id="features"
        )
        self.trail: list[View] = []
        """The way to this part of the fleet: what was opened, from the outside to the inside."""

    def moved(self) -> None:
        """Other cells are shown, or the cursor is on another one."""
        raise NotImplementedError

    def rows(self) -> MatrixRows:
        """The features."""
        return self.features

    def step_back(self) -> bool:
        """Drop the filter, then out of the column."""
        return super().step_back() or self._out()

    # Keys: where the cursor is

    def _pick(self, x: int) -> None:
        at = self.matrix.lay_out(self.features.body_width).at(x)
        if at is not None:
            self.matrix.go_to(self.matrix.columns[at].key)
            self.moved()

    def action_cap_left(self) -> None:
        """One column to the left."""
        self.matrix.step(-1)
        self.moved()

    def action_cap_right(self) -> None:
        """One column to the right."""
        self.matrix.step(1)
        self.moved()

    def action_cap_earlier(self) -> None:
        """A screenful of columns to the left."""
        self.matrix.page(-1)
        self.moved()

    def action_cap_later(self) -> None:
        """A screenful of columns to the right."""
        self.matrix.page(1)
        self.moved()

    # Keys: which columns

    def action_cap_level(self) -> None:
        """The next level, of the same part of the fleet."""
        self._step_level(1)

    def action_cap_level_back(self) -> None:
        """The level before."""
        self._step_level(-1)

    def _step_level(self, by: int) -> None:
        view = self.matrix.view
        level = LEVELS[(LEVELS.index(view.level) + by) % len(LEVELS)]
        self._go(structs.replace(view, level=level))

    def action_cap_in(self) -> None:
        """What the column under the cursor is made of."""
        column = self.matrix.column
        if column is None:
            self.report("there is no column here")
            return
        level = inside(self.fleet, column)
        if level is None:
            self.report(f"{column.name} has nothing below it", f"{self.key('cap.out')} goes out again")
            return
        self.trail.append(self.matrix.view)
        self._go(View(level, column.key))

    def action_cap_out(self) -> None:
        """Back to what was opened."""
        if not self._out():
            self.report("this is the whole fleet", f"{self.key('cap.level')} shows families, connections, hosts, VMs")

    def _out(self) -> bool:
        if self.trail:
            self._go(self.trail.pop())
        elif self.matrix.view.scope:
            self._go(View(Level.FAMILIES))
        else:
            return False
        return True

    def _go(self, view: View) -> None:
        self.matrix.show(view)
        self.moved()
        self.redraw_frame()

    # Keys: columns and features

    def marked(self) -> list[Column]:
        return [one for key in self.matrix.marked if (one := self.matrix.named(key)) is not None]

    def action_cap_mark(self) -> None:
        """Mark the column, or no longer, and on to the next one."""
        if (column := self.matrix.column) is not None:
            _toggle(self.matrix.marked, column.key)
            self.matrix.changed()
            self.action_cap_right()

    def action_cap_clear(self) -> None:
        """No column is marked."""
        self.matrix.marked.clear()
        self.matrix.changed()
        self.moved()

    def action_cap_pin(self) -> None:
        """The column stays at the left, or no longer."""
        if (column := self.matrix.column) is not None:
            _toggle(self.matrix.pinned, column.key)
            self.matrix.sift()
            self.moved()

    def action_cap_keep(self) -> None:
        """The feature stays at the top, or no longer."""
        node = self.features.cursor
        if node is not None:
            _toggle(self.matrix.kept, node)
            self.matrix.sift()
            self.moved()


def _toggle(chosen: list[Any], one: Any) -> None:
    """Take it in, or out."""
    if one in chosen:
        chosen.remove(one)
    else:
        chosen.append(one)
