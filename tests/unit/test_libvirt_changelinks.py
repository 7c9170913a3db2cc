"""Connections for changes: one for each that runs, kept for the next, and never a broken one."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.changelinks import ChangeLinks
from novatui.backends.libvirt.session import Credentials
from tests.conformance.recording import Recording


class FakeLink:
    """A connection as far as it is looked at."""

    def __init__(self) -> None:
        self.alive = True
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Links:
    """What was opened, in order."""

    def __init__(self) -> None:
        self.opened: list[FakeLink] = []
        self.reading: Any = FakeLink()

    def open(self) -> Any:
        self.opened.append(FakeLink())
        return self.opened[-1]


@pytest.fixture
def links() -> Links:
    return Links()


def test_changes_at_the_same_time_have_a_connection_each(links: Links) -> None:
    changes = ChangeLinks(links.reading, links.open)
    with changes.lend() as first, changes.lend() as second:
        assert first is not second
        assert links.reading not in (first, second)
    with changes.lend() as third:
        assert third in links.opened
    assert len(links.opened) == 2


def test_a_broken_connection_is_not_lent_again(links: Links) -> None:
    changes = ChangeLinks(links.reading, links.open)
    with changes.lend():
        links.opened[0].alive = False
    assert links.opened[0].closed
    with changes.lend():
        pass
    links.opened[1].alive = False
    with changes.lend() as fresh:
        assert fresh is links.opened[2]


def test_closing_waits_for_nobody_and_forgets_none(links: Links) -> None:
    changes = ChangeLinks(links.reading, links.open)
    with changes.lend(), changes.lend():
        pass
    with changes.lend():
        changes.close()
        assert [link.closed for link in links.opened].count(True) == 1
    assert all(link.closed for link in links.opened)
    assert not links.reading.closed


def test_a_driver_inside_this_process_has_one_connection(links: Links) -> None:
    with ChangeLinks(links.reading, None).lend() as lent:
        assert lent is links.reading


def test_nobody_is_asked_twice_for_a_password() -> None:
    class Asking(Recording):
        asked = 0

        def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
            self.asked += 1
            return f"answer {self.asked}"

    sink = Asking()
    credentials = Credentials({"user": "ana"}, {}, sink)
    for _ in range(2):
        questions: list[list[Any]] = [[2, "name", "", "", None], [5, "password", "", "", None]]
        assert credentials.answer(questions, None) == 0
        assert [question[4] for question in questions] == ["ana", "answer 1"]
    assert sink.asked == 1
