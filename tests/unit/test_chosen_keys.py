"""Keys that a person chose: how they are written, what is refused and why, and what holds beside a refusal."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from novatui.actions.catalogue import ACTIONS, ELSEWHERE, Scope
from novatui.actions.choosing import NEEDED, Chosen, read_keys
from novatui.actions.keyexample import example_keys
from novatui.actions.keymap import Keymap
from novatui.actions.keynames import FORBIDDEN, BadKey, character_name, read_key, shown
from novatui.config.errors import Problem

BY_ID = {action.id: action for action in ACTIONS}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def chosen(file: Path, text: str) -> Chosen:
    file.write_text(text, encoding="utf-8")
    return read_keys(file)


def refusal(file: Path, text: str) -> Problem:
    """The only problem of a file in which nothing is right."""
    found = chosen(file, text)
    assert not found.keys
    (problem,) = found.problems
    assert problem.severity == "error"
    assert problem.file == str(file)
    return problem


# --- names of keys ---


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("x", "x"),
        ("G", "G"),
        ("shift+g", "G"),
        ("/", "slash"),
        ("?", "question_mark"),
        ("question_mark", "question_mark"),
        (" ", "space"),
        ("Space", "space"),
        ("ctrl+f", "ctrl+f"),
        ("Ctrl-F", "ctrl+f"),
        ("^F", "ctrl+f"),
        ("C-f", "ctrl+f"),
        ("^", "circumflex_accent"),
        ("+", "plus"),
        ("-", "minus"),
        ("F5", "f5"),
        ("Esc", "escape"),
        ("PgDn", "pagedown"),
        ("S-Tab", "shift+tab"),
        ("shift+up", "shift+up"),
        ("ctrl+shift+up", "ctrl+shift+up"),
        ("Alt-x", "alt+x"),
        ("ö", "ö"),
        ("→", "right"),
    ],
)
def test_a_key_is_read_as_people_write_it(written: str, key: str) -> None:
    assert read_key(written) == key


@pytest.mark.parametrize("character", string.printable[:95] + "öÄß")
def test_characters_are_called_as_textual_calls_them(character: str) -> None:
    assert read_key(character) == _character_to_key(character)
    assert character == " " or character_name(character) == _character_to_key(character)


def test_what_is_shown_can_be_read() -> None:
    for action in ACTIONS:
        for key in action.keys:
            assert read_key(shown(key)) == key
            assert shown(key, ascii_only=True).isascii()


@pytest.mark.parametrize("written", ["", "spcae", "hyper+x", "ctrl+", "ctrl+1", "ctrl+F5", "shift+1", "f25", "\x01"])
def test_what_is_no_key_is_told(written: str) -> None:
    with pytest.raises(BadKey) as bad:
        read_key(written)
    assert bad.value.message


# --- the file ---


def test_no_file_chooses_nothing(file: Path) -> None:
    assert read_keys(file) == Chosen({}, ())


def test_a_key_a_list_and_none(file: Path) -> None:
    found = chosen(file, '"tasks" = "ctrl+y"\n"filter" = ["ctrl+g", "F5"]\n"alarms" = []\n')
    assert found == Chosen({"tasks": ("ctrl+y",), "filter": ("ctrl+g", "f5"), "alarms": ()}, ())
    keys = Keymap(found.keys)
    assert keys.keys(BY_ID["filter"]) == ("ctrl+g", "f5")
    assert keys.shown("filter") == "^G"
    assert keys.shown("alarms") == ":alarm"
    assert keys.shown("quit") == "q"
    assert keys.action("ctrl+y", Scope.FRAME) is BY_ID["tasks"]
    assert keys.action("t", Scope.FRAME) is None
    keys.choose({})
    assert keys.action("t", Scope.FRAME) is BY_ID["tasks"]


def test_an_id_without_quotes_is_the_same(file: Path) -> None:
    assert chosen(file, 'move.down = "ctrl+n"\n').keys == {"move.down": ("ctrl+n",)}


def test_two_keys_may_be_swapped(file: Path) -> None:
    found = chosen(file, '"move.down" = "k"\n"move.up" = "j"\n')
    assert found == Chosen({"move.down": ("k",), "move.up": ("j",)}, ())


def test_the_example_chooses_what_holds_anyway(file: Path) -> None:
    text = "\n".join(line.removeprefix("#") if line.startswith('#"') else line for line in example_keys().splitlines())
    found = chosen(file, text)
    assert found.problems == ()
    assert found.keys == {action.id: action.keys for action in ACTIONS}
    assert all(len(line) <= 120 for line in example_keys().splitlines())


# --- what is refused ---


def test_an_unknown_action_is_told_with_the_nearest(file: Path) -> None:
    problem = refusal(file, '# mine\n"alarm.silense" = "x"\n')
    assert problem.line == 2
    assert "alarm.silense" in problem.message
    assert problem.hint == "did you mean `alarm.silence`?"
    assert "config example --keys" in refusal(file, '"xyzzy" = "x"\n').hint


@pytest.mark.parametrize("key", sorted(FORBIDDEN))
def test_a_key_of_the_terminal_is_refused(key: str, file: Path) -> None:
    problem = refusal(file, f'"tasks" = "{key}"\n')
    assert "terminals or tmux" in problem.message
    assert problem.hint == "it keeps t"


@pytest.mark.parametrize("keys", ['"alt+x"', '"F5"', '["f5", "alt+t"]'])
def test_alt_and_function_keys_are_not_the_only_way(keys: str, file: Path) -> None:
    assert "some terminals keep" in refusal(file, f'"tasks" = {keys}\n').message
    assert not chosen(file, '"tasks" = ["t", "f5", "alt+x"]\n').problems


@pytest.mark.parametrize("action", sorted(NEEDED))
def test_the_ways_out_keep_a_key(action: str, file: Path) -> None:
    assert "needs a key" in refusal(file, f'"{action}" = []\n').message


def test_what_has_no_word_keeps_a_key(file: Path) -> None:
    for action in ACTIONS:
        if action.scope in ELSEWHERE:
            assert "needs a key" in refusal(file, f'"{action.id}" = []\n').message


def test_letters_stay_letters_where_text_is_typed(file: Path) -> None:
    for action in ("submit", "form.next", "pick.down", "ask.decline", "filter.keep", "command.leave", "leave"):
        for key in ("x", "space", "-"):
            assert "where text is typed" in refusal(file, f'"{action}" = "{key}"\n').message


def test_a_conflict_names_both_and_where_they_stand(file: Path) -> None:
    found = chosen(file, '"refresh" = "ctrl+y"\n\n"tasks" = "ctrl+y"\n')
    assert found.keys == {"refresh": ("ctrl+y",)}
    (problem,) = found.problems
    assert problem.message == "`^Y` means both `refresh` (keys.toml:1) and `tasks`"
    assert (problem.line, problem.key) == (3, "tasks")
    assert problem.hint.startswith("it keeps t;")
    built_in = refusal(file, '"tasks" = "j"\n')
    assert built_in.message == "`j` means both `move.down` (built in) and `tasks`"


def test_what_falls_back_is_in_the_way_of_others(file: Path) -> None:
    found = chosen(file, '"tasks" = "j"\n"refresh" = "t"\n"export" = "ctrl+x"\n')
    assert found.keys == {"export": ("ctrl+x",)}
    assert [problem.key for problem in found.problems] == ["tasks", "refresh"]


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("export.csv", "E"),  # pressed twice it would act
        ("copy.name", "escape"),
        ("answer.yes", "q"),  # it would answer what it asked
        ("answer.yes", "enter"),
        ("answer.yes", "i"),
        ("confirm.yes", "enter"),
        ("confirm.yes", "s"),  # a strip's key may not confirm what it began
        ("dialog.copy", "ctrl+c"),
        ("leave", "escape"),
        ("copy.uuid", "n"),
        ("chart.cpu", "m"),
        ("tab.1", "tab"),
    ],
)
def test_what_would_surprise_is_refused(action: str, key: str, file: Path) -> None:
    assert action in refusal(file, f'"{action}" = "{key}"\n').message


@pytest.mark.parametrize(
    ("action", "key"), [("tab.1", "T"), ("chart.closer", "ctrl+n"), ("copy.name", "t"), ("columns.usual", "u")]
)
def test_a_key_may_mean_something_else_in_another_place(action: str, key: str, file: Path) -> None:
    assert chosen(file, f'"{action}" = "{key}"\n').problems == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [("tasks = \n", 1), ("# x\ntasks = 7\n", 2), ("\ntasks = [1]\n", 2), ('tasks = "a"\ntasks = "b"\n', 2)],
)
def test_what_is_no_choice_is_told_with_its_line(text: str, line: int, file: Path) -> None:
    assert refusal(file, text).line in (line, 0)


def test_bytes_that_are_no_text_are_told(file: Path) -> None:
    file.write_bytes(b'\n"tasks" = "\xff"\n')
    assert [problem.line for problem in read_keys(file).problems] == [2]
    file.unlink()
    file.mkdir()
    assert "cannot read" in read_keys(file).problems[0].message
