"""What a screen lists, as CSV, JSON or Markdown; and into a file, never over another one unasked."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from novatui.engine.fleet import Fleet
from novatui.engine.query_values import reader
from novatui.ui.columns.column import Column
from novatui.ui.render.look import Look
from novatui.ui.render.subject import Subject

FORMATS = {"csv": "CSV", "json": "JSON", "md": "Markdown"}
"""Forms by the end of a file name."""

RISKY = "=+-@\t\r"
"""How a cell begins that a spreadsheet would take for a formula."""


class Listed(msgspec.Struct, kw_only=True):
    """Rows as they are listed, each with exact values and with the cells that people read."""

    name: str
    """Name of the list, for the file."""
    titles: Sequence[str]
    """Of the cells."""
    cells: Sequence[Sequence[str]]
    """By row, in the order of `titles`: as drawn."""
    values: Sequence[Mapping[str, Any]]
    """By row: exact values by name; an unknown one is not there."""
    forms: Mapping[str, Callable[[], str]] = {}
    """Texts of files whose form is another than that of lists, by the end of the file name."""


def objects(fleet: Fleet, look: Look, name: str, slots: Sequence[int], columns: Sequence[Column]) -> Listed:
    """Objects in the order of a list, with its columns; sizes in bytes, rates in bytes a second, shares in percent."""
    store, now = fleet.inventory, look.monotonic()
    readers = {column.sort: reader(column.sort, fleet, look) for column in columns if column.sort}
    cells: list[list[str]] = []
    values: list[dict[str, Any]] = []
    for slot in slots:
        if not store.alive(slot):
            continue
        subject = Subject(fleet, slot, look, now)
        cells.append(
            [store.name(slot), *(column.draw(subject, max(column.width, 24))[0].strip() for column in columns)]
        )
        exact = {"ref": str(store.ref(slot)), "name": store.name(slot), "connection": store.conn(slot)}
        exact |= {key: value for key, read in readers.items() if (value := read(slot)) is not None}
        values.append(exact)
    return Listed(name=name, titles=["NAME", *(column.title for column in columns)], cells=cells, values=values)


def written(listed: Listed, form: str) -> str:
    """The text of a file of this form."""
    if form in listed.forms:
        return listed.forms[form]()
    return {"csv": _csv, "json": _json, "md": _markdown}[form](listed)


def _csv(listed: Listed) -> str:
    names = list(dict.fromkeys(name for row in listed.values for name in row))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(names)
    rows.writerows([_plain(row.get(name)) for name in names] for row in listed.values)
    return out.getvalue()


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        value = " ".join(sorted(map(str, value)))
    if isinstance(value, str) and value[:1] and value[0] in RISKY:
        return f"'{value}"
    return "" if value is None else value


def _json(listed: Listed) -> str:
    return msgspec.json.format(msgspec.json.encode(listed.values, enc_hook=str), indent=2).decode() + "\n"


def _markdown(listed: Listed) -> str:
    rows = [listed.titles, ["---"] * len(listed.titles), *listed.cells]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in row)} |\n" for row in rows)


def _escaped(cell: str) -> str:
    return "".join(f"\\{letter}" if letter in "|\\`*_<>[]" else letter for letter in cell) if cell != "---" else cell


def suggested(listed: Listed, form: str, now: float) -> str:
    """A file name that says what and when."""
    return f"novatui-{listed.name}-{time.strftime('%Y%m%d-%H%M', time.localtime(now))}.{form}"


def save(path: Path, text: str, *, over: bool) -> None:
    """Write a file. FileExistsError when there is one and it may not be written `over`; OSError when it cannot be."""
    if not over and path.exists():
        raise FileExistsError(path)
    with path.open("w" if over else "x", encoding="utf-8") as file:
        file.write(text)
