"""Certificates that this user decided to trust, by connection and endpoint."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from novatui.config.errors import ConfigError
from novatui.config.paths import private_dir, write_private
from novatui.config.tls import parse_fingerprint


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trusted certificate."""

    connection: str
    endpoint: str
    """`host:port` that showed it: a pin is worth nothing for any other, also after the connection's URI is
    edited."""
    sha256: str
    """SHA-256 of the certificate, lower-case hex."""
    added: str
    """When it was trusted, ISO 8601 UTC."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int = 1
    pins: list[Pin] = []


class TrustStore:
    """The file of trusted certificates. Each call reads it anew: another console may have changed it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[Pin]:
        """Every trusted certificate, in the order of trusting.

        ConfigError when the file is damaged or unsafe.
        """
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                data = file.read()
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise ConfigError(
                f"cannot read trusted certificates: {problem.strerror}", file=str(self._path)
            ) from problem
        if status.st_uid not in (os.geteuid(), 0) or status.st_mode & 0o022:
            raise ConfigError(
                "others can write the file of trusted certificates",
                "check its content, then: chmod 600, with you as its owner",
                file=str(self._path),
            )
        try:
            stored = msgspec.json.decode(data, type=_File)
        except msgspec.DecodeError as problem:
            raise ConfigError(
                f"the file of trusted certificates is damaged: {problem}",
                "move it away, then trust each connection again: novatui config trust NAME",
                file=str(self._path),
            ) from problem
        return stored.pins

    def lookup(self, connection: str, endpoint: str | None = None) -> list[Pin]:
        """Trusted certificates of a connection, of one endpoint of it or of all."""
        return [
            pin
            for pin in self.all()
            if pin.connection == connection and (endpoint is None or pin.endpoint == endpoint.casefold())
        ]

    def add(self, connection: str, endpoint: str, sha256: str, *, replace: bool = False) -> Pin:
        """Trust a certificate from now on; `replace` forgets what the endpoint showed before.

        ConfigError or OSError.
        """
        pin = Pin(
            connection=connection,
            endpoint=endpoint.casefold(),
            sha256=parse_fingerprint(sha256),
            added=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self._locked():
            kept = [old for old in self.all() if not _replaces(pin, old, replace)]
            self._write([*kept, pin])
        return pin

    def remove(self, connection: str, endpoint: str | None = None, sha256: str | None = None) -> list[Pin]:
        """Stop trusting what matches; gives what was removed. ConfigError or OSError."""
        wanted = parse_fingerprint(sha256) if sha256 else None
        with self._locked():
            pins = self.all()
            gone = [
                pin
                for pin in pins
                if pin.connection == connection
                and (endpoint is None or pin.endpoint == endpoint.casefold())
                and (wanted is None or pin.sha256 == wanted)
            ]
            if gone:
                self._write([pin for pin in pins if pin not in gone])
        return gone

    def _write(self, pins: list[Pin]) -> None:
        data = msgspec.json.format(msgspec.json.encode(_File(pins=pins)), indent=1)
        write_private(self._path, data + b"\n")

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Hold other consoles off between reading and writing.

        The lock is a file of its own: the other is replaced.
        """
        private_dir(self._path.parent)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _replaces(new: Pin, old: Pin, replace: bool) -> bool:
    same_place = (new.connection, new.endpoint) == (old.connection, old.endpoint)
    return same_place and (replace or new.sha256 == old.sha256)
