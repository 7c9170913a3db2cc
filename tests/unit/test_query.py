"""The text of the filter language: what parses to what, and what is said of the rest."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from novatui.engine.naming import Word, natural_key
from novatui.engine.query import Query, QueryError, Term, parse
from novatui.engine.query_keys import ALIASES, KEYS
from novatui.engine.query_regex import UnsafePattern, compile_pattern


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("web  db", "web db"),
        ("power:on mem>80 !tag:lab", "power:running mem.used>80 !tags:lab"),
        ("fam:kvm,PVE", "family:libvirt,proxmox"),
        ("mem:gt:80% not:tag:lab re:^db-", "mem.used>80% !tags:lab ~^db-"),
        ("cpu:LE:5 vcpus:eq:4 power:ne:off", "cpu.used<=5 vcpus:4 !power:off"),
        ("@vc-east cpu>=80%", "connection:vc-east cpu.used>=80%"),
        ("@a,b*", "connection:a,b*"),
        ("snap.age>14d", "snapshot_oldest>14d"),
        ("can:numa=no can:snapshots not:can:tpm:partly", "can:numa=no can:snapshots=yes !can:tpm=partly"),
        ("stale: duplicate:no maintenance:true", "stale:yes duplicate:no maintenance:yes"),
        ("cpu:? !tags:?", "cpu.used:? !tags:?"),
        ('name:"web server","a,b" "not:this"', 'name:"web server","a,b" "not:this"'),
        (r'"say \"hi\" \d"', r'"say \"hi\" \\d"'),
        ('tag:"" tag:"?"', 'tags:"" tags:"?"'),
        ('tag:"gt:5" tag:"=x"', 'tags:"gt:5" tags:"=x"'),
        ("!!x not:!y power!=off !power!=off", "x y !power:off power:off"),
        ("vcpus=4 vcpus:2,4", "vcpus:4 vcpus:2,4"),
        ("latency>1.5s free<10% net>1M/s", "disk.latency>1.5s free<10% net>1M/s"),
        (r'~^db\d+ ~"a b\d"', r'~^db\d+ ~"a b\\d"'),
        ("fam:* power:*ing", "family:* power:*ing"),
        ("", ""),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical
    assert parse(canonical) == parse(text)


def test_arguments_are_joined() -> None:
    assert parse(["power:on", "web db"]) == parse("power:on web db")
    assert parse([]) == Query()


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("web powr:on", 4, "power"),
        ("power:runing", 6, "running"),
        ("fam:vmware", 4, "libvirt"),
        ("cpu>x", 4, "80"),
        ("mem>8X", 4, "8G"),
        ("snap.age>14", 9, "14d"),
        ("since:3d", 6, "since>14d"),
        ("name>5", 5, "name:VALUE"),
        ('a "bc', 2, '"'),
        ("a !", 3, "!tag:lab"),
        ("tag:a,,b", 6, 'tags:""'),
        ("tag:", 4, 'tags:""'),
        ("tag:a,?", 6, "tags:?"),
        ("@", 1, 'connection:""'),
        (":vm", 0, "cpu>80"),
        ("10:30", 0, "quotes"),
        ("~", 1, "~^db-"),
        ("a ~b(", 4, ""),
        ('""', 0, ""),
        ("can:", 4, "can:live_migration=no"),
        ("can:tpm=maybe", 4, "not_offered"),
        ("can:migration=no", 4, "live_migration"),
        ("can:zzz", 4, "novatui caps"),
        ("can>5", 4, "can:VALUE"),
        ("mem:50%,8G", 4, "mem.used:50%"),
    ],
)
def test_mistakes_are_explained(text: str, position: int, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert hint in caught.value.hint
    assert str(caught.value)


pieces = st.sampled_from(
    [*KEYS, *ALIASES, ":", ">", "<=", "=", "!", "!=", "~", "@", ",", '"', "\\", "?", "*", " ", "not:", "re:", "gt:"]  # noqa: RUF005
    + ["on", "8G", "80%", "14d", "yes", "live_migration", "(", ")", "+", "[", "{2,}", "|", ".", "a", "é", "\x00", "ß"]
)


@given(st.lists(pieces | st.text(max_size=3), max_size=12).map("".join))
@example("name:\x00")
@settings(max_examples=500)
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        position = error.position
        assert 0 <= position <= len(text)
        return
    assert parse(str(query)) == query, str(query)


@given(st.text(max_size=40))
def test_a_quoted_word_is_taken_literally(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    if not name:
        return
    assert parse(f'"{escaped}"') == Query((Term("name", "word", (name,)),))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*",
        "(a*)*",
        "((ab)+c)+",
        r"(a)\1",
        "(?=a)",
        "(?<!a)b",
        "(?P<x>a)(?P=x)",
        "a" * 300,
        ".*.*.*.*",
        "(a{2}){50}",
        "a{1000}",
        "(?(1)a)",
        "([a]+)*",
        "(?:x|y)+",
        "(?x)(a+) +",
    ],
)
def test_patterns_that_could_run_away_are_refused(pattern: str) -> None:
    with pytest.raises(UnsafePattern):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("^db-", "DB-1"),
        (r"\d+$", "a12"),
        ("(web|db)-[a-z]+", "db-x"),
        ("(?i:x)a{2,3}", "xaa"),
        ("[]*+]+", "*"),
        ("a{", "a{"),
        (r"\(x+\)", "(xx)"),
        ("(ab)?c", "abc"),
        ("[^)(]+", "x"),
        ("(?:ab)+", "abab"),
        (r"[\]+]*x", "]x"),
    ],
)
def test_ordinary_patterns_work(pattern: str, name: str) -> None:
    assert compile_pattern(pattern).search(name)


def test_a_name_is_found_by_parts_in_order() -> None:
    for word in ("orders", "DB-", "dbo", "do1", "db01", "dborders01", "-"):
        assert Word(word).finds("db-orders-01"), word
    for word in ("bo", "dr", "od", "10", "dbo2", "_", "do1x"):
        assert not Word(word).finds("db-orders-01"), word
    assert Word("ÜB").finds("über-mail")


def test_numbers_in_names_are_counted() -> None:
    names = ["vm10", "vm2", "VM1", "vm", "vm-1", "vma", "vm01a", "vm1a"]
    assert sorted(names, key=natural_key) == ["vm", "vm-1", "VM1", "vm01a", "vm1a", "vm2", "vm10", "vma"]
