"""What the machine's administrator allows: roles and floors that no setting of a user can lower.

Read on every machine that runs a worker; where two machines are involved, the stricter wins. It is a guard
rail against mistakes, not a defence against somebody who runs another client.
"""

from __future__ import annotations

import fnmatch
import grp
import os
import pwd
import stat
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from novatui.config import decode
from novatui.config.errors import ConfigError, Problem
from novatui.config.policy_file import POLICY_FILE
from novatui.config.targets import Target


class Role(StrEnum):
    """What somebody may do. Each includes the ones before it."""

    VIEWER = "viewer"
    """Read."""
    OPERATOR = "operator"
    """Also power, snapshots, migration, devices: what does not create or destroy."""
    ADMIN = "admin"
    """Everything."""

    @property
    def rank(self) -> int:
        """Position from least to most."""
        return list(Role).index(self)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for the connections that it matches. The name of its table is for messages."""

    match: tuple[str, ...] = ()
    """Patterns (`*` and `?`) for the host, for the URI without user, or for the connection's name. A user
    can choose names freely, so hosts and URIs are what to rely on. Empty: the rule's own name is the
    pattern."""
    protected: bool = False
    """Every change needs an unlock with a ticket."""
    ro: bool = False
    """Nothing may be changed."""
    default: Role | None = None
    """Role of whoever the rule does not name. Not given: what holds outside of the rule."""
    users: dict[str, Role] = {}
    """Roles by user name."""
    groups: dict[str, Role] = {}
    """Roles by group name; the highest of a person's groups counts."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the policy file."""

    default: Role = Role.ADMIN
    """Role of whoever is not named."""
    users: dict[str, Role] = {}
    """Roles by user name, on every connection."""
    groups: dict[str, Role] = {}
    """Roles by group name; the highest of a person's groups counts."""
    connections: dict[str, Rule] = {}
    """Rules for some connections. Where several match, the strictest wins."""


class Person(msgspec.Struct, frozen=True):
    """Who runs the console."""

    user: str
    groups: frozenset[str] = frozenset()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may do on a connection."""

    role: Role = Role.ADMIN
    protected: bool = False
    ro: bool = False
    reasons: tuple[str, ...] = ()
    """Which rules said so, in words."""

    @property
    def locked(self) -> bool:
        """True when nothing may be changed."""
        return self.ro or self.role is Role.VIEWER


def load_policy(path: Path = POLICY_FILE, *, owner: int = 0) -> Policy:
    """The machine's policy; one that allows everything when there is no file.

    ConfigError when the file is wrong, or when anybody but root could have written it. Only tests give
    arguments.
    """
    try:
        with path.open("rb") as file:
            _check_owner(path.parent.stat(), path.parent, owner)
            _check_owner(os.fstat(file.fileno()), path, owner)
            text = file.read().decode("utf-8-sig")
        table = tomllib.loads(text)
    except FileNotFoundError:
        return Policy()
    except OSError as problem:
        hint = "it has to be readable by all who run novatui: chmod 644"
        raise ConfigError(f"cannot read the policy: {problem.strerror}", hint, file=str(path)) from problem
    except ValueError as problem:
        raise ConfigError(f"the policy is not valid TOML: {problem}", file=str(path)) from problem
    return _decode(table, text, path)


def judge(policy: Policy, person: Person, name: str, target: Target) -> Verdict:
    """What the policy leaves a person on a connection. `name` is what the user calls it."""
    role, reason = _role(policy.users, policy.groups, person, policy.default)
    verdict = Verdict(role=role, reasons=(f"policy: {reason}",) if role is not Role.ADMIN else ())
    rules = [(label, rule) for label, rule in policy.connections.items() if _matches(label, rule, name, target)]
    if not rules:
        return verdict
    judged: list[Verdict] = []
    for label, rule in rules:
        inner, why = _role(rule.users, rule.groups, person, rule.default or role)
        words = [f"policy {label}: {word}" for word in (_floor(rule), why if inner is not Role.ADMIN else "") if word]
        judged.append(Verdict(role=inner, protected=rule.protected, ro=rule.ro, reasons=tuple(words)))
    return stricter(*judged)


def stricter(*verdicts: Verdict) -> Verdict:
    """What is left when all of them hold: the lowest role, every floor, all reasons once."""
    return Verdict(
        role=min((verdict.role for verdict in verdicts), key=lambda role: role.rank, default=Role.ADMIN),
        protected=any(verdict.protected for verdict in verdicts),
        ro=any(verdict.ro for verdict in verdicts),
        reasons=tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)),
    )


def whoami() -> Person:
    """The person by the process's user id, with all groups; ids without a name count as their number."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return Person(user, frozenset(_group_name(gid) for gid in {os.getgid(), *os.getgroups()}))


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _check_owner(status: os.stat_result, path: Path, owner: int) -> None:
    if status.st_uid == owner and not status.st_mode & 0o022:
        return
    raise ConfigError(
        f"the policy must belong to root and be writable by nobody else; this has owner {status.st_uid}"
        f" and mode {stat.S_IMODE(status.st_mode):04o}",
        f"sudo chown root {path} && sudo chmod go-w {path}",
        file=str(path),
    )


def _decode(table: dict[str, Any], text: str, path: Path) -> Policy:
    from novatui.config.positions import key_lines  # only where there is a file

    lines = key_lines(text)
    problems: list[Problem] = []
    values = decode.values_of(table, Policy, lambda key: (str(path), lines.get(key, 0)), problems)
    if problems:
        raise ConfigError.of(problems)
    return decode.build(Policy, values)


def _role(users: dict[str, Role], groups: dict[str, Role], person: Person, default: Role) -> tuple[Role, str]:
    if person.user in users:
        return users[person.user], f"user {person.user} is {users[person.user]}"
    named = sorted(person.groups & groups.keys(), key=lambda group: (groups[group].rank, group))
    if named:
        return groups[named[-1]], f"group {named[-1]} is {groups[named[-1]]}"
    return default, f"everybody else is {default}"


def _floor(rule: Rule) -> str:
    return " and ".join(word for word, on in (("read-only", rule.ro), ("protected", rule.protected)) if on)


def _matches(label: str, rule: Rule, name: str, target: Target) -> bool:
    user = f"{target.uri.partition('://')[2].rpartition('@')[0]}@" if target.user else ""
    subjects = [name, target.host, target.uri.replace(f"://{user}", "://", 1)]
    return any(_fits(subject, pattern) for pattern in rule.match or (label,) for subject in subjects if subject)


def _fits(subject: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(subject.casefold().rstrip("."), pattern.casefold().rstrip("."))
