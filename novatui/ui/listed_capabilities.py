"""The matrix of capabilities as an export writes it: with all evidence, as the command line prints it."""

from __future__ import annotations

import msgspec

from novatui.core.capabilities import Sheet
from novatui.core.features import FEATURES
from novatui.engine.facts_report import Column, markdown, plain
from novatui.ui.capability_matrix import Matrix
from novatui.ui.export import Listed
from novatui.ui.render.capabilities import worded
from novatui.ui.render.look import Look


def listed_capabilities(matrix: Matrix, look: Look) -> Listed:
    """Every column that is listed, on the screen or not; what was not asked is unknown."""
    columns = [Column(one.name, matrix.sheet(one) or Sheet(ref=one.parts[0])) for one in matrix.columns]
    slugs = {FEATURES[node].slug for node in matrix.order}
    facts = plain(columns, slugs, now=look.epoch())
    return Listed(
        name="capabilities",
        titles=["FEATURE", *(one.name for one in matrix.columns)],
        cells=[
            [FEATURES[node].title, *(worded(matrix.cell(one, node), look) for one in matrix.columns)]
            for node in matrix.order
        ],
        values=[_flat(fact) for fact in facts["facts"]],
        forms={
            "md": lambda: markdown(columns, slugs, now=look.epoch()),
            "json": lambda: msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n",
        },
    )


def _flat(fact: dict[str, object]) -> dict[str, object]:
    """A fact in one line of a table: of its evidence the call that decided."""
    evidence = fact.get("evidence")
    told = {} if not isinstance(evidence, dict) else {f"evidence_{name}": value for name, value in evidence.items()}
    return {name: value for name, value in fact.items() if name not in ("evidence", "more")} | told
