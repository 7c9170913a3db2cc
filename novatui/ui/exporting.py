"""The way from a list to a file: where to, whether over another file, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from novatui.engine import blocking
from novatui.ui.export import save, suggested, written
from novatui.ui.widgets.textprompt import KeyPrompt, TextPrompt

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


def export(screen: FrameScreen, form: str, path: str = "") -> None:
    """Ask for a file, unless one is named, and write what the screen lists into it."""
    listed = screen.listed()
    if listed is None:
        screen.report("there is no list to export here")
        return
    what = f"{len(listed.cells):,} rows"
    name = suggested(listed, form, screen.look.epoch())
    export_text(screen, what, name, lambda: written(listed, form), path)


def export_text(screen: FrameScreen, what: str, name: str, text: Callable[[], str], path: str = "") -> None:
    """Ask for a file, unless one is named; `name` is offered. `what` is said to be in it, `text` makes it."""
    if path:
        _write(screen, what, text, path)
    else:
        screen.take_keys(
            TextPrompt(screen, f"{what} to the file", name, lambda typed: _write(screen, what, text, typed))
        )


def _write(screen: FrameScreen, what: str, text: Callable[[], str], path: str, over: bool = False) -> None:
    if path:
        screen.run_worker(_save(screen, what, text, Path(path).expanduser(), over), exit_on_error=True)


async def _save(screen: FrameScreen, what: str, text: Callable[[], str], file: Path, over: bool) -> None:
    content = text()
    try:
        await blocking.run(lambda: save(file, content, over=over))
    except FileExistsError:
        question = f"{file} exists. Write over it?"
        screen.take_keys(KeyPrompt(screen, question, lambda: _write(screen, what, text, str(file), over=True)))
    except (OSError, ValueError) as error:
        screen.report(f"{file}: {getattr(error, 'strerror', None) or error}")
    else:
        screen.report(f"{what} {'are' if what.endswith('s') else 'is'} in {file}", bad=False)
