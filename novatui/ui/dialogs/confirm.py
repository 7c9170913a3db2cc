"""The question before a change is sent. It has no default button, and keys that were meant for something else, pasted
names and keys that repeat do nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Action, Scope, in_scope
from novatui.core.errors import Failure
from novatui.ui.dialogs import box
from novatui.ui.dialogs.typed import TypedDialog
from novatui.ui.render import confirm
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.confirm import FORMS, Asked
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.stage import Stage
from novatui.ui.widgets.editor import Editor, is_letter
from novatui.ui.widgets.lines import Lines

QUIET = 0.3
"""Seconds without a key that have to pass before the first answer counts."""

FASTEST = 0.012
"""Seconds from letter to letter, on average: what comes faster was not typed by hand."""

PASTED = "a name is typed here, not pasted: type it by hand"
TOO_FAST = "that came faster than anybody types: type it once more, by hand"

BELOW = 3
"""Lines below what is read: what is typed, what is wrong with it, keys."""


class Answer(msgspec.Struct, frozen=True):
    """What a person has said to it."""

    typed: str = ""
    ticket: str = ""


class ConfirmDialog(TypedDialog, inherit_bindings=False):
    """Answers with an Answer; None when it was left. It opens before the plan is there, and asks when it is."""

    SCOPE = Scope.CONFIRM
    DEFAULT_CSS = (
        box.style("ConfirmDialog", 100)
        + """
    ConfirmDialog > Lines.protected { border: round $error; }
    """
    )

    def __init__(self, stage: Stage, title: str, replan: Callable[[bool], None] = lambda _: None) -> None:
        """`replan` has it planned anew, with or without a snapshot first."""
        super().__init__(stage)
        self._title = title
        self._replan = replan
        self._failure: Failure | None = None
        self._ticket_needed = False
        self._replanning = False
        self._asked: Asked | None = None
        self._phrase = ""
        self._name = Editor()
        self._letters: list[float] = []
        """When each letter of the name was typed."""
        self._ticket = Editor()
        self._safety: bool | None = None
        """Whether a snapshot is taken first; None where there is none to be taken."""
        self._stop = "keys"
        """Where keys go: `name`, `ticket`, `safety`, `keys`."""
        self._form = FORMS[0]
        self._top = 0
        self._problem = ""
        self._drawn: tuple[tuple[Asked, int, str], list[Strip]] | None = None
        """What is read, drawn, and what it was drawn for: of many objects it is long."""
        self._lines = Lines(self._draw_lines)

    # What it is told

    def ask(
        self, asked: Asked, *, phrase: str, ticket: str = "", safety: bool | None = None, ticket_needed: bool = False
    ) -> None:
        """The plan is there: put it to the person. `safety`: whether it takes a snapshot first; None: it has none."""
        self._replanning = False
        self._ticket.set(self._ticket.text or ticket)
        if phrase != self._phrase:
            self._name.set("")
            self._letters.clear()
        self._asked, self._failure, self._phrase = asked, None, phrase
        self._ticket_needed, self._safety = ticket_needed, safety
        if self._stop not in self._stops or self._stop == "keys":
            self._stop = "name" if phrase and "name" in self._stops else "keys"
        self._deaf_until = self._now() + QUIET
        self._lines.set_class(asked.protected, "protected")
        self._fit()

    def refuse(self, failure: Failure) -> None:
        """There is no plan, for this reason."""
        self._failure, self._replanning = failure, False
        self._fit()

    @property
    def asked(self) -> Asked | None:
        """What the person is asked; None as long as there is no plan."""
        return self._asked

    @property
    def planning(self) -> bool:
        """Nothing is known yet but what is wanted, or it is planned anew."""
        return self._replanning or (self._asked is None and self._failure is None)

    # Keys

    @property
    def editor(self) -> Editor:
        """The line that letters go into."""
        return self._ticket if self._stop == "ticket" else self._name

    def press(self, key: str, character: str | None) -> None:
        """Leaving is possible at any time; everything else once nobody has pressed a key for a moment."""
        typing = self._stop in ("name", "ticket") and is_letter(character)
        action = None if typing else self.stage.keys.action(key, Scope.CONFIRM, Scope.TEXT)
        if key == "escape" or self._asked is None or self._failure is not None:
            if action is not None and action.id == "confirm.no":
                self.dismiss(None)
            return
        if self._replanning or self._now() < self._deaf_until:
            self._deaf_until = self._now() + QUIET
            return
        self._problem = ""
        if typing:
            self._type(character or "")
        elif action is not None and not (self._stop in ("name", "ticket") and self._edit(action.id)):
            getattr(self, f"action_{action.method}", lambda: None)()
        if self.is_current:
            self.redraw()

    def _type(self, letter: str) -> None:
        if self._stop == "name":
            self._letters.append(self._now())
        self.editor.insert(letter)

    def _edit(self, action: str) -> bool:
        done = self.editor.do(action)
        if done and not self._name.text:
            self._letters.clear()
        return done

    def paste(self, text: str) -> None:
        """Tickets may be pasted, names not."""
        if self._stop == "ticket":
            self._ticket.paste(text)
        elif self._phrase:
            self._problem = PASTED
        self.redraw()

    def action_confirm_no(self) -> None:
        """Leave it."""
        self.dismiss(None)

    def action_confirm_yes(self) -> None:
        """Do it, where yes is enough."""
        if self._asked is not None and not self._phrase and not self._asked.locked:
            self._go()

    def action_confirm_enter(self) -> None:
        """Behind a name that was typed: do it. Elsewhere: to the next line."""
        if self._stop == "keys":
            self._problem = (
                "" if self._asked is None or self._asked.locked or self._phrase else "y does it, n leaves it"
            )
        elif self._stop != "name":
            self.action_confirm_next()
        elif not self._name.text:
            self._problem = f"type {self._phrase} first"
        elif self._name.text.strip() != self._phrase:
            self._problem = f"that is not {self._phrase}"
        elif self._pasted:
            self._name.set("")
            self._letters.clear()
            self._problem = TOO_FAST
        elif self._ticket_needed and not self._ticket.text.strip():
            self._problem = "the number of a ticket is needed"
            self._stop = "ticket"
        else:
            self._go()

    @property
    def _pasted(self) -> bool:
        steps = len(self._letters) - 1
        return steps >= 2 and self._letters[-1] - self._letters[0] < FASTEST * steps

    def _go(self) -> None:
        self.dismiss(Answer(self._name.text.strip(), self._ticket.text.strip()))

    def action_confirm_next(self) -> None:
        """The next line that takes keys."""
        self._step(1)

    def action_confirm_previous(self) -> None:
        """The one before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        stops = self._stops
        self._stop = stops[(stops.index(self._stop) + by) % len(stops)]

    @property
    def _stops(self) -> list[str]:
        """The lines that take keys, top to bottom; at the end the keys themselves."""
        if self._asked is None:
            return ["keys"]
        if self._asked.locked:
            return ["safety", "keys"] if self._safety is not None else ["keys"]
        return [
            *(["safety"] if self._safety is not None else []), "ticket", *(["name"] if self._phrase else []), "keys",
        ]  # fmt: skip

    def action_confirm_ticket(self) -> None:
        """Write the number of a ticket beside it."""
        if "ticket" in self._stops:
            self._stop = "ticket"

    def action_confirm_safety(self) -> None:
        """With or without a snapshot before it: it is planned anew."""
        if self._safety is not None:
            self._safety = not self._safety
            self._replanning = True
            self._replan(self._safety)

    def action_confirm_form(self) -> None:
        """The calls, the product's own command line, JSON: the next one that there is."""
        if self._asked is not None:
            there = [form for form in FORMS if self._asked.forms.get(form)] or [FORMS[0]]
            self._form = there[(there.index(self._form) + 1) % len(there)] if self._form in there else there[0]
            self._fit()

    def action_confirm_down(self) -> None:
        """Read on."""
        self._scroll(1)

    def action_confirm_up(self) -> None:
        """Read back."""
        self._scroll(-1)

    def action_confirm_page_down(self) -> None:
        """Read on by a page."""
        self._scroll(max(1, self._room - 1))

    def action_confirm_page_up(self) -> None:
        """Read back by a page."""
        self._scroll(-max(1, self._room - 1))

    def _scroll(self, lines: int) -> None:
        self._top = max(0, min(self._top + lines, len(self._body(self._lines.size.width)) - self._room))

    def _now(self) -> float:
        return self.stage.look.monotonic()

    # Drawing

    def compose(self) -> ComposeResult:
        """The box."""
        self._lines.border_title = "Confirm"
        yield self._lines

    def on_mount(self) -> None:
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def redraw(self) -> None:
        self._lines.redraw()

    def _fit(self) -> None:
        """As high as what is to be read, and no higher than the screen."""
        width = min(100, self.app.size.width) - 2 if self.is_attached else 98
        lines = len(self._body(width)) + len(self._lines_to_fill(width)) + BELOW + 1
        self._lines.styles.height = lines + 2
        self._top = 0
        if self.is_mounted:
            self._lines.redraw()

    @property
    def _room(self) -> int:
        """Lines for what is read."""
        below = len(self._lines_to_fill(self._lines.size.width)) + BELOW
        return max(1, self._lines.size.height - 1 - below)

    def _body(self, width: int) -> list[Strip]:
        look = self.stage.look
        if self._failure is not None:
            said = (self._failure.message, self._failure.meaning, self._failure.hint, self._failure.native)
            texts = list(dict.fromkeys(filter(None, said)))
            return [
                line([(f" {part}", look.styles.bad if nth == 0 else look.styles.text)], width)
                for nth, text in enumerate(texts)
                for part in wrap(text, max(1, width - 2))
            ]
        if self._asked is None:
            return [line([(" reading it anew and planning", look.styles.quiet)], width)]
        wanted = (self._asked, width, self._form)
        if self._drawn is None or self._drawn[0][0] is not self._asked or self._drawn[0] != wanted:
            self._drawn = wanted, confirm.body(self._asked, self.stage.look, width, self._form)
        return self._drawn[1]

    def _draw_lines(self, width: int, height: int) -> list[Strip]:
        look = self.stage.look
        if self._asked is None:
            first = line([(f" {self._title}", look.styles.title)], width, cut=look.marks.ellipsis)
        else:
            first = confirm.head(self._asked, look, width)
        body, fill = self._body(width), self._lines_to_fill(width)
        room = max(1, height - 1 - len(fill) - BELOW)
        self._top = max(0, min(self._top, len(body) - room))
        shown = body[self._top : self._top + room]
        shown += [Strip.blank(width)] * (room - len(shown))
        more = len(body) - self._top - room
        drawn = [first, *shown, *fill, *self._draw_end(width, more)]
        return drawn[:height]

    def _lines_to_fill(self, width: int) -> list[Strip]:
        if self._asked is None:
            return []
        styles = self.stage.look.styles
        drawn: list[Strip] = []
        if self._safety is not None:
            mark = "[x]" if self._safety else "[ ]"
            here = self._stop == "safety"
            style = styles.title if here else styles.text
            drawn.append(
                line([(f" {'undo':10}", styles.quiet), (f"{mark} take a safety snapshot first", style)], width)
            )
        if "ticket" in self._stops:
            drawn.append(self._field("ticket", self._ticket, "ticket", width))
        return drawn

    def _field(self, label: str, editor: Editor, stop: str, width: int) -> Strip:
        look, here = self.stage.look, self._stop == stop
        head = line([(f" {label:10}", look.styles.title if here else look.styles.quiet)], min(width, 11))
        room = max(0, width - head.cell_length)
        text = editor.draw(look, room) if here else line([(editor.text or "none", look.styles.quiet)], room)
        return Strip.join([head, text])

    def _draw_end(self, width: int, more: int) -> list[Strip]:
        """What is typed, what is wrong with it, and the keys."""
        look, asked = self.stage.look, self._asked
        styles = look.styles
        said: Piece = (f" {self._problem}", styles.bad) if self._problem else ("", styles.quiet)
        if not self._problem and more > 0:
            said = (f" {more} more line{'s' if more > 1 else ''} below: {look.marks.down}", styles.quiet)
        if asked is None:
            prompt = Strip.blank(width)
        elif asked.locked:
            prompt = line([(f" {asked.locked}", styles.bad)], width, cut=look.marks.ellipsis)
        elif self._phrase:
            prompt = self._draw_prompt(width)
        else:
            prompt = line(
                [
                    (" Do it? ", styles.title),
                    ("y", styles.key),
                    (" yes   ", styles.text),
                    ("n", styles.key),
                    (" no", styles.text),
                ],
                width,
            )
        return [prompt, line([said], width), self._draw_keys(width)]

    def _draw_prompt(self, width: int) -> Strip:
        look = self.stage.look
        several = self._asked is not None and len(self._asked.subjects) > 1 and self._phrase.isdigit()
        text = f" Type {self._phrase}{', how many they are,' if several else ''} to go on: "
        if cell_len(text) > width - 12:
            text = " Type its name to go on: "
        here = self._stop == "name"
        head = line([(text, look.styles.title if here else look.styles.quiet)], min(width, cell_len(text)))
        room = max(0, width - head.cell_length)
        typed = self._name.draw(look, room) if here else line([(self._name.text, look.styles.text)], room)
        return Strip.join([head, typed])

    def _draw_keys(self, width: int) -> Strip:
        return box.keys(self.stage, self._offered(), width)

    def _offered(self) -> Sequence[Action]:
        """What keys do here, the most important first."""
        wanted = ["confirm.no"]
        if self._asked is not None:
            forms = sum(bool(self._asked.forms.get(form)) for form in FORMS)
            wanted += ["confirm.form"] if forms > 1 else []
            wanted += ["confirm.next"] if len(self._stops) > 1 else []
            wanted += ["confirm.safety"] if self._stop == "safety" else []
        by_id = {action.id: action for action in in_scope(Scope.CONFIRM)}
        return [by_id[id] for id in wanted]
