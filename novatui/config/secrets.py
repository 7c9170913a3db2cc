"""Secrets: references to them, how each kind is read, and a type that never shows what it holds."""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from typing import Literal, NoReturn, Protocol, cast

import msgspec

from novatui.config.errors import ConfigError, nearest
from novatui.config.redact import MASK, Redactor

COMMAND_TIMEOUT = 60.0
"""Seconds a `cmd:` reference may take; long enough to unlock a password store by hand."""

LONGEST = 1_000_000
"""Bytes read of a secret at most: a certificate key or a SAML token fits, a wrong file does not."""

SecretKind = Literal["keyring", "env", "cmd", "file", "prompt", "literal"]

REFERENCE_FORMS = "keyring:SERVICE/USER, env:NAME, cmd:COMMAND, file:PATH or prompt"
"""How a reference is written, for messages."""

_KINDS: tuple[SecretKind, ...] = ("keyring", "env", "cmd", "file", "literal")


class Secret:
    """A secret in memory. Printing, formatting, logging, pickling or encoding it never gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # brings OpenSSL with it, which the first frame does not wait for

        return compare_digest(self._value.encode("utf-8", "surrogatepass"), other._bytes())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied to disk")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def _bytes(self) -> bytes:
        return self._value.encode("utf-8", "surrogatepass")


class SecretRef(msgspec.Struct, frozen=True):
    """Where a secret is to be had. Its text names the place; a literal shows as «secret»."""

    kind: SecretKind
    place: str = ""
    """What follows the colon; empty for `prompt` and for a literal."""
    literal: Secret | None = None

    def __str__(self) -> str:
        if self.literal is not None:
            return MASK
        return f"{self.kind}:{self.place}" if self.place else self.kind

    def __repr__(self) -> str:
        return f"SecretRef({self})"


class SecretError(ConfigError):
    """A secret that could not be had. Names the reference, never the content."""


def parse_secret(text: str) -> SecretRef:
    """Read a reference; text of no known form is the secret itself (`literal:` in front says so beyond doubt).

    ValueError with clear words when a reference is incomplete or misspelt. The words never repeat what was given.
    """
    if text == "prompt":
        return SecretRef("prompt")
    if not text:
        raise ValueError(f"is empty; give {REFERENCE_FORMS}")
    word, colon, place = text.partition(":")
    if not colon or word not in _KINDS:
        meant = nearest(word, _KINDS) if colon and word.isalpha() else ""
        if meant:
            raise ValueError(
                f"looks like a misspelt `{meant}:` reference; write `literal:` in front if it is the secret itself"
            )
        return SecretRef("literal", literal=Secret(text))
    if word == "literal":
        return SecretRef("literal", literal=Secret(place))
    _check_place(word, place)
    return SecretRef(word, place)


def _check_place(kind: SecretKind, place: str) -> None:
    if not place.strip():
        raise ValueError(f"has nothing after `{kind}:`; the forms are {REFERENCE_FORMS}")
    if not place.isprintable():
        raise ValueError("holds control characters")
    if kind == "keyring":
        service, slash, user = place.rpartition("/")
        if not (slash and service and user):
            raise ValueError("needs a service and a user: keyring:SERVICE/USER")
    elif kind == "env" and not place.replace("_", "a").isalnum():
        raise ValueError("does not name an environment variable: env:NAME")
    elif kind == "file" and not place.startswith(("/", "~")):
        raise ValueError("needs a full path: file:/path or file:~/path")
    elif kind == "cmd":
        try:
            shlex.split(place)
        except ValueError as problem:
            raise ValueError(f"is not a command line: {problem}") from problem


def resolve(
    ref: SecretRef,
    redactor: Redactor,
    *,
    ask: Callable[[], str] | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = COMMAND_TIMEOUT,
) -> Secret:
    """Fetch the secret and make it known to the redactor.

    May block (keyring, command): never call it on the UI's loop. `ask` gets it from the person when the
    reference is `prompt`; None where nobody can be asked. A command or file gives its first line, as
    password stores do. SecretError when it cannot be had.
    """
    if ref.literal is not None:
        value = ref.literal.reveal()
    elif ref.kind == "prompt":
        value = _from_person(ask)
    elif ref.kind == "env":
        value = _from_environment(ref, os.environ if environ is None else environ)
    elif ref.kind == "file":
        value = _from_file(ref)
    elif ref.kind == "cmd":
        value = _from_command(ref, timeout)
    else:
        value = _from_keyring(ref)
    if not value:
        raise SecretError(f"the secret of {ref} is empty")
    secret = Secret(value)
    redactor.add(secret.reveal())
    return secret


def _from_person(ask: Callable[[], str] | None) -> str:
    if ask is None:
        raise SecretError(
            "a password has to be typed, and there is no terminal to ask on",
            "give it by reference: --password-from env:NAME or cmd:COMMAND",
        )
    return ask()


def _from_environment(ref: SecretRef, environ: Mapping[str, str]) -> str:
    value = environ.get(ref.place)
    if value is None:
        raise SecretError(f"cannot read {ref}: the variable is not set", f"export {ref.place} first")
    return value


def _from_file(ref: SecretRef) -> str:
    path = os.path.expanduser(ref.place)
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SecretError(f"cannot read {ref}: not a plain file")
            if status.st_uid != os.geteuid():
                raise SecretError(f"will not read {ref}: it belongs to another user", "the owner must be you")
            if status.st_mode & 0o077:
                raise SecretError(f"will not read {ref}: others can read it", f"chmod 600 {shlex.quote(path)}")
            data = file.read(LONGEST)
    except OSError as problem:
        raise SecretError(f"cannot read {ref}: {problem.strerror}") from problem
    return _first_line(data, ref)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for somebody to write into a pipe of that name."""
    return os.open(path, flags | os.O_NONBLOCK)


def _from_command(ref: SecretRef, timeout: float) -> str:
    argv = shlex.split(ref.place)
    hint = "run the command by hand to see what it says"
    try:
        # A session of its own, so that a deadline ends the command with everything that it started.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        raise SecretError(f"cannot read {ref}: {problem.strerror}", f"is `{argv[0]}` installed?") from problem
    with process:
        try:
            data, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as problem:
            raise SecretError(f"cannot read {ref}: no answer within {timeout:g} s", hint) from problem
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise SecretError(f"cannot read {ref}: the command ended with status {process.returncode}", hint)
    return _first_line(data, ref)


class _Keyring(Protocol):
    def get_password(self, service_name: str, username: str) -> str | None: ...


def _from_keyring(ref: SecretRef) -> str:
    try:
        keyring = cast("_Keyring", importlib.import_module("keyring"))
    except ImportError as problem:
        raise SecretError(
            f"cannot read {ref}: the keyring library is not installed", "pip install 'novatui[keyring]'"
        ) from problem
    service, _, user = ref.place.rpartition("/")
    try:
        value = keyring.get_password(service, user)
    except Exception as problem:
        raise SecretError(
            f"cannot read {ref}: the keyring failed ({type(problem).__name__})",
            "is it unlocked? `keyring diagnose` tells which one is in use",
        ) from problem
    if value is None:
        raise SecretError(
            f"cannot read {ref}: the keyring has no such entry",
            f"keyring set {shlex.quote(service)} {shlex.quote(user)}",
        )
    return value


def _first_line(data: bytes, ref: SecretRef) -> str:
    line = data.split(b"\n", 1)[0].removesuffix(b"\r")
    with contextlib.suppress(UnicodeDecodeError):
        return line.decode()
    # Raised out here, because the exception above holds the bytes and would travel along as the context.
    raise SecretError(f"cannot read {ref}: what it gave is not UTF-8 text")
