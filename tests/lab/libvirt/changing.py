"""Which public functions of libvirt change something, by their names in its documentation; no list of the product's."""

from __future__ import annotations

import re

_CHANGING = re.compile(
    r"vir(Domain(Create|Destroy|Shutdown|Reboot|Reset|Suspend|Resume|Save|ManagedSave|PM|Set|Attach|Detach|Update|"
    r"Snapshot(Create|Delete)|Checkpoint(Create|Delete)|RevertTo|Undefine|Define|Rename|Pin|Migrate|Abort|Inject|Send|"
    r"Block(Commit|Copy|Pull|Rebase|Resize|Job(Abort|Set))|Core|FS(Freeze|Thaw|Trim)|Restore|Add|Del|Change|Start)|"
    r"NodeDevice(Create|Define|Destroy|Dettach|Detach|ReAttach|Reset|Undefine|SetAutostart)|"
    r"StorageVol(Create|Delete|Resize|Wipe|Upload)|StoragePool(Create|Build|Define|Delete|Destroy|Set|Undefine)|"
    r"Network(Create|Define|Destroy|Set|Undefine|Update)|Secret(Define|Set|Undefine)|Interface(Create|Define|Destroy))"
)
_READING = frozenset(
    {"virDomainManagedSaveGetXMLDesc", "virDomainMigrateGetMaxDowntime", "virDomainMigrateGetMaxSpeed"}
)


def is_changing(function: str) -> bool:
    """True for a function that changes something."""
    return _CHANGING.match(function) is not None and function not in _READING and not function.endswith("HasImage")
