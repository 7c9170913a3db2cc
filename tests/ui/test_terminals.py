"""The console on terminals that promise little: sixteen colours, no colours, ASCII."""

from __future__ import annotations

import pytest

from tests.ui.desk import desk
from tests.ui.world import world


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
