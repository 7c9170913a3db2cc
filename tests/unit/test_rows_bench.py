"""The benchmark runner finds its benchmarks, and the program they measure does the same to all widgets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from novatui.ui.textual_private import screen_text
from tests.bench import rows_app
from tests.bench.__main__ import benchmarks
from tests.bench.ptyharness import percentile

ROOT_FOLDER = Path(__file__).parents[2]


def test_the_row_engine_is_among_the_benchmarks_and_the_harness_is_not() -> None:
    assert "rows" in benchmarks()
    assert not {"ptyharness", "rows_app"} & set(benchmarks())


def test_a_name_that_is_no_benchmark_is_refused() -> None:
    argv = [sys.executable, "-m", "tests.bench", "nothing"]
    done = subprocess.run(argv, cwd=ROOT_FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "rows" in done.stderr


@pytest.mark.parametrize(("values", "percent", "expected"), [([3, 1, 2], 50, 2), (range(101), 99, 99), ([5], 99, 5)])
def test_percentile(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize("kind", list(rows_app.SUBJECTS))
async def test_every_subject_does_what_its_figures_are_about(kind: str, tmp_path: Path) -> None:
    subject = rows_app.SUBJECTS[kind]()
    app = rows_app.Walk(subject, 300, str(tmp_path / "report"))
    names = [f"vm-{number:06d}" for number in range(300)]
    async with app.run_test(size=(60, 20)) as pilot:

        async def shown_after(*keys: str) -> list[str]:
            await pilot.press(*keys)
            await pilot.pause(0.1)
            text = screen_text(app)
            return [name for name in names if name in text]

        await app.building
        shown = await shown_after("j")
        assert names[0] in shown
        assert names[150] in (shown := await shown_after("m"))
        assert len(shown) > 10
        if "tree" in kind:
            assert names[150] not in await shown_after("h")
            assert names[150] in await shown_after("h", "m")
            assert names[150] not in await shown_after("c", "c", "f", "f")
        assert names[150] in await shown_after("m")

        subject.update([150], "changed")
        rows = subject.rows()
        subject.insert_or_remove(0)
        await pilot.pause(0.5)
        assert "changed" in screen_text(app)
        assert subject.rows() == rows + 1
        subject.insert_or_remove(0)
        await pilot.pause(0.5)
        assert subject.rows() == rows
        await pilot.press("l")
        await pilot.pause(0.5)
        assert app.updates >= 1000
        assert app.changes >= 1
