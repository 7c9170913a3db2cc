"""The commented example of `config.toml`, made from the schema and the text under its fields."""

from __future__ import annotations

import ast
import inspect
import textwrap

import msgspec

from novatui.config import alarms, decode, schema
from novatui.config.targets import EXAMPLES
from novatui.config.toml_text import toml_value
from novatui.core.alarms import ALARM_RULES

_WIDTH = 100
_INTRODUCTION = """Commented example of NovaTUI's configuration: every key with its meaning, its type and its default.
Take the `#` directly in front of a key away to set it. `novatui config check` finds mistakes,
`novatui config show` tells what is in effect and where it was set."""


def example() -> str:
    """Text of the example.

    Lines that begin `# ` are prose; a `#` without a space comes before a key or table.
    """
    lines = [*_prose(_INTRODUCTION), "", *_prose(_doc(schema.Config)), ""]
    lines += _keys(schema.Config)
    lines += _alarms()
    lines += [*_prose(_doc(schema.Connection)), "#", "# Forms of `uri`:"]
    lines += [f"#   {form}" for name, form in EXAMPLES.items() if name != "via"]
    lines += ["", "#[connections.prod]", *_keys(schema.Connection)]
    return "\n".join(lines).rstrip() + "\n"


def _alarms() -> list[str]:
    lines = [*_prose(_doc(alarms.Alarms)), "", "#[alarms]", *_keys(alarms.Alarms)]
    lines += [*_prose(_doc(alarms.Rule)), "#", "# Built in:", *_built_in(), ""]
    lines += ['#[alarms.rules."cpu.wait"]', *_keys(alarms.Rule)]
    lines += [*_prose(_doc(alarms.Limits)), "", '#[alarms.rules."cpu.wait".tag.lab]', *_keys(alarms.Limits)]
    return lines


def _built_in() -> list[str]:
    """The limits that hold without a configuration, as a table."""
    return [
        f"#   {name:16}" + "  ".join(f"{key} {value:g} {_unit(name, key)}".rstrip() for key, value in limits.items())
        for name, rule in ALARM_RULES.items()
        if (limits := alarms.built_in(rule)) and not rule.is_state
    ]


def _unit(rule: str, key: str) -> str:
    return "s" if key == "duration" else ALARM_RULES[rule].unit


def _doc(struct: type[msgspec.Struct]) -> str:
    return " ".join((inspect.getdoc(struct) or "").split())


def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text under each field of a Struct, in one line each."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    field = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            field = node.target.id
        elif field and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docs[field] = " ".join(str(node.value.value).split())
            field = ""
        else:
            field = ""
    return docs


def _keys(struct: type[msgspec.Struct]) -> list[str]:
    docs = field_docs(struct)
    lines: list[str] = []
    for name, field in decode.fields_of(struct).items():
        if decode.is_table(field.type):
            continue
        lines += [
            *_prose(docs[field.name]),
            *_prose(_kind(field)),
            f"#{name} = {toml_value(_sample(field))}",
            "",
        ]
    return lines


def _kind(field: msgspec.structs.FieldInfo) -> str:
    """Type, limits and default of a key."""
    kind = decode.describe(field.type)
    if field.required:
        return f"Type: {kind}. Required."
    default = "not given" if field.default is None else toml_value(field.default)
    return f"Type: {kind}. Default: {default}"


def _sample(field: msgspec.structs.FieldInfo) -> object:
    """The value to show: the one given for it in the schema, else the default."""
    samples = decode.examples_of(field.type)
    return samples[0] if samples else field.default


def _prose(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False, break_long_words=False)]
