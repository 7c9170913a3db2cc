"""What is run when alarms are raised: the configured program, one alarm each, without a shell and with a limit."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from novatui.core.alarms import ALARM_RULES
from novatui.core.ids import encode_id
from novatui.engine import blocking
from novatui.engine.alarm_record import Alarm
from novatui.engine.inventory_store import InventoryStore

log = logging.getLogger(__name__)

PREFIX = "NOVATUI_ALARM_"


def told(alarm: Alarm, inventory: InventoryStore) -> dict[str, str]:
    """What the program finds in its environment about an alarm; every name of PREFIX is set."""
    id, rule = alarm.id, ALARM_RULES[alarm.id.rule]
    there = alarm.slot is not None and inventory.alive(alarm.slot)
    slot = alarm.slot if there else None
    since = datetime.fromtimestamp(alarm.since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    numbers = not rule.is_state
    facts = {
        "RULE": id.rule,
        "NAME": id.name,
        "LEVEL": alarm.level.value,
        "TEXT": alarm.text,
        "CONNECTION": id.conn,
        "FAMILY": inventory.family(slot).value if slot is not None else "",
        "KIND": inventory.kind(slot).value if slot is not None else "",
        "OBJECT": alarm.subject,
        "REF": f"{encode_id(id.conn)}:{id.key}" if ":" in id.key else "",
        "VALUE": f"{alarm.value:g}" if numbers and alarm.value is not None else "",
        "LIMIT": f"{alarm.limit:g}" if numbers and alarm.limit is not None else "",
        "UNIT": rule.unit,
        "SINCE": since,
    }
    return {PREFIX + name: value for name, value in facts.items()}


async def run(command: Sequence[str], limit: float, facts: Mapping[str, str]) -> None:
    """Run the program for one alarm and log what it says. Never raises: an alarm is not worth less for its hook.

    `limit` in seconds. The environment of this process holds no secrets: they were taken out before connections began.
    """
    environment = dict(os.environ) | dict(facts)
    name = facts.get(f"{PREFIX}OBJECT", "")
    try:
        ended = await blocking.run(lambda: blocking.command(command, environment, limit))
    except OSError as error:
        log.error("the alarm command cannot be run: %s: %s", command[0], error.strerror or error)
        return
    words = f": {ended.said}" if ended.said else ""
    if ended.code is None:
        log.error("the alarm command for %s was ended after %g s%s", name, limit, words)
    elif ended.code:
        log.error("the alarm command for %s failed with exit code %d%s", name, ended.code, words)
    else:
        log.info("the alarm command for %s is done%s", name, words)
