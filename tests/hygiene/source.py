"""The project's own files as the hygiene tests see them: paths, text, syntax trees."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_TOOLS = {"__pycache__", "build", "dist"}


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the project, with forward slashes."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """The dotted name, `novatui.core.ids`; a package is named like its folder."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def below(self, *folders: str) -> bool:
        return any(self.path.startswith(f"{folder}/") for folder in folders)


@dataclass(frozen=True)
class Import:
    """One imported name: `from textual.widgets import Tree` is module `textual.widgets`, name `Tree`."""

    module: str
    name: str | None
    line: int
    only_for_types: bool

    @property
    def library(self) -> str:
        return self.module.partition(".")[0]


@functools.cache
def project_files() -> tuple[str, ...]:
    """What belongs to the project: what git tracks or would track, or every file of an unpacked archive."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = [name for name in answer.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = list(walk(ROOT))
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f == ".ci" or not (f.startswith(".") or f in MADE_BY_TOOLS)]
        yield from (os.path.relpath(os.path.join(folder, file), root) for file in files)


@functools.cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Python files below the named folders."""
    found = [name for name in project_files() if name.endswith(".py")]
    return tuple(
        Source(name, (ROOT / name).read_text()) for name in found if name.startswith(tuple(f"{f}/" for f in folders))
    )


def imports(source: Source) -> list[Import]:
    """Every import of a file, inside functions too."""
    return list(_imports(source.tree, only_for_types=False))


def _imports(node: ast.AST, *, only_for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, None, child.lineno, only_for_types) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            yield from (Import(module, alias.name, child.lineno, only_for_types) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in (
            "TYPE_CHECKING",
            "typing.TYPE_CHECKING",
        ):
            for statement in child.body:
                yield from _imports(ast.Module([statement], []), only_for_types=True)
            for statement in child.orelse:
                yield from _imports(ast.Module([statement], []), only_for_types=only_for_types)
        else:
            yield from _imports(child, only_for_types=only_for_types)
