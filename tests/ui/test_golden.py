"""Every picture comes out as it is kept; see `golden`."""

from __future__ import annotations

import pytest

from tests.ui.golden import FOLDER, every

PICTURES = every()


@pytest.mark.parametrize("name", PICTURES)
async def test_the_picture_is_as_kept(name: str) -> None:
    kept = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert (await PICTURES[name]()).split("\n") == kept.split("\n")


@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith("ascii-")])
def test_the_plain_signs_are_ascii(name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8").isascii()


def test_no_picture_is_kept_that_nobody_draws() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(PICTURES)
