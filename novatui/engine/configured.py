"""From the effective configuration to the connections that a console or a command opens."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence

import msgspec

from novatui.config.checks import account
from novatui.config.demo import expand
from novatui.config.load import Loaded
from novatui.config.paths import user_paths
from novatui.config.policy import Verdict, judge, load_policy, whoami
from novatui.config.redact import Redactor
from novatui.config.schema import Config, Connection
from novatui.config.secrets import SecretError, SecretRef, resolve
from novatui.config.targets import DEMO
from novatui.config.trust import TrustStore
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.engine.links import Target

Typed = Callable[[str, str], str]
"""Asks a person for a secret at once: connection, and what it is."""


class Secrets:
    """How secrets are fetched: by reference, kept out of everything that is written."""

    def __init__(self, redactor: Redactor, typed: Typed | None = None) -> None:
        """`typed` asks a person before anything is opened; None: the connection asks when it is opened."""
        self.redactor = redactor
        self._typed = typed
        self._variables: dict[str, str] = {}

    def take_variables(self, config: Config) -> None:
        """From here on this process, and so every child, is without the variables that hold secrets."""
        for name in config.secret_variables() & os.environ.keys():
            self._variables[name] = os.environ.pop(name)

    def of(self, name: str, one: Connection) -> tuple[Callable[[], dict[str, str]], tuple[str, ...]]:
        """What fetches the secrets of a connection, and the labels of those that it asks a person for itself."""
        refs = {label: ref for label in ("password", "key_password") if (ref := getattr(one, label)) is not None}
        asked = tuple(label for label, ref in refs.items() if ref.kind == "prompt")
        typed, later = self._typed, asked if self._typed is None else ()
        given = {} if typed is None else {label: typed(name, label.replace("_", " ")) for label in asked}

        def fetch() -> dict[str, str]:
            return given | {label: self._fetched(ref) for label, ref in refs.items() if label not in asked}

        return fetch, later

    def _fetched(self, ref: SecretRef) -> str:
        try:
            return resolve(ref, self.redactor, environ=self._variables).reveal()
        except SecretError as error:
            raise InvalidInput(error.message, hint=error.hint, subject=str(ref)) from None


def targets_of(loaded: Loaded, secrets: Secrets) -> dict[str, list[Target]]:
    """What to open for each selected connection, in the order of the configuration; a demo stands for several."""
    policy, person = load_policy(), whoami()
    secrets.take_variables(loaded.config)
    found: dict[str, list[Target]] = {}
    for name in loaded.selected:
        one = loaded.config.connections[name]
        verdict = judge(policy, person, name, one.uri)
        there = {target.spec.name for targets in found.values() for target in targets}
        taken = there | (set(loaded.selected) - {name})
        found[name] = _targets(name, one, loaded.config.is_locked(name), verdict, secrets, taken)
    return found


def target_of(name: str, one: Connection, secrets: Secrets, *, taken: Collection[str], locked: bool) -> list[Target]:
    """The same for a single connection, configured or not; `locked`: nothing may be changed anywhere."""
    secrets.take_variables(Config(connections={name: one}))
    verdict = judge(load_policy(), whoami(), name, one.uri)
    return _targets(name, one, locked or one.locked, verdict, secrets, taken)


def _targets(
    name: str, one: Connection, locked: bool, verdict: Verdict, secrets: Secrets, taken: Collection[str]
) -> list[Target]:
    protected = one.protected or verdict.protected
    readonly = locked or verdict.locked
    reasons = (*_set_here(one, locked), *verdict.reasons)
    via = str(one.via) if one.via else ""
    if one.uri.driver == DEMO:
        specs = _demo(name, one, protected, readonly, taken)
        judged = [msgspec.structs.replace(spec, role=verdict.role.value, lock_reasons=reasons) for spec in specs]
        return [Target(spec=spec, secrets=dict, via=via) for spec in judged]
    assert one.uri.family is not None, "only a demo fleet has no family"
    spec = ConnectionSpec(
        name=name,
        family=one.uri.family,
        driver=one.uri.driver,
        uri=one.uri.uri,
        options=_driver_options(name, one),
        label=one.group,
        protected=protected,
        readonly=readonly,
        color=one.color,
        role=verdict.role.value,
        lock_reasons=reasons,
    )
    fetch, typed = secrets.of(name, one)
    return [Target(spec=spec, secrets=fetch, via=via, typed=typed)]


def _set_here(one: Connection, locked: bool) -> tuple[str, ...]:
    """What the settings themselves hold back, in words."""
    words = ("read-only" if locked else "", "protected" if one.protected else "")
    return tuple(f"settings: {word}" for word in words if word)


def _demo(name: str, one: Connection, protected: bool, readonly: bool, taken: Collection[str]) -> list[ConnectionSpec]:
    """The connections that a demo URI stands for, with what was configured for it on top of what each has itself.

    They keep the names that the demo gives them, unless another connection has one; a single one is called as
    configured.
    """
    specs = expand(one.uri.uri)
    names = [name] if len(specs) == 1 else [_free(spec.name, name, taken) for spec in specs]
    return [
        msgspec.structs.replace(
            spec,
            name=called,
            label=one.group or spec.label,
            protected=spec.protected or protected,
            readonly=spec.readonly or readonly,
            color=one.color,
        )
        for spec, called in zip(specs, names, strict=True)
    ]


def _free(wanted: str, fleet: str, taken: Collection[str]) -> str:
    """A name that nothing else has: the one it wants, else with its fleet's name in front."""
    name, number = wanted, 1
    while name in taken:
        name = f"{fleet}-{wanted}" if number == 1 else f"{fleet}-{wanted}-{number}"
        number += 1
    return name


def _driver_options(name: str, one: Connection) -> dict[str, str]:
    """What a driver may want to know, as text; what is not set is left out.

    `tls` is what makes a certificate acceptable (system, ca, pin, insecure); `tls_pin` are fingerprints, separated by
    commas: in mode `pin` those that are configured, in mode `system` those that were trusted for this endpoint.
    """
    paths = {"tls_ca": one.tls.ca, "tls_cert": one.cert, "tls_key": one.key}
    wanted = {
        "user": account(one),
        "auth": one.auth,
        "jea": one.jea,
        "migrate_uri": one.migrate_uri,
        "tls": one.tls.mode,
        "tls_pin": ",".join(_pins(name, one)),
        "tls_insecure": "1" if one.tls.mode == "insecure" else "",
        "tls_min": one.tls_min,
        "readonly": one.readonly,
        "connect_timeout": f"{one.connect_timeout:g}",
        "call_timeout": f"{one.call_timeout:g}",
        "interval": f"{one.interval:g}" if one.interval else "",
    } | {option: _path(path, one) for option, path in paths.items()}
    return {option: value for option, value in wanted.items() if value}


def _pins(name: str, one: Connection) -> Sequence[str]:
    if one.tls.mode != "system" or not one.uri.endpoint:
        return one.tls.pins
    return [pin.sha256 for pin in TrustStore(user_paths().pins).lookup(name, one.uri.endpoint)]


def _path(path: str, one: Connection) -> str:
    """With `via` the file is on the machine of the worker, and so is the home that `~` means."""
    return path if one.via else os.path.expanduser(path)
