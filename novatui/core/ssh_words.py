"""What the words of the ssh client mean: why a login that may ask nothing failed, and what a person types against it.

Texts are those of OpenSSH's sshconnect.c, readconf.c and authfile.c; the console's ssh runs with BatchMode.
"""

from __future__ import annotations

from novatui.core.errors import AuthFailed, InvalidInput, NovaError, TlsUntrusted, Unreachable

_BATCH = "the console has no terminal to give to ssh, so nobody was asked"

_MEANINGS: tuple[tuple[str, type[NovaError], str, str, str], ...] = (
    (
        "identification has changed",
        TlsUntrusted,
        "the ssh host key of {host} has changed",
        "the machine was set up anew, or somebody stands between",
        "ask its owner; if it is right: ssh-keygen -R {host}, then ssh {login} once",
    ),
    (
        "host key verification failed",
        TlsUntrusted,
        "the ssh host key of {host} is not known or has changed",
        _BATCH,
        "type `ssh {login}` once and compare the fingerprint",
    ),
    (
        "agent refused operation",
        AuthFailed,
        "the ssh agent did not sign the login to {host}",
        "the key is locked, or waits for a confirmation or a touch",
        "type `ssh-add` (or touch the key), then reconnect",
    ),
    (
        "too many authentication failures",
        AuthFailed,
        "{host} refused the ssh login: too many keys were offered",
        "the agent offers all its keys, and the right one came too late",
        "name the key of {host} in ~/.ssh/config: IdentityFile and IdentitiesOnly yes",
    ),
    (
        "unprotected private key file",
        AuthFailed,
        "ssh will not use a private key that others can read",
        "",
        "chmod 600 the key that is named below, then reconnect",
    ),
    (
        "permission denied (",
        AuthFailed,
        "{host} refused the ssh login",
        "no key that it accepts was offered; " + _BATCH,
        "type `ssh-add` if the key has a passphrase, `ssh-copy-id {login}` if the key is not there yet",
    ),
    (
        "could not resolve hostname",
        Unreachable,
        "the host name {host} is not known",
        "",
        "check the spelling, the DNS, and `Host` in ~/.ssh/config",
    ),
    (
        "bad configuration option",
        InvalidInput,
        "ssh cannot read its configuration",
        "",
        "mend the line of ~/.ssh/config that is named below",
    ),
    (
        "bad owner or permissions on",
        InvalidInput,
        "ssh will not use its configuration: others can write it",
        "",
        "chmod 600 ~/.ssh/config",
    ),
    (
        "connection refused",
        Unreachable,
        "{host} refuses ssh connections",
        "no ssh server listens on that port",
        "is it `Port` in ~/.ssh/config, or another host?",
    ),
)
"""A piece of what ssh says, in lower case; the failure; message, meaning, hint. The first that fits counts."""


def ssh_failure(said: str, host: str, user: str = "", port: int | None = None) -> NovaError | None:
    """The failure that these words stand for; None when they stand for none that is known."""
    lowered = said.lower()
    login = f"{user}@{host}" if user else host
    typed = f"-p {port} {login}" if port else login
    for piece, fault, message, meaning, hint in _MEANINGS:
        if piece in lowered:
            return fault(
                message.format(host=host), meaning=meaning, hint=hint.format(host=host, login=typed), native=said
            )
    return None
