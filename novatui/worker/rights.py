"""What whoever runs the console may do on a connection, by the rules of this machine and of the console's."""

from __future__ import annotations

import logging

import msgspec

from novatui.config.policy_file import POLICY_FILE
from novatui.core.connection import ConnectionSpec

log = logging.getLogger(__name__)

VIEWER, OPERATOR, ADMIN = _RANKS = ("viewer", "operator", "admin")


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What is left when all rules hold."""

    role: str = ADMIN
    protected: bool = False
    ro: bool = False
    reasons: tuple[str, ...] = ()
    """Which rules said so, in words."""


UNREAD = Rights(role=VIEWER, ro=True, reasons=("the policy of the worker's machine is not read yet",))


def rights_of(spec: ConnectionSpec) -> Rights:
    """The stricter of both machines' rules. A policy that cannot be read allows nothing."""
    there = Rights(role=spec.role if spec.role in _RANKS else VIEWER, reasons=spec.lock_reasons)
    try:
        POLICY_FILE.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return there
    except OSError as error:
        log.info("the policy of this machine is there, and out of sight: %s", error)
    here = _judged(spec)
    return Rights(
        role=min(there.role, here.role, key=_RANKS.index),
        protected=here.protected,
        ro=here.ro,
        reasons=tuple(dict.fromkeys((*there.reasons, *here.reasons))),
    )


def _judged(spec: ConnectionSpec) -> Rights:
    """By the policy of this machine, whose reader is loaded only where there is one: it costs a tenth of a start."""
    from novatui.config.errors import ConfigError
    from novatui.config.policy import judge, load_policy, whoami
    from novatui.config.targets import Target, parse_target

    try:
        target = parse_target(spec.uri)
    except ValueError:  # an address that only its driver understands is matched as a whole
        target = Target(uri=spec.uri, driver=spec.driver, family=spec.family, scheme=spec.uri.partition(":")[0])
    try:
        verdict = judge(load_policy(POLICY_FILE), whoami(), spec.name, target)
    except ConfigError as error:
        log.error("%s: the policy of this machine: %s", spec.name, error)
        return Rights(role=VIEWER, ro=True, reasons=(f"policy of the worker's machine: {error}",))
    return Rights(role=verdict.role.value, protected=verdict.protected, ro=verdict.ro, reasons=verdict.reasons)
