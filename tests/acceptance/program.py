"""The program as a person or script starts it: a process of its own with folders of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-P", "-m", "novatui.cli.main")
SECONDS = 100


@dataclass(frozen=True)
class Answer:
    """What came of a run."""

    code: int
    raw_out: bytes
    raw_err: bytes

    @property
    def out(self) -> str:
        return self.raw_out.decode()

    @property
    def err(self) -> str:
        return self.raw_err.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw_out)

    @property
    def lines(self) -> list[Any]:
        """The documents of a stream of JSON lines."""
        return [json.loads(line) for line in self.raw_out.splitlines()]


@dataclass(frozen=True)
class Program:
    """Starts `novatui` with a home below `folder`, and nothing of the environment of whoever tests."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secrets may be among them, and a test that fails prints its fixtures."""
    command: tuple[str, ...] = COMMAND

    @property
    def home(self) -> Path:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return home

    @property
    def config(self) -> Path:
        """The user's configuration file."""
        return self.home / "config" / "config.toml"

    def configure(self, text: str, mode: int = 0o600) -> Path:
        """Write the user's configuration."""
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(text)
        self.config.chmod(mode)
        return self.config

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "NOVATUI_CONFIG_HOME": str(self.home / "config"),
            "NOVATUI_STATE_HOME": str(self.home / "state"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            **self.variables,
            **more,
        }

    def run(
        self,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
        input: bytes | None = b"",
        seconds: float = SECONDS,
        **options: Any,
    ) -> Answer:
        """Run to the end. `without`: variables that are not set. `input` None: standard input is inherited."""
        environment = self.environment(**(variables or {}))
        for name in without:
            del environment[name]
        answer = subprocess.run(
            [*self.command, *arguments],
            env=environment,
            cwd=self.folder,
            input=input,
            capture_output=True,
            timeout=seconds,
            check=False,
            **options,
        )
        return Answer(answer.returncode, answer.stdout, answer.stderr)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start it, and leave it to the test; standard output and error are pipes unless told otherwise."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*self.command, *arguments], env=self.environment(), cwd=self.folder, **(streams | options)
        )
