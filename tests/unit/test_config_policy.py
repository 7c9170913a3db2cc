"""The administrator's policy: who may write it, whom it concerns, and that the stricter wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config.errors import ConfigError
from novatui.config.policy import Person, Policy, Role, Rule, Verdict, judge, load_policy, stricter, whoami
from novatui.config.targets import parse_target

ME = os.geteuid()
VC = parse_target("vsphere://root@vc1.example.org")

TEXT = """default = "operator"
groups.admins = "admin"
[users]
alice = "admin"
[connections.production]
match = ["vc1.example.org", "*.prod.example.org"]
protected = true
default = "viewer"
groups.oncall = "operator"
groups.admins = "admin"
[connections.lab]
match = ["qemu:///*"]
default = "admin"
[connections.frozen]
match = ["frozen"]
ro = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    path = folder / "policy.toml"
    path.write_text(TEXT)
    path.chmod(0o644)
    return path


@pytest.fixture
def policy(file: Path) -> Policy:
    return load_policy(file, owner=ME)


def test_without_a_policy_everything_is_allowed(tmp_path: Path) -> None:
    policy = load_policy(tmp_path / "absent.toml", owner=ME)
    assert judge(policy, Person("anyone"), "prod", VC) == Verdict()
    assert not Verdict().locked


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_policy_that_others_can_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ConfigError, match=rf"must belong to root .* mode {mode:04o} \(.*\); sudo chown root") as caught:
        load_policy(file, owner=ME)
    assert caught.value.file == str(file)


def test_a_policy_of_another_owner_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match=f"must belong to root .* has owner {ME}"):
        load_policy(file, owner=ME + 1)


def test_a_policy_in_a_folder_that_others_can_write_is_refused(file: Path) -> None:
    file.parent.chmod(0o777)
    with pytest.raises(ConfigError, match="must belong to root") as caught:
        load_policy(file, owner=ME)
    assert caught.value.file == str(file.parent)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('defualt = "viewer"', "unknown key `defualt`.*did you mean `default`"),
        ('default = "opertor"', "must be one of `viewer`, `operator`, `admin`.*did you mean `operator`"),
        ('[users]\nbob = "root"', "`users.bob`: must be one of"),
        ("[connections.x]\nprotect = true", r"unknown key `protect` in connections.x .*policy.toml:2"),
        ("[connections.x]", "`connections.x` is empty"),
        ("x", "not valid TOML"),
    ],
)
def test_a_wrong_policy_is_told(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_policy(file, owner=ME)


def test_a_policy_that_cannot_be_read_is_an_error_not_a_permission(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o755)
    with pytest.raises(ConfigError, match="cannot read the policy"):
        load_policy(file, owner=ME)


@pytest.mark.parametrize(
    ("person", "role"),
    [
        (Person("bob"), Role.VIEWER),
        (Person("bob", frozenset({"oncall"})), Role.OPERATOR),
        (Person("bob", frozenset({"oncall", "admins"})), Role.ADMIN),
        (Person("alice"), Role.VIEWER),
    ],
)
def test_a_rule_gives_roles_by_user_and_group(policy: Policy, person: Person, role: Role) -> None:
    verdict = judge(policy, person, "whatever", VC)
    assert (verdict.role, verdict.protected, verdict.ro) == (role, True, False)
    assert verdict.locked is (role is Role.VIEWER)


@pytest.mark.parametrize(
    ("person", "role"),
    [(Person("bob"), Role.OPERATOR), (Person("alice"), Role.ADMIN), (Person("x", frozenset({"admins"})), Role.ADMIN)],
)
def test_outside_of_rules_the_general_roles_hold(policy: Policy, person: Person, role: Role) -> None:
    verdict = judge(policy, person, "other", parse_target("xcpng://root@pool"))
    assert (verdict.role, verdict.protected) == (role, False)


@pytest.mark.parametrize(
    ("name", "uri", "protected"),
    [
        ("renamed", "vsphere://other@VC1.example.org:443", True),
        ("x", "qemu+ssh://root@kvm7.prod.example.org/system", True),
        ("x", "vsphere://root@vc1.example.org.", True),
        ("x", "vsphere://root@vc2.example.org", False),
        ("production", "vsphere://root@vc2.example.org", False),
    ],
)
def test_a_rule_finds_its_connections_by_host_whatever_they_are_called(
    policy: Policy, name: str, uri: str, protected: bool
) -> None:
    assert judge(policy, Person("bob"), name, parse_target(uri)).protected is protected


def test_a_rule_finds_by_uri_without_the_user_and_by_name(policy: Policy) -> None:
    assert judge(policy, Person("bob"), "x", parse_target("qemu:///system")).role is Role.ADMIN
    frozen = judge(policy, Person("bob"), "frozen", VC)
    assert (frozen.ro, frozen.protected, frozen.role) == (True, True, Role.VIEWER)
    rule = Policy(connections={"a": Rule(match=("vsphere://vc1.example.org",), ro=True)})
    assert judge(rule, Person("bob"), "x", VC).ro
    assert judge(Policy(connections={"vc1.*": Rule(ro=True)}), Person("bob"), "x", VC).ro


def test_the_reasons_name_the_rules(policy: Policy) -> None:
    verdict = judge(policy, Person("bob"), "frozen", VC)
    assert verdict.reasons == (
        "policy production: protected",
        "policy production: everybody else is viewer",
        "policy frozen: read-only",
        "policy frozen: everybody else is operator",
    )


VERDICTS = st.builds(
    Verdict,
    role=st.sampled_from(Role),
    protected=st.booleans(),
    ro=st.booleans(),
    reasons=st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(tuple),
)


@given(VERDICTS, VERDICTS, VERDICTS)
def test_the_stricter_wins(one: Verdict, other: Verdict, third: Verdict) -> None:
    both = stricter(one, other)
    for verdict in (one, other):
        assert both.role.rank <= verdict.role.rank
        assert both.protected >= verdict.protected
        assert both.ro >= verdict.ro
        assert both.locked >= verdict.locked
        assert set(verdict.reasons) <= set(both.reasons)
    assert both.role in (one.role, other.role)
    assert (both.role, both.protected, both.ro) == (
        (again := stricter(other, one)).role,
        again.protected,
        again.ro,
    )
    assert stricter(both, third) == stricter(one, stricter(other, third))
    assert stricter(one, one) == one
    assert stricter(one, Verdict()) == one


def test_roles_go_from_least_to_most() -> None:
    assert [role.rank for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN)] == [0, 1, 2]


def test_the_person_is_who_runs_the_process() -> None:
    person = whoami()
    assert person.user
    assert person.groups
