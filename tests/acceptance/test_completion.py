"""Completion in real shells, by the key of a person."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.program import Program
from tests.acceptance.terminal import Terminal

SHELLS = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "-i"),
}
SET_UP = {
    "bash": "PS1='ready> '; source <(novatui completion bash)",
    "zsh": "PS1='ready> '; autoload -U compinit; compinit -u -D; source <(novatui completion zsh)",
    "fish": "function fish_prompt; echo 'ready> '; end; novatui completion fish | source",
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A shell that has loaded its script, with `novatui` on its path."""
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    console = Program(tmp_path)
    console.configure('[connections.lab]\nuri = "test:///default"\n')
    (tmp_path / "bin").mkdir()
    start = tmp_path / "bin" / "novatui"
    start.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m novatui.cli.main "$@"\n')
    start.chmod(0o755)
    environment = console.environment(TERM="xterm")
    environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
    with Terminal([program, *SHELLS[request.param]], environment=environment, folder=tmp_path) as terminal:
        terminal.send(f"{SET_UP[request.param]}; echo loa''ded\n")
        terminal.wait_for("loaded")
        yield terminal


@pytest.mark.pty
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("novatui docto\t", "novatui doctor"),
        ("novatui -c la\t", "novatui -c lab"),
        ("novatui ls power:ru\t", "novatui ls power:running"),
        ("novatui ls --kind=datas\t", "novatui ls --kind=datastore"),
        ("novatui config tru\t", "novatui config trust"),
        ("novatui caps --feature sri\t", "novatui caps --feature sriov"),
    ],
)
def test_a_tab_completes(shell: Terminal, typed: str, wanted: str) -> None:
    shell.send(typed)
    shell.wait_for(wanted)
