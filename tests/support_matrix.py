"""The support matrix of README.md: 28 features × families, from what drivers declare and what their labs answered.

    python -m tests.support_matrix             print it
    python -m tests.support_matrix --write     put it into README.md
    python -m tests.support_matrix --record    ask the real host of the lab again and keep its answers, then --write

What a driver declares stands under `[capabilities]` in its QUALITY.toml, a line for each feature: `done` is asked of
the product, `declared` is told by documents since there is no call, `exempt` is not offered by the product. What the
lab's real host answered stands in tests/data/support, and a lab test holds it against the host of today.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from novatui.core.capabilities import Answer
from novatui.core.features import FEATURE, FEATURES
from novatui.core.states import Family
from novatui.engine.facts_report import WORDS
from novatui.engine.markdown import escape, table
from tests.lab.workspace import CHECKOUT

README = CHECKOUT / "README.md"
BEGIN = "<!-- support matrix: begin, written by `make matrix` -->"
END = "<!-- support matrix: end -->"

NAMES = {
    Family.LIBVIRT: "libvirt / KVM",
    Family.VSPHERE: "vSphere",
    Family.HYPERV: "Hyper-V",
    Family.XCPNG: "XCP-ng",
    Family.PROXMOX: "Proxmox VE",
}

NOT_BUILT = "not built yet"
NOT_ASKED = "not asked yet"
DECLARED = {"done": "asked", "declared": "*declared*", "exempt": "not offered"}
"""How a cell begins, by the status that the driver declares."""


class Line(msgspec.Struct, frozen=True):
    """What a driver declares of one feature."""

    status: str
    by: str = ""
    reason: str = ""


class LabFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the lab's host answered for one feature, and the call or document that decided it."""

    value: Answer
    kind: str = ""
    call: str = ""
    source: str = ""


class LabAnswers(msgspec.Struct, frozen=True):
    """One run on the real host of a family's lab."""

    product: str
    machine: dict[str, str]
    """What the machine below it has; where another one differs, so may its answers."""
    facts: dict[str, LabFact]


def print_matrix() -> str:
    """The whole block, with what is to be known for reading it."""
    titles = ["", *(NAMES[family] for family in Family)]
    rows = [[escape(feature.title), *(cell(family, feature.slug) for family in Family)] for feature in FEATURES]
    return "\n".join(("### What each family can do", "", *_legend(), "", *table(titles, rows))) + "\n"


def _legend() -> Iterable[str]:
    yield "What the driver does to find out, then what the real host of its lab said, and by which call. That is one"
    yield "host of no rights and little hardware: `novatui caps` tells it of yours, with the reasons."
    for family in Family:
        if (answers := lab_answers(family)) is not None:
            kept = answers_path(family).relative_to(CHECKOUT)
            yield f"{NAMES[family]} was {escape(answers.product)}; [{kept.name}]({kept}) says what its machine has."


def cell(family: Family, slug: str) -> str:
    """What is said of a feature of a family."""
    if not is_built(family):
        return NOT_BUILT
    line = declared(family).get(slug)
    if line is None or line.status not in DECLARED:
        return NOT_ASKED
    answers = lab_answers(family)
    fact = answers.facts.get(slug) if answers is not None else None
    if fact is None or line.status == "exempt":
        return DECLARED[line.status]
    if fact.value is Answer.UNKNOWN:
        return WORDS[fact.value]
    by = f" (`{fact.call}`)" if fact.call else ""
    return f"{DECLARED[line.status]}: {WORDS[fact.value]}{by}"


def is_built(family: Family) -> bool:
    """True when there is a driver that can be opened."""
    return (folder(family) / "driver.py").exists()


def declared(family: Family) -> dict[str, Line]:
    """What the driver of a family says of each feature; empty when it says nothing yet."""
    path = folder(family) / "QUALITY.toml"
    if not path.exists():
        return {}
    lines = tomllib.loads(path.read_text()).get("capabilities", {})
    return {slug: msgspec.convert(line, Line) for slug, line in lines.items() if slug in FEATURE}


def lab_answers(family: Family) -> LabAnswers | None:
    """What the lab of a family answered last; None when it was never asked."""
    path = answers_path(family)
    return msgspec.json.decode(path.read_bytes(), type=LabAnswers) if path.exists() else None


def answers_path(family: Family) -> Path:
    """Where the answers of a lab are kept."""
    return CHECKOUT / "tests" / "data" / "support" / f"{family.value}.json"


def folder(family: Family) -> Path:
    """Where the driver of a family is, or will be."""
    return CHECKOUT / "novatui" / "backends" / family.value


def in_readme() -> str:
    """The block that README.md has now. ValueError when its marks are not there."""
    text = README.read_text()
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip("\n") + "\n"


def write() -> None:
    """Put the block into README.md."""
    text = README.read_text()
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    README.write_text(f"{before}{BEGIN}\n{print_matrix()}{after}")


def main(arguments: list[str]) -> int:
    """Print, write or record; see the top of this file."""
    parser = argparse.ArgumentParser(prog="python -m tests.support_matrix")
    parser.add_argument("--write", action="store_true", help="put it into README.md")
    parser.add_argument("--record", action="store_true", help="ask the lab again, then --write")
    options = parser.parse_args(arguments)
    if options.record:
        from tests.lab.record_support import record

        record()
    if options.write or options.record:
        write()
    else:
        sys.stdout.write(print_matrix())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
