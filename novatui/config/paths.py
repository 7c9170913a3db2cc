"""Where files live, and how private ones are written."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec
import platformdirs

from novatui.config.errors import ConfigError

SITE_FILE = Path("/etc/novatui/config.toml")
"""Configuration that the machine's administrator gives to everybody."""

CONFIG_HOME = "NOVATUI_CONFIG_HOME"
STATE_HOME = "NOVATUI_STATE_HOME"
LOG_HOME = "NOVATUI_LOG_HOME"
HOME_VARIABLES = (CONFIG_HOME, STATE_HOME, LOG_HOME)
"""Environment variables that move a whole folder."""


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The user's folders; nothing is created until something is written."""

    config_home: Path
    state_home: Path
    log_home: Path

    @property
    def config_file(self) -> Path:
        """The user's configuration."""
        return self.config_home / "config.toml"

    @property
    def themes(self) -> Path:
        """The user's own themes."""
        return self.config_home / "themes"

    @property
    def keys(self) -> Path:
        """Keys that the user chose for the console."""
        return self.config_home / "keys.toml"

    @property
    def journal(self) -> Path:
        """Record of every operation, JSON lines."""
        return self.state_home / "journal.jsonl"

    @property
    def views(self) -> Path:
        """Saved views and columns of the console."""
        return self.config_home / "views.toml"

    @property
    def session(self) -> Path:
        """Where the last sessions of the console ended."""
        return self.state_home / "session.toml"

    @property
    def screens(self) -> Path:
        """Pictures of the screens of machines, unless a person names another file."""
        return self.state_home / "screens"

    @property
    def pins(self) -> Path:
        """Trusted certificates."""
        return self.state_home / "pins.json"

    @property
    def alarms(self) -> Path:
        """What was said of alarms: acknowledged, silenced."""
        return self.state_home / "alarms.json"

    @property
    def migrations(self) -> Path:
        """Records of migrations, a file for each."""
        return self.state_home / "migrations"

    @property
    def drains(self) -> Path:
        """Hosts that are being emptied, a file for each."""
        return self.state_home / "drains"

    @property
    def log_file(self) -> Path:
        return self.log_home / "novatui.log"

    def inventory(self, connection: str) -> Path:
        """Last known inventory of a connection."""
        return self.state_home / "inventory" / f"{quote(connection, safe='')}.col"


def user_paths(environ: Mapping[str, str] | None = None) -> Paths:
    """The folders of this user, moved by NOVATUI_CONFIG_HOME, NOVATUI_STATE_HOME, NOVATUI_LOG_HOME.

    Logs follow a moved state folder, so that one variable is enough to keep a run apart. ConfigError when there is
    no home folder to put them in.
    """
    env = os.environ if environ is None else environ

    def folder(variable: str, default: str | Path) -> Path:
        try:
            return Path(env.get(variable) or default).expanduser().absolute()
        except RuntimeError as problem:
            raise ConfigError(
                "the home folder is unknown: HOME is not set and the user is in no password file",
                f"set HOME, or {', '.join(HOME_VARIABLES)}",
            ) from problem

    state = folder(STATE_HOME, platformdirs.user_state_dir("novatui", appauthor=False))
    logs = state / "log" if env.get(STATE_HOME) else platformdirs.user_log_dir("novatui", appauthor=False)
    return Paths(
        config_home=folder(CONFIG_HOME, platformdirs.user_config_dir("novatui", appauthor=False)),
        state_home=state,
        log_home=folder(LOG_HOME, logs),
    )


def private_dir(path: Path) -> Path:
    """Make the folder and its missing parents, for this user only (0700); an own folder open to others is closed.

    ConfigError when it cannot be made or belongs to somebody else.
    """
    try:
        for parent in reversed([path, *path.parents]):
            with contextlib.suppress(FileExistsError):
                parent.mkdir(mode=0o700)
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            raise ConfigError("not a folder", "move the file away", file=str(path))
        if status.st_uid != os.geteuid():
            raise ConfigError(
                "the folder belongs to another user",
                f"set {STATE_HOME} to a folder of your own; after sudo, HOME may still be somebody else's",
                file=str(path),
            )
        if status.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise ConfigError(f"cannot make the folder: {reason}", file=str(path)) from problem
    return path


def write_private(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file in one step: a reader sees the old or the new content, also after a power cut.

    Mode 0600 unless another one is asked for. A symbolic link stays one: the file that it points to is replaced.
    OSError when the disk says no.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
