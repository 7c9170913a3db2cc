"""The way from a list to a file: where to, whether over another file, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from novatui.engine import blocking
from novatui.ui.export import Listed, save, suggested, written
from novatui.ui.widgets.textprompt import KeyPrompt, TextPrompt

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


def export(screen: FrameScreen, form: str, path: str = "") -> None:
    """Ask for a file, unless one is named, and write what the screen lists into it."""
    listed = screen.listed()
    if listed is None:
        screen.report("there is no list to export here")
    elif path:
        _write(screen, listed, form, path)
    else:
        name = suggested(listed, form, screen.look.epoch())
        title = f"{len(listed.cells):,} rows to the file"
        screen.take_keys(TextPrompt(screen, title, name, lambda typed: _write(screen, listed, form, typed)))


def _write(screen: FrameScreen, listed: Listed, form: str, path: str, over: bool = False) -> None:
    if path:
        screen.run_worker(_save(screen, listed, form, Path(path).expanduser(), over), exit_on_error=True)


async def _save(screen: FrameScreen, listed: Listed, form: str, file: Path, over: bool) -> None:
    text = written(listed, form)
    try:
        await blocking.run(lambda: save(file, text, over=over))
    except FileExistsError:
        question = f"{file} exists. Write over it?"
        screen.take_keys(KeyPrompt(screen, question, lambda: _write(screen, listed, form, str(file), over=True)))
    except (OSError, ValueError) as error:
        screen.report(f"{file}: {getattr(error, 'strerror', None) or error}")
    else:
        screen.report(f"{len(listed.cells):,} rows are in {file}", bad=False)
