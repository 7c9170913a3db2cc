"""What is known of a column of the matrix: the sheet of one object, or those of several gathered in one."""

from __future__ import annotations

from novatui.core.capabilities import Fact, Sheet
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet
from novatui.ui.capability_columns import Column, members
from novatui.ui.render.capability_evidence import Member
from novatui.ui.render.readings import host_name


def sheet_of(fleet: Fleet, column: Column) -> Sheet | None:
    """What is known of it; None while nobody was asked. Of several, one that was not asked is unknown in the whole."""
    if not column.gathered:
        return fleet.facts.sheet(column.parts[0])
    known = [sheet for ref in column.parts if (sheet := fleet.facts.sheet(ref)) is not None]
    if not known:
        return None
    moments = [sheet.at for sheet in known if sheet.at is not None]
    products = list(dict.fromkeys(product_of(sheet) for sheet in known if sheet.product))
    return Sheet(
        ref=column.parts[0],
        product=products[0] if len(products) == 1 else f"{len(products)} versions" if products else "",
        version=known[0].version if len(products) == 1 else "",
        facts=fleet.facts.column(column.parts),
        at=min(moments, default=None),
        ms=max((sheet.ms for sheet in known if sheet.ms is not None), default=None),
        calls=sum(sheet.calls for sheet in known),
        failure=next((sheet.failure for sheet in known if sheet.failure is not None), None),
        stale=any(sheet.stale for sheet in known),
    )


def product_of(sheet: Sheet) -> str:
    """Product and version that answered."""
    said = sheet.version in sheet.product
    return sheet.product if said else f"{sheet.product} {sheet.version}".strip()


def members_of(fleet: Fleet, column: Column, slug: str) -> list[Member]:
    """What those that it opens into say of one feature, as far as they were asked."""
    found: list[Member] = []
    for one in members(fleet, column):
        sheet = sheet_of(fleet, one)
        fact: Fact | None = None if sheet is None else sheet.facts.get(slug)
        found.append(Member(one.name, fact, sheet is not None and sheet.stale))
    return found


def untold(fleet: Fleet, column: Column) -> str:
    """Why a column cannot be asked; empty when it can."""
    connection = fleet.connections.get(column.conn)
    if column.gathered or connection is None or connection.link in {Link.UP, Link.LOADING}:
        return ""
    return f"{connection.name} is not connected{f': {connection.failure}' if connection.failure else ''}"


def spoken(fleet: Fleet, column: Column, sheet: Sheet | None) -> tuple[str, ...]:
    """What is to be said of a column below its name: its product, how many it stands for, or where it is.

    The same in fewer words follows, for narrow columns.
    """
    kind = fleet.inventory.kind(column.slot) if column.slot is not None else Kind.GROUP
    if kind not in (Kind.GROUP, Kind.CONNECTION) and column.slot is not None:
        host = host_name(fleet, column.slot) if kind is not Kind.HOST else ""
        return (host or column.conn,)
    if sheet is None and untold(fleet, column):
        return "not connected", "offline"
    family = column.family.value
    product = product_of(sheet) if sheet is not None and sheet.product else family
    version = sheet.version if sheet is not None else ""
    words = (product, f"{family} {version}", version) if version else (product,)
    return tuple(f"{len(column.parts)}x {word}" for word in words) if column.gathered else words
