"""What a cluster's rules say of a machine on one of its hosts. Pure.

ClusterRuleInfo and ClusterGroupInfo of the vSphere Web Services API: rules between machines and hosts may be mandatory
(then vCenter refuses the move); those among machines are kept by DRS, which moves the machine away again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.vsphere.fields import each, refs, truth, type_of, words
from novatui.backends.vsphere.updates import Ref
from novatui.core.capabilities import Answer, Evidence
from novatui.core.reasons import Check, Topic

VM_HOST = "ClusterVmHostRuleInfo"
APART = "ClusterAntiAffinityRuleSpec"
TOGETHER = "ClusterAffinityRuleSpec"


def rules_against(
    config: Any, machine: Ref, host: Ref, there: frozenset[Ref], here: frozenset[Ref], evidence: Evidence | None
) -> Iterator[Check]:
    """`config`: ClusterConfigInfoEx. `there`: machines on that host; `here`: machines beside it on its host now."""
    groups = {words(one, "name"): one for one in each(config, "group")}
    for rule in each(config, "rule"):
        if truth(rule, "enabled") is False:
            continue
        reason = _broken(rule, groups, machine, host, there, here)
        if reason:
            yield Check(
                topic=Topic.PRODUCT,
                answer=Answer.NO,
                reason=f"{reason}: rule {words(rule, 'name') or words(rule, 'key')}",
                blocking=truth(rule, "mandatory") is True,
                evidence=evidence,
            )


def _broken(
    rule: dict[str, Any],
    groups: dict[str, dict[str, Any]],
    machine: Ref,
    host: Ref,
    there: frozenset[Ref],
    here: frozenset[Ref],
) -> str:
    """How this rule would be broken; empty when it would not."""
    kind, must = type_of(rule), truth(rule, "mandatory") is True
    if kind == VM_HOST:
        if machine not in refs(groups.get(words(rule, "vmGroupName")), "vm"):
            return ""
        wanted, avoided = words(rule, "affineHostGroupName"), words(rule, "antiAffineHostGroupName")
        if wanted and host not in refs(groups.get(wanted), "host"):
            return f"it {'must' if must else 'should'} run on a host of the group {wanted}"
        if avoided and host in refs(groups.get(avoided), "host"):
            return f"it {'must' if must else 'should'} run on no host of the group {avoided}"
        return ""
    members = frozenset(refs(rule, "vm"))
    if machine not in members:
        return ""
    others = members - {machine}
    if kind == APART and others & there:
        return "a machine that it is to be kept apart from runs there"
    if kind == TOGETHER and others & here and not others & there:
        return "the machines that it is to be kept together with run where it is now"
    return ""
