"""Recorded live migrations (`tests/data/migrations/*.jsonl`): how one is written and read. Needs no libvirt.

A recording says what happened, as libvirt told it: `record_migrations` makes it, nothing in it is derived or intended.
Every line is a JSON object; `t` counts seconds from the start of the migrate call. The first line is the header, the
last one the outcome (with `end`). A sample is a list of values in the order of the header's `keys`. `settled` says that
the guest was up and wrote as `dirty` says when the migration began; otherwise it may still have been booting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "data" / "migrations"
FORMAT = 1

Line = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """One answer of jobStats: raw figures by their names, or, with none, the code and text of the refusal."""

    t: float
    stats: dict[str, int]
    refused: tuple[int, str] | None = None


@dataclass(frozen=True)
class Recording:
    """One migration. Events and actions are the lines of the file as they are."""

    name: str
    header: Line
    samples: tuple[Sample, ...]
    events: tuple[Line, ...]
    actions: tuple[Line, ...]
    outcome: Line


def all_recordings(folder: Path = FOLDER) -> list[Recording]:
    """Every recording of the folder, by name."""
    return [load(path) for path in sorted(folder.glob("*.jsonl"))]


def load(path: Path) -> Recording:
    header, *lines = (json.loads(line) for line in path.read_text().splitlines())
    if header["format"] != FORMAT:
        raise ValueError(f"{path.name}: format {header['format']}, this reads {FORMAT}")
    outcome = lines.pop()
    return Recording(
        path.stem,
        header,
        tuple(_sample(line, header["keys"]) for line in lines if "s" in line or _is_refused_sample(line)),
        tuple(line for line in lines if "event" in line),
        tuple(line for line in lines if "action" in line),
        outcome,
    )


def write(path: Path, header: Line, lines: Iterable[Line], outcome: Line) -> None:
    """Write a recording. Samples come as `{"t", "stats"}`; their keys go to the header."""
    ordered = sorted(lines, key=lambda line: line["t"])
    keys = sorted({key for line in ordered for key in line.get("stats", ())})
    rows = [
        {"t": line["t"], "s": [line["stats"].get(key) for key in keys]} if "stats" in line else line for line in ordered
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(_packed(line) + "\n" for line in ({"format": FORMAT, **header, "keys": keys}, *rows, outcome))
    )


def _is_refused_sample(line: Line) -> bool:
    return "refused" in line and "action" not in line


def _sample(line: Line, keys: list[str]) -> Sample:
    if "s" not in line:
        code, text = line["refused"]
        return Sample(line["t"], {}, (code, text))
    return Sample(line["t"], {key: value for key, value in zip(keys, line["s"], strict=True) if value is not None})


def _packed(line: Line) -> str:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)
