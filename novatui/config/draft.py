"""A connection that is about to be configured: checked as if it were in the file, then written as a table of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from novatui.config import decode
from novatui.config.checks import connection_problems
from novatui.config.errors import ConfigError, Problem
from novatui.config.layers import Origin
from novatui.config.schema import Config, Connection
from novatui.config.secrets import REFERENCE_FORMS, SecretRef
from novatui.config.targets import parse_target, short_name
from novatui.config.toml_text import toml_value


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Name and settings of a connection, as they would stand in the file."""

    name: str
    settings: dict[str, object]
    """By key of `config.toml`; secrets as references. What is empty or has its default value is left out."""

    def connection(self) -> Connection:
        """The connection that the file would give. ConfigError with everything that is wrong with it."""
        table = {"connections": {self.name: self._given()}}
        problems: list[Problem] = []
        values = decode.values_of(table, Config, lambda _path: ("", 0), problems)
        path = ("connections", self.name)
        problems += self._bare_secrets(values)
        if not problems and (*path, "uri") not in values:
            problems.append(Problem(message="it has no `uri`", hint="such as qemu:///system", key="uri"))
        if problems:
            raise ConfigError.of([self._without_prefix(problem) for problem in problems])
        one: Connection = decode.build(Connection, values, path)
        if found := connection_problems(self.name, one, {"uri": Origin("default")}):
            raise ConfigError.of([self._without_prefix(problem) for problem in found])
        return one

    def toml(self) -> str:
        """The table of this connection."""
        lines = [f"[{decode.dotted(('connections', self.name))}]"]
        lines += [f"{key} = {toml_value(value)}" for key, value in self._given().items()]
        return "\n".join(lines) + "\n"

    @property
    def holds_secret(self) -> bool:
        """True when a secret itself would stand in the file: it was written with `literal:` in front."""
        one = self.connection()
        return any(ref is not None and ref.kind == "literal" for ref in (one.password, one.key_password))

    def _bare_secrets(self, values: Mapping[decode.Path, object]) -> list[Problem]:
        """A secret that was typed where its reference belongs must not get into a file by mistake."""
        return [
            Problem(
                message=f"`{path[-1]}` would be the secret itself",
                hint=f"give {REFERENCE_FORMS}; with `literal:` in front it is kept in the file",
                key=path[-1],
            )
            for path, value in values.items()
            if isinstance(value, SecretRef)
            and value.kind == "literal"
            and not str(self.settings[path[-1]]).startswith("literal:")
        ]

    def _given(self) -> dict[str, object]:
        defaults = {name: field.default for name, field in decode.fields_of(Connection).items()}
        return {
            key: value
            for key, value in self.settings.items()
            if value not in ("", None, (), []) and str(value) != str(defaults.get(key, ""))
        }

    def _without_prefix(self, problem: Problem) -> Problem:
        """The words that stand before a file's problem would only repeat what was just typed."""
        prefix = decode.dotted(("connections", self.name))
        message = (
            problem.message.replace(f"`{prefix}.", "`").replace(f" in {prefix}", "").replace(" in connections", "")
        )
        return msgspec.structs.replace(
            problem, message=message, key=problem.key.removeprefix(f"{prefix}."), file="", line=0
        )


def draft(uri: str, name: str = "", taken: Collection[str] = (), **settings: object) -> Draft:
    """A draft, named after its host unless a name is given. ConfigError when the URI cannot be read."""
    try:
        target = parse_target(uri)
    except ValueError as problem:
        message, _, hint = str(problem).partition("; ")
        raise ConfigError(message, hint, key="uri") from None
    return Draft(name=name or short_name(target, taken), settings={"uri": uri, **settings})


def same_target(uri: str, connections: Mapping[str, Connection]) -> str:
    """The name of the configured connection that leads to the same; empty when none does."""
    wanted = parse_target(uri).uri
    return next((name for name, one in connections.items() if one.uri.uri == wanted), "")
