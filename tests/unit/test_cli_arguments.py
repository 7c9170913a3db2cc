"""The grammar of the command line."""

from __future__ import annotations

import pytest

from novatui.cli.arguments import COMMON, CONSOLE, parse
from novatui.cli.exits import DONE, FAILED, REFUSED, UNREACHED, USAGE, UsageError, worst
from novatui.cli.verbs import VERBS


@pytest.mark.parametrize(
    "verb",
    sorted(
        set(VERBS)
        - {"show", "audit", "config", "completion", "power", "snap", "device", "edit", "migrate", "evacuate"}
        - {"host", "cluster", "screen"}
    ),
)
def test_a_verb_is_known_wherever_options_stand(verb: str) -> None:
    for argv in ([verb, "-c", "ls"], ["-c", "ls", verb], ["--ro", "-c", "ls", verb, "--timeout", "3"]):
        options = parse(argv)
        assert (options.verb, options.connection) == (verb, ["ls"])


@pytest.mark.parametrize(
    ("argv", "targets"),
    [
        ([], []),
        (["prod"], ["prod"]),
        (["qemu:///system", "demo://"], ["qemu:///system", "demo://"]),
        (["--", "ls"], ["ls"]),
        (["prod", "ls"], ["prod", "ls"]),
        (["--ro", "prod"], ["prod"]),
    ],
)
def test_whatever_is_no_verb_is_a_target_of_the_console(argv: list[str], targets: list[str]) -> None:
    options = parse(argv)
    assert (options.verb, options.targets) == (CONSOLE, targets)


def test_words_and_options_come_in_any_order() -> None:
    options = parse(["ls", "power:on", "--json", "db", "--kind", "host", "tag:x", "--kind", "vm"])
    assert options.filters == ["power:on", "db", "tag:x"]
    assert (options.kind, options.json) == (["host", "vm"], True)


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(UsageError, match="there is no option --js"):
        parse(["ls", "--js"])


@pytest.mark.parametrize(
    ("argv", "words", "hint"),
    [
        (["ls", "--jsno"], "no option --jsno", "did you mean `--json`?"),
        (["watch", "--smaples=3"], "no option --smaples", "did you mean `--samples`?"),
        (["worker", "--json"], "no option --json", "novatui worker --help"),
        (["show"], "OBJECT", "novatui show --help"),
        (["demo", "now"], "too many words: now", "novatui demo --help"),
    ],
)
def test_mistakes_come_with_a_way_out(argv: list[str], words: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert words in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_tells_what_it_takes_and_how_it_ends(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse([*([verb] if verb else []), "--help"])
    text = capsys.readouterr().out
    assert left.value.code == 0
    assert f"usage: novatui{' ' if verb else ''}{verb}" in text
    assert "exit codes: 0 done" in text
    assert all(name in text for names, _ in COMMON for name in names)
    assert max(map(len, text.splitlines())) <= 120
    if not verb:
        assert all(f"\n  {word}" in text for word in VERBS)


@pytest.mark.parametrize(
    ("codes", "reported"),
    [
        ([], DONE),
        ([DONE, UNREACHED], UNREACHED),
        ([UNREACHED, FAILED], FAILED),
        ([UNREACHED, FAILED, REFUSED], REFUSED),
        ([UNREACHED, USAGE, FAILED, REFUSED], USAGE),
    ],
)
def test_the_worst_comes_first(codes: list[int], reported: int) -> None:
    assert worst(codes) == reported
    assert worst(reversed(codes)) == reported
