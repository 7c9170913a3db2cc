"""The `[alarms]` table: built-in limits, what overrides them and where it says so, and every mistake told."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.config.alarms import default_alarms
from novatui.config.load import Loaded, examine
from novatui.config.paths import user_paths
from novatui.config.schema import Config
from novatui.config.show import effective, explain, show
from novatui.core.alarms import ALARM_RULES


def examined(folder: Path, text: str) -> tuple[Loaded | None, list[str]]:
    env = {"NOVATUI_CONFIG_HOME": str(folder), "NOVATUI_STATE_HOME": str(folder)}
    (folder / "config.toml").write_text(text)
    loaded, problems = examine(paths=user_paths(env), environ=env, site_file=folder / "absent.toml")
    return loaded, [str(problem).replace(f"{folder}/", "") for problem in problems]


def test_without_a_configuration_the_built_in_limits_hold(tmp_path: Path) -> None:
    loaded, problems = examined(tmp_path, "")
    assert loaded is not None
    assert not problems
    assert loaded.config == Config()
    assert loaded.config.alarms == default_alarms()
    for name, rule in loaded.config.alarms.rules.items():
        assert (rule.warn, rule.critical) == (ALARM_RULES[name].warn, ALARM_RULES[name].critical)


def test_one_limit_is_changed_and_the_others_stay(tmp_path: Path) -> None:
    loaded, problems = examined(
        tmp_path,
        """[alarms]
interval = 0
[alarms.rules."cpu.wait"]
warn = 7
[alarms.rules."cpu.wait".family.vsphere]
duration = 5
[alarms.rules."cpu.wait".tag."lab 2"]
enabled = false
[alarms.rules."net.drops"]
warn = 100
""",
    )
    assert loaded is not None, problems
    wait = loaded.config.alarms.rules["cpu.wait"]
    assert (wait.warn, wait.critical, wait.duration) == (7.0, 10.0, 60.0)
    assert (wait.family["vsphere"].duration, wait.family["vsphere"].warn) == (5.0, None)
    assert wait.tag["lab 2"].enabled is False
    assert loaded.config.alarms.rules["net.drops"].critical is None
    text = show(loaded)
    assert f"warn = 7.0  # {tmp_path}/config.toml:4\ncritical = 10.0  # default\n" in text
    assert '[alarms.rules."cpu.wait".tag."lab 2"]' in text
    assert explain(loaded, 'alarms.rules."cpu.wait".warn').splitlines() == [
        'alarms.rules."cpu.wait".warn = 7.0',
        f"  set by {tmp_path}/config.toml:4: 7.0",
        "  overrides default: 5.0",
    ]
    assert explain(loaded, 'alarms.rules."cpu.wait".critical').endswith("is the default: 10.0\n")
    assert effective(loaded, 'alarms.rules."cpu.wait".critical')[0]["origin"] == "default"


def test_what_is_shown_loads_to_the_same(tmp_path: Path) -> None:
    loaded, _ = examined(tmp_path, '[alarms.rules."cpu.used".tag.x]\nwarn = 90\ncritical = 95\n')
    assert loaded is not None
    again, problems = examined(tmp_path, show(loaded))
    assert again is not None, problems
    assert again.config == loaded.config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[alarms.rules."cpu.wat"]\nwarn = 1', "there is no rule `cpu.wat` (config.toml:2); did you mean `cpu.wait`?"),
        (
            "[alarms.rules.cpu.wait]\nwarn = 1",
            'unknown key `wait` in alarms.rules.cpu (config.toml:1); quote the name: [alarms.rules."cpu.wait"]',
        ),
        (
            '[alarms.rules."cpu.wait"]\nwarm = 1',
            'unknown key `warm` in alarms.rules."cpu.wait" (config.toml:2); did you mean `warn`?',
        ),
        (
            '[alarms.rules."cpu.wait".family.vspere]\nwarn = 1',
            "there is no family `vspere` (config.toml:2); did you mean `vsphere`?",
        ),
        (
            '[alarms.rules."cpu.wait"]\nwarn = 11',
            "critical (10) is below warn (11) (config.toml:2); critical is the higher one",
        ),
        (
            '[alarms.rules."cpu.wait".tag.lab]\ncritical = 4',
            "critical (4) is below warn (5) (config.toml:2); critical is the higher one",
        ),
        (
            "[alarms.rules.crash]\nwarn = 1",
            "`crash` is a state: it has no `warn` (config.toml:2); a state has only `enabled` and `duration`",
        ),
        (
            '[alarms.rules."store.used"]\nhysteresis = 90',
            "hysteresis (90) is above the limit (85) (config.toml:2); it would never end",
        ),
        ('[alarms.rules."cpu.wait"]\nwarn = inf', '`alarms.rules."cpu.wait".warn` is no finite number (config.toml:2)'),
    ],
)
def test_every_mistake_is_told_with_its_place_and_a_way_out(tmp_path: Path, text: str, told: str) -> None:
    loaded, problems = examined(tmp_path, text)
    assert loaded is None
    assert problems == [told]


@pytest.mark.parametrize(
    "line", ["warn = -1", "warn = nan", 'warn = "5"', "duration = 1e9", "enabled = 1", "hysteresis = -0.5"]
)
def test_values_that_make_no_limit_are_refused(tmp_path: Path, line: str) -> None:
    loaded, problems = examined(tmp_path, f'[alarms.rules."cpu.wait"]\n{line}')
    assert loaded is None
    assert len(problems) == 1
    assert "config.toml:2" in problems[0]
