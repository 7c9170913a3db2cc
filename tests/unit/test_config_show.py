"""What is in effect and why, and the commented example."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config import decode
from novatui.config.alarms import Alarms, Limits
from novatui.config.alarms import Rule as AlarmRule
from novatui.config.errors import ConfigError
from novatui.config.example import example, field_docs
from novatui.config.layers import Option
from novatui.config.load import Loaded, Request, load
from novatui.config.paths import user_paths
from novatui.config.policy import Policy, Rule
from novatui.config.schema import Config, Connection
from novatui.config.show import effective, explain, show
from novatui.config.toml_text import toml_value

GOLDEN = Path(__file__).parent / "golden" / "config_example.toml"


@pytest.fixture(autouse=True)
def _home_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places in messages are compared whole, so none may be shortened to `~`."""
    monkeypatch.setenv("HOME", "/nonexistent")


def loaded_from(folder: Path, text: str, request: Request | None = None, **environ: str) -> Loaded:
    env = {"NOVATUI_CONFIG_HOME": str(folder), "NOVATUI_STATE_HOME": str(folder), **environ}
    file = folder / "config.toml"
    file.write_text(text)
    file.chmod(0o600)
    return load(request, paths=user_paths(env), environ=env, site_file=folder / "absent.toml")


TEXT = """timeout = 5
[connections."kvm1.lan"]
uri = "kvm+ssh://root@kvm1.lan/system"
group = "lab \\u001b[31m"
[connections.vc]
uri = "vsphere://u@vc1"
password = "hunter2"
key_password = "env:KEY"
cert = "/c.pem"
tags = ["a", "b"]
"""


def test_effective_values_are_those_of_the_toml(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, TEXT)
    told = {str(one["key"]): one for one in effective(loaded)}
    assert told["timeout"]["value"] == 5
    assert str(told["timeout"]["origin"]).endswith("config.toml:1")
    assert told["connections.vc.password"]["value"] == "«secret»"
    assert told["connections.vc.tags"] == {**told["connections.vc.tags"], "value": ["a", "b"]}
    assert told["max_workers"]["origin"] == "default"
    assert "value" not in told["connections.vc.via"]
    plain = tomllib.loads(show(loaded))
    flat = {key: value for key, value in plain.items() if key not in {"alarms", "connections"}}
    assert flat == {key: one["value"] for key, one in told.items() if "." not in key}
    assert effective(loaded, "vc.tags") == [told["connections.vc.tags"]]
    with pytest.raises(ConfigError):
        effective(loaded, "vc.tagz")


def test_show_is_toml_that_loads_to_the_same(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, TEXT)
    text = show(loaded)
    assert "hunter2" not in text
    assert 'password = "«secret»"' in text
    again = loaded_from(tmp_path, text.replace("«secret»", "hunter2"))
    assert again.config == loaded.config
    assert "\x1b" not in text


def test_show_says_where_each_value_was_set(tmp_path: Path) -> None:
    request = Request(options=(Option("--ro", ("ro",), True),))
    lines = show(loaded_from(tmp_path, TEXT, request, NOVATUI_LOG_LEVEL="info")).splitlines()
    file = tmp_path / "config.toml"
    assert "ro = true  # --ro" in lines
    assert f"timeout = 5.0  # {file}:1" in lines
    assert 'log_level = "info"  # NOVATUI_LOG_LEVEL' in lines
    assert "max_workers = 8  # default" in lines
    assert '[connections."kvm1.lan"]' in lines
    assert f'tags = ["a", "b"]  # {file}:10' in lines
    assert "# via is not set" in lines


def test_explain_names_every_source_of_a_value(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, TEXT, NOVATUI_TIMEOUT="7")
    assert explain(loaded, "timeout").splitlines() == [
        "timeout = 7.0",
        "  set by NOVATUI_TIMEOUT: 7.0",
        f"  overrides {tmp_path}/config.toml:1: 5.0",
        "  overrides default: 30.0",
    ]
    assert explain(loaded, "ro") == "ro = false\n  is the default: false\n"
    assert explain(loaded, "vc.via") == "connections.vc.via = not set\n  is the default: not set\n"


@pytest.mark.parametrize("key", ['connections."kvm1.lan".uri', "connections.kvm1.lan.uri", "kvm1.lan.uri"])
def test_explain_takes_a_key_quoted_or_not(tmp_path: Path, key: str) -> None:
    assert explain(loaded_from(tmp_path, TEXT), key).startswith(
        'connections."kvm1.lan".uri = "qemu+ssh://root@kvm1.lan/system"\n  set by '
    )


def test_explain_shows_no_secret_and_knows_no_other_key(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, TEXT)
    assert "hunter2" not in explain(loaded, "vc.password")
    assert '"«secret»"' in explain(loaded, "vc.password")
    with pytest.raises(ConfigError, match=r"there is no key `vc\.pasword`; did you mean `vc\.password`"):
        explain(loaded, "vc.pasword")
    with pytest.raises(ConfigError, match="there is no key"):
        explain(loaded, "connections")


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"]))
        | st.integers(-(2**60), 2**60)
        | st.booleans()
        | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    )
)
def test_a_value_written_as_toml_is_read_as_itself(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?=[^ \n])", "", text)


def test_the_example_sets_nothing_until_a_key_is_uncommented() -> None:
    assert tomllib.loads(example()) == {}


def test_the_example_holds_every_key_and_is_valid(tmp_path: Path) -> None:
    table = tomllib.loads(uncommented(example()))
    plain = {name for name, field in decode.fields_of(Config).items() if not decode.is_table(field.type)}
    assert set(table) == plain | {"alarms", "connections"}
    assert set(table["alarms"]) == set(decode.fields_of(Alarms))
    assert set(table["alarms"]["rules"]["cpu.wait"]) == {"tag", *decode.fields_of(AlarmRule)} - {"family"}
    assert set(table["alarms"]["rules"]["cpu.wait"]["tag"]["lab"]) == set(decode.fields_of(Limits))
    assert set(table["connections"]["prod"]) == set(decode.fields_of(Connection))
    loaded = loaded_from(tmp_path, uncommented(example()))
    assert loaded.selected == ("prod",)
    for struct, values in ((Config, table), (Alarms, table["alarms"]), (Connection, table["connections"]["prod"])):
        for name, field in decode.fields_of(struct).items():
            if decode.is_table(field.type) or field.required or decode.examples_of(field.type):
                continue
            shown = tuple(values[name]) if isinstance(values[name], list) else values[name]
            assert shown in (field.default, str(field.default)), f"{name} shows another value than its default"


@pytest.mark.parametrize("struct", [Config, Connection, Policy, Rule, Alarms, AlarmRule, Limits])
def test_every_key_is_documented(struct: type[msgspec.Struct]) -> None:
    docs = field_docs(struct)
    fields = {field.name for field in decode.fields_of(struct).values() if not decode.is_table(field.type)}
    assert fields <= set(docs)
    assert all(text.endswith(".") and len(text) > 15 for text in docs.values())


def test_a_fields_text_is_the_one_under_it() -> None:
    assert field_docs(Config)["max_workers"].startswith("Worker processes at most")


def test_the_example_is_the_one_that_was_agreed() -> None:
    """Set NOVATUI_WRITE_GOLDEN=1 to accept a changed example, then read the difference."""
    if os.environ.get("NOVATUI_WRITE_GOLDEN"):
        GOLDEN.write_text(example())
    assert example() == GOLDEN.read_text()
    assert max(map(len, example().splitlines())) <= 100
