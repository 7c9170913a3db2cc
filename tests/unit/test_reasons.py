"""What is known of a machine on one host, in few words."""

from __future__ import annotations

from novatui.core.capabilities import Answer
from novatui.core.reasons import Check, Fit, Topic


def test_each_topic_stands_once_with_the_answer_that_matters_most() -> None:
    told = [
        (Topic.STORAGE, Answer.YES), (Topic.MEMORY, Answer.YES), (Topic.STORAGE, Answer.NO),
        (Topic.MEMORY, Answer.UNKNOWN), (Topic.STORAGE, Answer.UNKNOWN), (Topic.CPU, Answer.YES),
        (Topic.CPU, Answer.YES),
    ]  # fmt: skip
    checks = tuple(Check(topic=topic, answer=answer, reason="") for topic, answer in told)
    fit = Fit(host="host:x", name="x", checks=checks)
    assert fit.by_topic == [
        (Topic.STORAGE.value, "no"), (Topic.MEMORY.value, "unknown"), (Topic.CPU.value, "yes"),
    ]  # fmt: skip
