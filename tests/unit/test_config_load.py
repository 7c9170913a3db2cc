"""Loading: precedence, provenance, targets, and every mistake told at once with its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.config.errors import ConfigError
from novatui.config.layers import Layer, Option, Origin, Setting
from novatui.config.load import Loaded, Request, examine, load, merge
from novatui.config.paths import user_paths
from novatui.config.schema import Config
from novatui.config.show import check


class Sources:
    """The files of one test and what they load to."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "etc" / "config.toml"
        self.user = folder / "home" / "config.toml"
        self.extra = folder / "extra.toml"
        self.environ = {"NOVATUI_CONFIG_HOME": str(self.user.parent), "NOVATUI_STATE_HOME": str(folder / "state")}
        for file in (self.site, self.user):
            file.parent.mkdir()

    def write(self, text: str, mode: int = 0o600) -> None:
        self.user.write_text(text)
        self.user.chmod(mode)

    def load(self, *targets: str, **asked: Any) -> Loaded:
        request = Request(targets=targets, **asked)
        return load(request, paths=user_paths(self.environ), environ=self.environ, site_file=self.site)

    def problems(self, text: str = "", *targets: str, mode: int = 0o600, **asked: Any) -> list[str]:
        if text:
            self.write(text, mode)
        request = Request(targets=targets, **asked)
        found = check(request, paths=user_paths(self.environ), environ=self.environ, site_file=self.site)
        home = f"{self.user.parent}/"
        return [str(problem).replace(home, "") for problem in found]


@pytest.fixture(autouse=True)
def _home_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places in messages are compared whole, so none may be shortened to `~`."""
    monkeypatch.setenv("HOME", "/nonexistent")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


def test_nothing_configured_is_no_mistake(sources: Sources) -> None:
    loaded = sources.load()
    assert loaded.config == Config()
    assert loaded.selected == ()
    assert loaded.origin(("ro",)) == Origin("default")


def test_each_source_wins_over_the_ones_before(sources: Sources) -> None:
    sources.site.write_text("timeout = 1\nmax_workers = 1\n")
    assert sources.load().config.timeout == 1
    sources.write("# mine\ntimeout = 2\n")
    assert sources.load().config.timeout == 2
    sources.extra.write_text("timeout = 3\n")
    assert sources.load(config_file=sources.extra).config.timeout == 3
    sources.environ["NOVATUI_TIMEOUT"] = "4"
    assert sources.load(config_file=sources.extra).config.timeout == 4
    option = Option("--timeout", ("timeout",), "5")
    loaded = sources.load(config_file=sources.extra, options=(option,))
    assert loaded.config.timeout == 5
    assert loaded.config.max_workers == 1
    assert [str(setting.origin).rpartition("/")[2] for setting in loaded.history["timeout",]] == [
        "config.toml:1",
        "config.toml:2",
        "extra.toml:1",
        "NOVATUI_TIMEOUT",
        "--timeout",
    ]
    assert loaded.origin(("max_workers",)).kind == "site"


def test_tables_merge_key_by_key_and_lists_are_replaced(sources: Sources) -> None:
    sources.site.write_text('[connections.prod]\nuri = "vsphere://u@vc1"\nprotected = true\ntags = ["a", "b"]\n')
    sources.write('[connections.prod]\ntags = ["c"]\n[connections.mine]\nuri = "qemu:///session"\n')
    loaded = sources.load()
    prod = loaded.config.connections["prod"]
    assert (prod.protected, prod.tags) == (True, ("c",))
    assert loaded.selected == ("prod", "mine")


VALUES = st.fixed_dictionaries(
    {},
    optional={
        ("ro",): st.booleans(),
        ("timeout",): st.floats(1, 100),
        ("connections", "a", "group"): st.sampled_from("xyz"),
        ("connections", "a", "tags"): st.lists(st.sampled_from("pqr"), max_size=2).map(tuple),
        ("connections", "b", "ro"): st.booleans(),
    },
)


@given(st.lists(VALUES, max_size=6))
def test_the_last_source_that_says_anything_wins(sources_of_values: list[dict[tuple[str, ...], Any]]) -> None:
    layers: list[Layer] = [
        {path: Setting(value, Origin("file", f"{number}.toml", 1)) for path, value in values.items()}
        for number, values in enumerate(sources_of_values)
    ]
    history = merge(layers)
    naive: dict[tuple[str, ...], tuple[Any, str]] = {}
    for number, values in enumerate(sources_of_values):
        naive |= {path: (value, f"{number}.toml") for path, value in values.items()}
    effective = {path: (found[-1].value, found[-1].origin.source) for path, found in history.items()}
    assert effective == naive
    for path, found in history.items():
        assert len(found) == sum(path in values for values in sources_of_values)


def test_all_mistakes_are_told_at_once_with_their_places(sources: Sources) -> None:
    text = """timeuot = 4
[connections.prod]
uri = "vsphere://root:hunter2@vc"
protcted = true
[connections.a]
uri = "qemu:///sytem"
readonly = "sokcet"
[connections.b]
ro = "yes"
[connections.c]
uri = "xcpng://root@host"
call_timeout = -3
tags = ["a", 3]
via = "http://jump"
[connections."x y"]
uri = "demo://"
[connections.d]
[connections.e]
uri = "hyperv://u@h"
tls = "pin:zz"
jea = 3
"""
    told = sources.problems(text)
    beginnings = [
        "unknown key `timeuot` (config.toml:1); did you mean `timeout`?",
        "`connections.prod.uri`: `vsphere://root:***@vc` holds a password (config.toml:3); give it apart",
        "unknown key `protcted` in connections.prod (config.toml:4); did you mean `protected`?",
        "`connections.a.uri`: qemu:// has no `/sytem` (config.toml:6); did you mean `/system`?",
        "`connections.a.readonly`: must be one of `enforced`, `socket` (config.toml:7); did you mean `socket`?",
        "`connections.b.ro`: must be true or false (config.toml:9)",
        "`connections.c.call_timeout`: must be a number from 0.1 to 3600 (config.toml:12)",
        "`connections.c.tags`: must be a list of texts, element 1 (config.toml:13)",
        "`connections.c.via`: `http` is not a way to another machine",
        "`x y` cannot be a name in connections (config.toml:15); letters, digits",
        "`connections.d` is empty (config.toml:17)",
        "`connections.e.tls`: is not the SHA-256 fingerprint",
        "`connections.e.jea`: must be text (config.toml:21)",
    ]
    assert len(told) == len(beginnings), "\n".join(told)
    for line, beginning in zip(told, beginnings, strict=True):
        assert line.startswith(beginning)
    assert "hunter2" not in "\n".join(told)
    with pytest.raises(ConfigError) as caught:
        sources.load()
    assert len(caught.value.problems) == len(beginnings)
    assert (caught.value.line, caught.value.key) == (1, "timeuot")
    assert str(caught.value).count("\n") == len(beginnings) - 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = [1,,]", "not valid TOML: Invalid value (config.toml:1)"),
        ("\n\nx", "not valid TOML"),
        ("ro = true\nro = false", "not valid TOML: Cannot overwrite a value"),
        ("connections = 3", "`connections` must be a table (config.toml:1); write [connections]"),
        ('[connections]\nprod = "qemu:///system"', "`connections.prod` must be a table (config.toml:2)"),
        ("[connections.a]\nro = true", "connections.a has no `uri` (config.toml:2); add uri"),
        ('ro = true\n[connections.a]\nuri = ["x"]', "`connections.a.uri`: must be text in quotes (config.toml:3)"),
        ("ro = 1", "`ro`: must be true or false (config.toml:1)"),
        ("max_workers = 0", "`max_workers`: must be a whole number from 1 to 64 (config.toml:1)"),
        ('"\\u001b[2J" = 1', "unknown key `\ufffd[2J` (config.toml:1)"),
    ],
)
def test_a_mistake_is_told_in_clear_words(sources: Sources, text: str, words: str) -> None:
    (told,) = sources.problems(text)
    assert told.startswith(words)


def test_a_file_that_is_no_text_or_cannot_be_read(sources: Sources) -> None:
    sources.user.write_bytes(b"ro = true\n\xff\n")
    assert sources.problems() == ["not UTF-8 text (config.toml:2)"]
    sources.user.unlink()
    sources.user.mkdir()
    assert sources.problems() == ["cannot read: Is a directory (config.toml)"]


def test_a_file_given_by_option_has_to_exist(sources: Sources) -> None:
    (told,) = sources.problems(config_file=sources.extra)
    assert told.startswith("cannot read: No such file or directory (")
    assert told.endswith("check the name given to --config")


def test_a_byte_order_mark_is_no_mistake(sources: Sources) -> None:
    sources.write("\ufeffro = true\n")
    assert sources.load().config.ro


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('uri = "vsphere://vc1"', "user` is missing"),
        ('uri = "vsphere://u@vc1"\nuser = "u"', "user` is given twice"),
        ('uri = "proxmox://pve1"\nuser = "root"', "user` needs the realm"),
        ('uri = "vsphere://u@vc1"\nreadonly = "socket"', "`socket` is offered by libvirt"),
        ('uri = "vsphere://u@vc1"\njea = "x"', "is for hyperv://"),
        ('uri = "vsphere://u@vc1"\nmigrate_uri = "qemu+ssh://x/system"', "is for libvirt"),
        ('uri = "qemu:///system"\nmigrate_uri = "x"', "is no address"),
        ('uri = "vsphere://u@vc1"\nauth = "ntlm"', "`ntlm` is not offered by vsphere"),
        ('uri = "qemu:///system"\nauth = "password"', "`password` is not offered by libvirt"),
        ('uri = "qemu+ssh://h/system"\ntls = "insecure"', "tls` has no effect on libvirt without TLS"),
        ('uri = "qemu:///system"\ntls_min = "1.3"', "tls_min` has no effect on libvirt without TLS"),
        ('uri = "test:///default"\ncert = "/c.pem"', "cert` has no effect on libvirt without TLS"),
        ('uri = "qemu+tls://h/system"\ncert = "/c.pem"', "is used by libvirt only beside its authority"),
        ('uri = "qemu+tls://h/system?pkipath=/p"\ntls = "ca:/ca.pem"', "and `pkipath` in the URI name two authorities"),
        (
            'uri = "qemu+tls://h/system"\ntls = "ca:/ca.pem"\ncert = "/c.pem"\nkey_password = "prompt"',
            "key_password` has no effect on libvirt",
        ),
        ('uri = "demo://"\ntls = "insecure"', "has no effect on demo"),
        ('uri = "vsphere://u@vc1"\nauth = "certificate"', "`certificate` needs the client certificate"),
        ('uri = "vsphere://u@vc1"\nkey = "/k.pem"', "has no certificate"),
        ('uri = "vsphere://u@vc1"\nkey_password = "prompt"', "has no key to open"),
        ('uri = "vsphere://u@vc1"\ncert = "c.pem"', "needs a full path"),
    ],
)
def test_keys_that_do_not_fit_together(sources: Sources, keys: str, words: str) -> None:
    (told,) = sources.problems(f"[connections.a]\n{keys}\n")
    assert words in told
    assert "(config.toml:" in told


@pytest.mark.parametrize(
    "keys",
    [
        'uri = "qemu:///system"\nreadonly = "socket"',
        'uri = "hyperv://hv1"\nauth = "kerberos"\njea = "NovaTUI"',
        'uri = "proxmox://pve1"\nuser = "monitor@pve!novatui"\npassword = "env:TOKEN"',
        'uri = "vsphere://vc1"\nauth = "certificate"\ncert = "/c.pem"\nkey = "~/k.pem"\ntls = "ca:/ca.pem"',
        'uri = "demo://?family=hyperv"\nprotected = true',
        'uri = "qemu+tls://h/system"\ntls = "ca:/ca.pem"\ncert = "/c.pem"\nkey = "/k.pem"\ntls_min = "1.3"',
        'uri = "qemu://h/system"\ntls = "insecure"',
        f'uri = "qemu+tls://h/system?pkipath=/p"\ntls = "pin:{"0" * 64}"',
    ],
)
def test_keys_that_fit_together(sources: Sources, keys: str) -> None:
    assert sources.problems(f"[connections.a]\n{keys}\n") == []


def test_a_mismatch_is_told_beside_mistakes_of_other_connections(sources: Sources) -> None:
    told = sources.problems('[connections.a]\nuri = "vsphere://vc1"\n[connections.b]\nurl = "x"\nuri = "demo://"\n')
    assert len(told) == 2
    assert "unknown key `url`" in told[0]
    assert "connections.a.user` is missing" in told[1]


LITERAL = '[connections.a]\nuri = "vsphere://u@vc1"\npassword = "hunter2"\n'


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_literal_secret_is_taken_from_a_private_file(sources: Sources, mode: int) -> None:
    sources.write(LITERAL, mode)
    password = sources.load().config.connections["a"].password
    assert password is not None
    assert password.literal is not None
    assert password.literal.reveal() == "hunter2"
    assert "hunter2" not in repr(sources.load())


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622, 0o700])
def test_a_literal_secret_in_an_open_file_is_refused(sources: Sources, mode: int) -> None:
    (told,) = sources.problems(LITERAL, mode=mode)
    assert told.startswith(f"`connections.a.password` is a secret in a file with mode {mode:04o} (config.toml:3)")
    assert f"; chmod 600 {sources.user}".replace(f"{sources.user.parent}/", "") in told
    assert "hunter2" not in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_literal_secret_in_a_file_of_somebody_else_is_refused(sources: Sources) -> None:
    sources.write(LITERAL)
    os.chown(sources.user, 12345, -1)
    (told,) = sources.problems()
    assert "owned by user 12345" in told


def test_references_may_stand_in_an_open_file(sources: Sources) -> None:
    text = '[connections.a]\nuri = "vsphere://u@vc1"\npassword = "env:PW"\n'
    assert sources.problems(text, mode=0o664) == []
    assert sources.load().config.secret_variables() == {"PW"}


def test_a_command_in_a_file_that_others_can_write_is_refused(sources: Sources) -> None:
    text = '[connections.a]\nuri = "vsphere://u@vc1"\npassword = "cmd:pass show vc"\n'
    assert sources.problems(text, mode=0o644) == []
    (told,) = sources.problems(text, mode=0o664)
    assert "is a command in a file that others can write (config.toml:3); chmod go-w" in told


def test_the_environment_changes_known_connections(sources: Sources) -> None:
    sources.write('[connections."kvm-1.lan"]\nuri = "qemu:///system"\n')
    sources.environ |= {"NOVATUI_CONNECTIONS__KVM_1_LAN__RO": "1", "NOVATUI_CONNECTIONS__KVM_1_LAN__TAGS": "a, b"}
    loaded = sources.load()
    one = loaded.config.connections["kvm-1.lan"]
    assert (one.ro, one.tags) == (True, ("a", "b"))
    assert loaded.config.is_locked("kvm-1.lan")
    assert str(loaded.origin(("connections", "kvm-1.lan", "ro"))) == "NOVATUI_CONNECTIONS__KVM_1_LAN__RO"


def test_the_environment_is_checked(sources: Sources) -> None:
    sources.environ |= {"NOVATUI_TIMEOUT": "soon", "NOVATUI_TIMEOT": "1", "NOVATUI_CONNECTIONS__X__RO": "1"}
    told = sources.problems()
    assert "`timeout`: must be a number from 0.1 to 3600 (NOVATUI_TIMEOUT)" in told
    assert (
        "`NOVATUI_TIMEOT` sets nothing (NOVATUI_TIMEOT); did you mean `NOVATUI_TIMEOUT`?" in told[1] + told[0] + told[2]
    )
    del sources.environ["NOVATUI_TIMEOUT"]
    assert len(sources.load().warnings) == 2


def test_a_secret_itself_is_refused_in_environment_and_options(sources: Sources) -> None:
    sources.write('[connections.a]\nuri = "vsphere://u@vc1"\n')
    sources.environ["NOVATUI_CONNECTIONS__A__PASSWORD"] = "hunter2"
    told = [*sources.problems(), *sources.problems("", "a", password_from="hunter3")]
    assert all("is the secret itself" in line and "hunter" not in line for line in told)
    assert len(told) == 3


def test_targets_select_connections(sources: Sources) -> None:
    sources.write('[connections.a]\nuri = "vsphere://u@vc1"\n[connections.b]\nuri = "qemu:///system"\n')
    assert sources.load("b").selected == ("b",)
    assert sources.load("b", "a", "b").selected == ("b", "a")
    assert sources.problems("", "prd") == ["no connection is called `prd`; configured are a, b"]
    sources.write('[connections.prod]\nuri = "vsphere://u@vc1"\n')
    assert sources.problems("", "prd") == ["no connection is called `prd`; did you mean `prod`?"]
    sources.write("ro = false")
    (told,) = sources.problems("", "prd")
    assert "none is configured" in told


def test_a_bare_uri_becomes_a_connection_for_this_run(sources: Sources) -> None:
    sources.write('[connections.vc1]\nuri = "vsphere://other@vc1"\n')
    targets = ("vsphere://root@vc1", "vc://root@vc1", "demo://", "qemu:///system")
    loaded = sources.load(*targets, tls="insecure", password_from="env:PW")
    assert loaded.selected == ("vc1-2", "demo", "qemu-system")
    found = loaded.config.connections
    assert [(str(one.tls), str(one.password)) for one in map(found.__getitem__, loaded.selected)] == [
        ("insecure", "env:PW"),
        ("system", "None"),
        ("system", "env:PW"),
    ]
    assert (str(found["vc1"].tls), found["vc1"].password) == ("system", None)
    assert str(loaded.origin(("connections", "vc1-2", "uri"))) == "vsphere://root@vc1"
    assert str(loaded.origin(("connections", "vc1-2", "tls"))) == "--tls"


def test_a_configured_uri_means_that_connection_with_its_guards(sources: Sources) -> None:
    sources.write('[connections.prod]\nuri = "kvm+ssh://root@kvm1/system"\nprotected = true\n')
    loaded = sources.load("qemu+ssh://root@kvm1/system")
    assert loaded.selected == ("prod",)
    assert loaded.config.connections["prod"].protected


def test_a_wrong_target_is_told_without_its_password(sources: Sources) -> None:
    (told,) = sources.problems("", "vsphere://root:hunter2@vc1")
    assert told.startswith("`vsphere://root:***@vc1` holds a password; give it apart")


def test_target_options_need_a_target(sources: Sources) -> None:
    assert sources.problems("", tls="insecure") == ["--tls needs a target to apply to (--tls); -c NAME or -c URI"]
    assert sources.problems("", "demo://", tls="insecure") == [
        "--tls needs a target to apply to (--tls); demo has no use for it"
    ]
    assert sources.problems("", "qemu+ssh://h/system", tls="insecure") == [
        "--tls needs a target to apply to (--tls); h has no use for it"
    ]
    over_tls = sources.load("qemu+tls://h/system", "qemu:///system", tls="insecure")
    assert {name: str(one.tls) for name, one in over_tls.config.connections.items()} == {
        "h": "insecure",
        "qemu-system": "system",
    }


def test_locked_by_socket_or_for_all(sources: Sources) -> None:
    text = '[connections.a]\nuri = "qemu:///system"\nreadonly = "socket"\n[connections.b]\nuri = "test:///default"\n'
    sources.write(text)
    config = sources.load().config
    assert (config.is_locked("a"), config.is_locked("b")) == (True, False)
    config = sources.load(options=(Option("--ro", ("ro",), True),)).config
    assert config.is_locked("b")


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60) | st.text('[]"=.\n#ab{},1\\', max_size=60))
def test_any_text_is_loaded_or_told(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    sources = Sources(tmp_path_factory.mktemp("any"))
    sources.user.write_bytes(text.encode("utf-8", "surrogatepass"))
    loaded, problems = examine(paths=user_paths(sources.environ), environ=sources.environ, site_file=sources.site)
    assert (loaded is None) == any(problem.severity == "error" for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)
