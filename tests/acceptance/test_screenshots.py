"""The pictures of the README show what the console draws today."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from novatui.ui.pictures import PICTURES, gist
from tests.acceptance.program import Program

FOLDER = Path(__file__).parents[2] / "screenshots"

ALIKE = 0.9
"""Share of words that two takes have in common at least: what is drawn follows the time that connecting took."""


def test_every_picture_of_the_readme_is_one_that_is_taken() -> None:
    shown = set(re.findall(r"screenshots/(\w+)\.png", (FOLDER.parent / "README.md").read_text()))
    assert shown <= {picture.name for picture in PICTURES}
    for picture in PICTURES:
        assert {path.suffix for path in FOLDER.glob(f"{picture.name}.*")} == {".png", ".svg", ".txt"}
    assert {path.stem for path in FOLDER.iterdir()} == {picture.name for picture in PICTURES}


@pytest.mark.timeout(330)
def test_taken_again_they_say_the_same(tmp_path: Path) -> None:
    taken_anew = Program(tmp_path).run("screenshots", "--folder", str(tmp_path), seconds=300)
    assert taken_anew.code == 0, taken_anew.err
    for picture in (picture for picture in PICTURES if not picture.fleeting):
        kept, taken = (gist((folder / f"{picture.name}.txt").read_text()) for folder in (FOLDER, tmp_path))
        alike = difflib.SequenceMatcher(None, kept.split(), taken.split(), autojunk=False).ratio()
        difference = "\n".join(difflib.unified_diff(kept.splitlines(), taken.splitlines(), lineterm="", n=0))
        assert alike >= ALIKE, f"{picture.name}: `novatui screenshots` takes it anew; {alike:.0%} alike\n{difference}"
