"""Key positions in TOML: every key that tomllib reads has its line."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config.positions import key_lines, split_key
from novatui.config.toml_text import toml_value

TEXT = '''# a comment with [brackets] and "quotes"
top = 1 # trailing
"quoted key" = 'x # no comment'
[connections.prod]   # header
uri = "a\\"b ] } # still text"
tags = [
  "one", # first
  "two",
]
notes = """
[not.a.table]
key = 'not a key'
ends with a quote\\""""
raw = \'\'\'
[nor.this]\'\'\'
tls.pin = "x"
inner = { a = 1, "b c" = [ { d = 2 } ], e.f = 3 }
[[rule]]
name = "first"
[[rule]]
name = "second"
[rule.deep]
x = 1979-05-27T07:32:00Z
[ connections . "kvm1.lan" ]
uri="y"'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("connections",), 4),
        (("connections", "prod"), 4),
        (("connections", "prod", "uri"), 5),
        (("connections", "prod", "tags"), 6),
        (("connections", "prod", "tags", 1), 8),
        (("connections", "prod", "notes"), 10),
        (("connections", "prod", "raw"), 14),
        (("connections", "prod", "tls", "pin"), 16),
        (("connections", "prod", "inner", "b c", 0, "d"), 17),
        (("connections", "prod", "inner", "e", "f"), 17),
        (("rule", 0, "name"), 19),
        (("rule", 1, "name"), 21),
        (("rule", 1, "deep", "x"), 23),
        (("connections", "kvm1.lan", "uri"), 25),
    ],
)
def test_a_key_is_found_on_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_text_inside_strings_holds_no_keys() -> None:
    tomllib.loads(TEXT)
    names = {part for path in key_lines(TEXT) for part in path}
    assert not names & {"not", "nor", "key", "this"}


SCALARS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TABLES = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner | st.lists(inner, min_size=1, max_size=3), max_size=4),
    max_leaves=12,
)


def write(table: dict[str, Any], header: str = "") -> list[str]:
    """TOML of a table: values, then sub-tables under headers, lists of tables under [[headers]]."""
    lines: list[str] = []
    deeper: list[str] = []
    for name, value in table.items():
        quoted = toml_value(name)
        path = f"{header}.{quoted}" if header else quoted
        if isinstance(value, dict):
            deeper += [f"[{path}]", *write(value, path)]
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                deeper += [f"[[{path}]]", *write(item, path)]
        else:
            lines.append(f"{quoted} = {toml_value(value)}")
    return lines + deeper


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    own = {path} if path else set()
    if isinstance(value, dict):
        return own.union(*(paths_of(inner, (*path, name)) for name, inner in value.items()))
    if isinstance(value, list):
        return own.union(*(paths_of(inner, (*path, at)) for at, inner in enumerate(value)))
    return own


@given(TABLES)
def test_exactly_the_keys_that_tomllib_reads_have_a_line(table: dict[str, Any]) -> None:
    lines = write(table)
    text = "\n".join(lines)
    assert tomllib.loads(text) == table
    found = key_lines(text)
    assert set(found) == paths_of(table)
    for path, line in found.items():
        name = next(part for part in reversed(path) if isinstance(part, str))
        assert toml_value(name) in lines[line - 1]


@pytest.mark.parametrize(
    ("dotted", "parts"),
    [
        ("ro", ("ro",)),
        ('connections."kvm1.lan".uri', ("connections", "kvm1.lan", "uri")),
        ("a . 'b c'", ("a", "b c")),
        ("a..b", None),
        ("", None),
        ("a = 1\nb", None),
    ],
)
def test_a_dotted_key_is_split_as_toml_does(dotted: str, parts: tuple[str, ...] | None) -> None:
    assert split_key(dotted) == parts
