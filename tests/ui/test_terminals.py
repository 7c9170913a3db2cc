"""The console on terminals that promise little: sixteen colours, no colours, ASCII."""

from __future__ import annotations

import pytest

from novatui.core.errors import Failure, Fault
from novatui.ui.render.marks import PLAIN
from tests.ui.desk import desk
from tests.ui.world import ETL, world


@pytest.mark.parametrize(
    "environment", [{"TERM": "xterm"}, {"TERM": "screen"}, {"TERM": "linux"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}]
)
async def test_the_console_starts_on_every_terminal(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with desk(world()) as person:
        assert "db-orders-01" not in person.text
        assert "api-hv-01" in person.text


@pytest.mark.parametrize(
    "keys", [["apostrophe"], ["semicolon"], ["question_mark"], ["v", "o"], ["v", "e"], ["v", "b"], ["q"]], ids="-".join
)
async def test_no_dialog_draws_what_such_a_terminal_lacks(keys: list[str]) -> None:
    async with desk(world(), marks=PLAIN) as person:
        person.fleet.connections["kvm-03"].failure = Failure(fault=Fault.TIMEOUT, message="no answer", code="38")
        await person.go_to("kvm-03", f"vm:{ETL}")
        await person.press(*keys)
        assert len(person.app.screen_stack) > 1, "no dialog is open"
        assert person.text.isascii()
        assert "+-" in person.text
