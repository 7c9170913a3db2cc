"""Turns declared gaps into strict xfails; a gap that names no test is an error."""

from __future__ import annotations

import pytest

PARTS = (
    "base",
    "controls",
    "details",
    "inventory",
    "legal",
    "metrics",
    "parts",
    "safety",
    "session",
    "through_worker",
    "work",
)
pytest.register_assert_rewrite(*(f"tests.conformance.{part}" for part in PARTS))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known: dict[type, set[str]] = {}
    for item in items:
        family = getattr(item, "cls", None)
        gaps = getattr(family, "gaps", None)
        if family is None or gaps is None:
            continue
        plain = item.originalname if isinstance(item, pytest.Function) else item.name
        known.setdefault(family, set()).update((item.name, plain))
        gap = gaps.get(item.name) or gaps.get(plain)
        if gap is not None:
            item.add_marker(pytest.mark.xfail(reason=f"{gap.kind}: {gap.reason}", strict=True))
    for family, names in known.items():
        whole = {name for name in dir(family) if name.startswith("test_")} <= names
        if whole and (astray := set(family.gaps) - names):
            raise pytest.UsageError(f"{family.__name__} declares gaps of no test: {', '.join(sorted(astray))}")
