"""Saved views and sessions come back as they were kept; a file that cannot be read is not overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config.errors import ConfigError
from novatui.config.saved import (
    NODES,
    SESSIONS,
    SavedView,
    Session,
    Views,
    read_session,
    read_views,
    write_session,
    write_views,
)
from novatui.ui.place import Place
from novatui.ui.preferences import Preferences, place_of, saved

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = texts.filter(bool)
views = st.builds(
    SavedView, view=texts, filter=texts, scope=texts, sort=texts, columns=st.lists(texts, max_size=4).map(tuple)
)


@given(st.dictionaries(names, st.lists(texts, min_size=1, max_size=4).map(tuple)), st.dictionaries(names, views))
def test_any_views_come_back(tmp_path_factory: pytest.TempPathFactory, columns: dict, kept: dict) -> None:
    path = tmp_path_factory.mktemp("views") / "views.toml"
    write_views(path, Views(columns=columns, views=kept))
    assert read_views(path) == Views(columns=columns, views=kept)


def test_a_view_is_kept_under_its_name_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "views.toml"
    first = Preferences(path)
    place = Place("host", filter="cpu>80", scope="vc:cluster:a", sort="-cpu.used")
    first.save_view("busy hosts", saved(place, ("state", "cpu")))
    first.save_view("other", SavedView())
    first.choose_columns("vm", ("state", "ip"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in path.parent.iterdir()] == ["views.toml"]
    again = Preferences(path)
    assert again.names() == ["busy hosts", "other"]
    found = again.view("busy hosts")
    assert found is not None
    assert place_of(found) == place
    assert found.columns == ("state", "cpu")
    assert again.columns("vm") == ("state", "ip")
    again.choose_columns("vm", ())
    again.drop_view("other")
    last = Preferences(path)
    assert (last.names(), last.columns("vm")) == (["busy hosts"], ())


def test_a_file_that_is_damaged_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    path.write_text("[views.a\nview = 3")
    found = Preferences(path)
    assert found.trouble is not None
    assert found.names() == []
    with pytest.raises(ConfigError) as caught:
        found.save_view("b", SavedView())
    assert "views.toml" in str(caught.value)
    assert path.read_text() == "[views.a\nview = 3"
    assert found.names() == ["b"], "for this session it holds"


@pytest.mark.parametrize(
    "text", ["views = 3", "[columns]\nvm = 'x'", "[views.a]\nfilter = 7", "\x00", "[views.a]\ncolumns=[1]"]
)
def test_garbage_is_refused_with_the_name_of_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "views.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_views(path)
    assert "views.toml" in str(caught.value)


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "views.toml").mkdir()
    with pytest.raises(ConfigError):
        write_views(tmp_path / "views.toml", Views())


def test_each_set_of_connections_has_its_own_session(tmp_path: Path) -> None:
    path = tmp_path / "session.toml"
    one = Session(
        connections=("a", "b"), at=SavedView(view="host"), cursor="a:host:1", folded=("a:connection:a",), tree=False
    )
    write_session(path, one)
    write_session(path, Session(connections=("c",)))
    assert read_session(path, ("a", "b")) == one
    assert read_session(path, ("c",)) == Session(connections=("c",))
    assert read_session(path, ("a",)) is None
    write_session(path, Session(connections=("a", "b"), unfolded=("a:cluster:x",)))
    assert read_session(path, ("a", "b")) == Session(connections=("a", "b"), unfolded=("a:cluster:x",))


def test_sessions_do_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "session.toml"
    for number in range(SESSIONS + 4):
        nodes = tuple(f"a:host:{node}" for node in range(NODES + 50))
        write_session(path, Session(connections=(str(number),), unfolded=nodes))
    kept = [read_session(path, (str(number),)) for number in range(SESSIONS + 4)]
    assert [one is not None for one in kept] == [False] * 4 + [True] * SESSIONS
    assert all(one is None or len(one.unfolded) == NODES for one in kept)


def test_a_damaged_session_is_no_session(tmp_path: Path) -> None:
    path = tmp_path / "session.toml"
    path.write_bytes(b"\xff\x00[[")
    assert read_session(path, ("a",)) is None
    write_session(path, Session(connections=("a",)))
    assert read_session(path, ("a",)) is not None


def test_without_files_it_holds_for_the_session_only() -> None:
    found = Preferences()
    found.save_view("x", SavedView(view="ds"))
    found.end_session(Session())
    assert found.view("x") == SavedView(view="ds")
    assert found.session(()) is None
