"""Which themes there are: files that come with the program, and the user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import novatui
from novatui.config.errors import Problem, did_you_mean


def theme_names(user: Path | None = None) -> list[str]:
    """Every theme there is: those that come with the program first, then those in the user's folder."""
    own = sorted(path.stem for path in shipped_themes().glob("*.toml"))
    added = sorted(path.stem for path in user.glob("*.toml")) if user else []
    return own + [name for name in added if name not in own]


def theme_problem(name: str, user: Path | None = None) -> Problem | None:
    """What is wrong with the name of a theme; empty stands for the one that suits the terminal."""
    names = theme_names(user)
    if not name or name in names:
        return None
    hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
    return Problem(message=f"`theme`: there is no theme `{name}`", hint=hint, key="theme")


@cache
def shipped_themes() -> Path:
    """The folder of the program's own: in a wheel it lies in the package, in a checkout beside it."""
    packaged = Path(novatui.__file__).parent / "themes"
    return packaged if packaged.is_dir() else packaged.parent.parent / "themes"
