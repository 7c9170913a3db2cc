"""The form of what a change still has to be told, made from what `core.verbs` says that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope, in_scope
from novatui.actions.given import BadArgument, read_form
from novatui.core.verbs import Given, Verb
from novatui.ui.asking import SAFETY
from novatui.ui.dialogs import box
from novatui.ui.dialogs.typed import TypedDialog
from novatui.ui.options import Known, Option
from novatui.ui.render.cells import line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.stage import Stage
from novatui.ui.widgets.editor import Editor, is_letter
from novatui.ui.widgets.lines import Lines

LABEL, LONG_LABEL = 32, 40
"""Cells of a line's name: usually, and where there are longer ones."""

GROUPS = {
    ("migrate.live", "mode"): "how",
    ("migrate.live", "auto_converge"): "if it does not end by itself",
    ("migrate.live", "storage"): "what goes with it",
}
"""Operation, argument, and what stands above its line where there is room for it."""

OFFERED = 6
"""Lines for what a value can be."""

LEAST = 3
"""Lines of those that are always there."""

BELOW = OFFERED + 3
"""Lines below the fields: a gap, what can be given, what is wrong, keys."""

FIXED = frozenset({"choice", "yesno", "host"})
"""Kinds that only have the values they offer."""


class ArgumentsForm(TypedDialog, inherit_bindings=False):
    """Answers with the arguments, understood; None when it was left. `tell` brings what could be found out."""

    SCOPE = Scope.ARGUMENTS
    DEFAULT_CSS = box.style("ArgumentsForm", 84)

    def __init__(self, stage: Stage, title: str, verb: Verb, said: Mapping[str, str]) -> None:
        """`said` are the arguments that are known already."""
        super().__init__(stage)
        self._title = title
        self._verb = verb
        self._fields: Sequence[Given] = [given for given in verb.takes if given.name != SAFETY]
        self._editors = {given.name: Editor(said.get(given.name, "")) for given in self._fields}
        self._touched = {name for name, value in said.items() if value}
        """Lines that a person wrote: what is found out does not write over them."""
        self._known: dict[str, Known] = {}
        self._at = next((at for at, given in enumerate(self._fields) if not said.get(given.name)), 0)
        self._problem = ""
        self._reading = True
        self._lines = Lines(self._draw_lines)

    def tell(self, known: Mapping[str, Known]) -> None:
        """What the arguments can be, and what they are now."""
        self._known, self._reading = dict(known), False
        for given in self._fields:
            if given.name in self._touched:
                continue
            known_here = self._known.get(given.name, Known())
            first = known_here.options[0].value if given.required and len(known_here.options) == 1 else ""
            self._editors[given.name].set(known_here.now or first)
        if self.is_mounted:
            self.redraw()

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.styles.height = len(self._fields) + len(self._heads) + BELOW + 3
        yield self._lines

    @property
    def _heads(self) -> dict[int, str]:
        """What stands above lines, by their numbers."""
        named = ((at, GROUPS.get((self._verb.name, given.name))) for at, given in enumerate(self._fields))
        return {at: head for at, head in named if head}

    @property
    def _field(self) -> Given:
        return self._fields[self._at]

    @property
    def editor(self) -> Editor:
        """The line with the cursor."""
        return self._editors[self._field.name]

    def redraw(self) -> None:
        self._lines.redraw()

    def press(self, key: str, character: str | None) -> None:
        """A choice is picked by its first letter, everything else is typed."""
        self._problem = ""
        if is_letter(character) and (key != "space" or self._field.kind not in FIXED):
            self._touched.add(self._field.name)
            if self._field.kind in FIXED:
                self._pick(character or "")
                self.redraw()
                return
        elif key == "space":
            self._turn(1)
            self.redraw()
            return
        super().press(key, character)

    def paste(self, text: str) -> None:
        """Into the line with the cursor."""
        if self._field.kind not in FIXED:
            self._touched.add(self._field.name)
            self.editor.paste(text)
            self.redraw()

    def _pick(self, letter: str) -> None:
        """The next value that begins with it."""
        fitting = [one.value for one in self._options if one.word.casefold().startswith(letter.casefold())]
        if fitting:
            at = fitting.index(self.editor.text) + 1 if self.editor.text in fitting else 0
            self.editor.set(fitting[at % len(fitting)])

    @property
    def _options(self) -> Sequence[Option]:
        known = self._known.get(self._field.name)
        return known.options if known else ()

    def action_fill_later(self) -> None:
        """The next of the values that are offered; in a line that was typed: one letter on."""
        self._turn(1)

    def action_fill_earlier(self) -> None:
        """The one before; in a line that was typed: one letter back."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        values = [one.value for one in self._options]
        text = self.editor.text
        if values and (text in values or not text):
            at = (values.index(text) + by) % len(values) if text else (0 if by > 0 else -1)
            self.editor.set(values[at])
            self._touched.add(self._field.name)
        else:
            self.editor.do("cursor.right" if by > 0 else "cursor.left")

    def action_fill_next(self) -> None:
        """One line down, after the last the first."""
        self._at = (self._at + 1) % len(self._fields)

    def action_fill_previous(self) -> None:
        """One line up."""
        self._at = (self._at - 1) % len(self._fields)

    def action_fill_leave(self) -> None:
        """Nothing is to be done."""
        self.dismiss(None)

    def action_fill_done(self) -> None:
        """Take it if all of it means something; else say what does not, and go there."""
        try:
            said = read_form(self._verb, {name: editor.text for name, editor in self._editors.items()})
        except BadArgument as bad:
            self._problem = f"{bad.message}{f' {self.stage.look.marks.dash} {bad.hint}' if bad.hint else ''}"
            self._at = next((at for at, given in enumerate(self._fields) if given.name == bad.name), self._at)
        else:
            self.dismiss(said)

    # Drawing

    def _draw_lines(self, width: int, height: int) -> list[Strip]:
        look, styles = self.stage.look, self.stage.look.styles
        head = line([(f" {self._title}", styles.title)], width, cut=look.marks.ellipsis)
        problem = line([(f" {self._problem}", styles.bad)], width, cut=look.marks.ellipsis)
        keys = box.keys(self.stage, in_scope(Scope.ARGUMENTS), width)
        fields = self._draw_fields(width, max(1, height - 4 - LEAST))
        room = max(0, height - len(fields) - 4)
        offered = self._draw_offered(width)[: min(room, OFFERED)]
        offered += [Strip.blank(width)] * (room - len(offered))
        return [head, *fields, Strip.blank(width), *offered, problem, keys][:height]

    def _draw_fields(self, width: int, room: int) -> list[Strip]:
        """All lines, with what stands above groups of them if that fits; else those around the cursor."""
        heads = self._heads if len(self._fields) + len(self._heads) <= room else {}
        drawn: list[Strip] = []
        for at, given in enumerate(self._fields):
            if at in heads:
                drawn.append(line([(f" {heads[at]}", self.stage.look.styles.header)], width))
            drawn.append(self._draw_field(at, given, width))
        top = max(0, min(self._at - room // 2, len(drawn) - room))
        return drawn[top : top + room]

    def _draw_field(self, at: int, given: Given, width: int) -> Strip:
        look, styles, here = self.stage.look, self.stage.look.styles, at == self._at
        long = any(len(_short(one)) >= LABEL for one in self._fields)
        cells = min(LONG_LABEL if long else LABEL, max(1, width // 2))
        label = line([(f" {_short(given)}", styles.title if here else styles.quiet)], cells, look.marks.ellipsis)
        editor, room = self._editors[given.name], max(1, width - cells)
        if here and given.kind != "host":
            return Strip.join([label, editor.draw(look, room)])
        unset = "" if given.required else "optional"
        text = self._word(given, editor.text)
        said = (text, styles.key if here else styles.text) if text else (unset, styles.quiet)
        return Strip.join([label, line([said], room, look.marks.ellipsis)])

    def _word(self, given: Given, value: str) -> str:
        """What stands for a value."""
        known = self._known.get(given.name, Known())
        return next((one.word for one in known.options if one.value == value), value)

    def _draw_offered(self, width: int) -> list[Strip]:
        """What the line with the cursor is in full, where it is cut, and what it can be; around the value it has."""
        look, styles, title = self.stage.look, self.stage.look.styles, self._field.title
        cut = title != _short(self._field) or len(title) >= LONG_LABEL
        head = [line([(f" {title}", styles.text)], width, cut=look.marks.ellipsis)] if cut else []
        return [*head, *self._draw_options(width, OFFERED - len(head))]

    def _draw_options(self, width: int, room: int) -> list[Strip]:
        look, styles = self.stage.look, self.stage.look.styles
        options = self._options
        if not options:
            said = "reading what it can be" if self._reading and self._looked_up else self._hint()
            return [line([(f" {part}", styles.quiet)], width) for part in wrap(said, max(1, width - 2))]
        text = self.editor.text
        chosen = next((at for at, one in enumerate(options) if one.value == text), 0)
        top = max(0, min(chosen - room // 2, len(options) - room))
        drawn: list[Strip] = []
        for at, one in enumerate(options[top : top + room], top):
            here = at == chosen and one.value == text
            mark = look.marks.point if here else " "
            pieces = [(f" {mark} {one.word}", styles.key if here else styles.text), (f"  {one.label}", styles.quiet)]
            drawn.append(line(pieces, width, cut=look.marks.ellipsis))
        return drawn

    @property
    def _looked_up(self) -> bool:
        return self._field.kind in ("snapshot", "device", "target", "network", "store", "host", "recommendation")

    def _hint(self) -> str:
        match self._field.kind:
            case "size":
                return "such as 8G or 512M"
            case "number":
                return "a number"
            case _ if self._looked_up:
                return "nothing is offered here; it can be typed"
            case _:
                return ""


def _short(given: Given) -> str:
    """The name of a line without what explains it."""
    return given.title.partition(" (")[0]
