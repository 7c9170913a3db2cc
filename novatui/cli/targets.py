"""From options and configuration to the connections that a command opens."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from novatui.cli import log
from novatui.cli.asking import typed
from novatui.cli.complaint import REDACTOR
from novatui.config.checks import account
from novatui.config.demo import expand
from novatui.config.layers import Option
from novatui.config.load import Loaded, Request, load
from novatui.config.paths import user_paths
from novatui.config.policy import Verdict, judge, load_policy, whoami
from novatui.config.schema import Config, Connection
from novatui.config.secrets import SecretError, SecretRef, resolve
from novatui.config.targets import DEMO
from novatui.config.trust import TrustStore
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.engine.fleet import Target


def load_configuration(options: Namespace, targets: Sequence[str] = ()) -> Loaded:
    """The effective configuration for this command line. ConfigError with every problem in it."""
    loaded = load(request_of(options, targets))
    log.set_level(loaded.config.log_level)
    return loaded


def request_of(options: Namespace, targets: Sequence[str] = ()) -> Request:
    """What this command line says about the configuration."""
    return Request(
        config_file=Path(options.config) if options.config else None,
        targets=(*options.connection, *targets),
        password_from=options.password_from or "",
        tls=options.tls or "",
        options=(Option("--ro", ("ro",), True),) if options.ro else (),
    )


def targets_of(loaded: Loaded) -> list[Target]:
    """What to open, in the order of the configuration; empty when nothing is configured and nothing was named.

    From here on the environment of this process, and so of every child, is without the variables that hold secrets.
    """
    policy, person = load_policy(), whoami()
    variables = _take_secret_variables(loaded.config)
    found: list[Target] = []
    for name in loaded.selected:
        verdict = judge(policy, person, name, loaded.config.connections[name].uri)
        taken = {target.spec.name for target in found} | (set(loaded.selected) - {name})
        found += _targets(name, loaded.config, verdict, variables, taken)
    return found


def _take_secret_variables(config: Config) -> dict[str, str]:
    wanted = config.secret_variables() & os.environ.keys()
    return {name: os.environ.pop(name) for name in wanted}


def _targets(
    name: str, config: Config, verdict: Verdict, variables: Mapping[str, str], taken: Collection[str]
) -> list[Target]:
    one = config.connections[name]
    protected = one.protected or verdict.protected
    readonly = config.is_locked(name) or verdict.locked
    via = str(one.via) if one.via else ""
    if one.uri.driver == DEMO:
        specs = _demo(name, one, protected, readonly, taken)
        return [Target(spec=spec, secrets=dict, via=via) for spec in specs]
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
    )
    return [Target(spec=spec, secrets=_secrets(name, one, variables), via=via)]


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


def _secrets(name: str, one: Connection, variables: Mapping[str, str]) -> Callable[[], dict[str, str]]:
    """A function that fetches the secrets of a connection; what a person has to type is asked for at once."""
    refs = {label: ref for label in ("password", "key_password") if (ref := getattr(one, label)) is not None}
    given = {label: typed(name, label.replace("_", " ")) for label, ref in refs.items() if ref.kind == "prompt"}

    def fetch() -> dict[str, str]:
        return given | {label: _fetched(ref, variables) for label, ref in refs.items() if label not in given}

    return fetch


def _fetched(ref: SecretRef, variables: Mapping[str, str]) -> str:
    try:
        return resolve(ref, REDACTOR, environ=variables).reveal()
    except SecretError as error:
        raise InvalidInput(error.message, hint=error.hint, subject=str(ref)) from None
