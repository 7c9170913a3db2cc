"""SessionManager: logging in, out, expiry, and throwing others out; what a session made goes with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, current, serves
from tests.lab.vsphere.soap.state import Site, Thing

COOKIE = "vmware_soap_session"


@dataclass
class Session:
    """A login."""

    key: str
    user: str
    cookie: str
    login: datetime
    active: datetime
    peer: str
    agent: str
    calls: int = 0
    owned: list[Thing] = field(default_factory=list)
    """Views, collectors and filters, which end with it."""
    alive: bool = True

    def described(self) -> vim.UserSession:
        return vim.UserSession(
            key=self.key,
            userName=self.user,
            fullName=self.user.partition("\\")[2] or self.user,
            loginTime=self.login,
            lastActiveTime=self.active,
            locale="en",
            messageLocale="en",
            extensionSession=False,
            ipAddress=self.peer,
            userAgent=self.agent,
            callCount=self.calls,
        )


class Sessions:
    """All logins; `idle_s` seconds without a call end one (*API, SessionManager*: "sessions expire after 30
    minutes")."""

    def __init__(self, site: Site, passwords: dict[str, str], idle_s: float) -> None:
        self.site = site
        self.passwords = passwords
        self.idle_s = idle_s
        self.open: dict[str, Session] = {}

    def of_cookie(self, cookie: str) -> Session | None:
        """The living session of a cookie, whose idle clock starts anew."""
        session = next((one for one in self.open.values() if one.cookie == cookie), None)
        if session is None:
            return None
        now = self.site.now()
        if (now - session.active).total_seconds() > self.idle_s:
            self.end(session)
            return None
        session.active = now
        session.calls += 1
        return session

    def begin(self, user: str, peer: str, agent: str) -> Session:
        now = self.site.now()
        session = Session(f"52{secrets.token_hex(16)}", user, secrets.token_hex(20), now, now, peer, agent)
        self.open[session.key] = session
        return session

    def end(self, session: Session) -> None:
        """It is over: its objects vanish, and who waits in one of its calls is told."""
        self.open.pop(session.key, None)
        session.alive = False
        for thing in session.owned:
            self.site.things.pop(thing.id, None)
        self.site.changed.notify_all()

    def listed(self) -> Any:
        return [one.described() for one in self.open.values()]

    def mine(self) -> Any:
        session = getattr(current, "session", None)
        return session.described() if session else None


def log_in(call: Call, user: str) -> vim.UserSession:
    """A new session for this client, by its cookie."""
    session = call.vc.sessions.begin(user, call.peer, call.agent)
    call.answer_headers["Set-Cookie"] = f'{COOKIE}="{session.cookie}"; Path=/; HttpOnly; Secure;'
    call.vc.events.tell(
        vim.event.UserLoginSessionEvent,
        f"User {user}@{call.peer} logged in as {call.agent}",
        user=user,
        ipAddress=call.peer,
        userAgent=call.agent,
        locale="en",
        sessionId=session.key,
    )
    return session.described()


@serves("Login")
def _login(call: Call) -> Any:
    """*API*: InvalidLogin "if the user and password combination is invalid"."""
    given = call.given
    if not given.userName or call.vc.sessions.passwords.get(given.userName) != given.password:
        raise vim.fault.InvalidLogin(msg="Cannot complete login due to an incorrect user name or password.")
    return log_in(call, given.userName)


@serves("LoginByToken")
def _login_by_token(call: Call) -> Any:
    """*API*: the token is in the SOAP header; InvalidLogin "if … the token is invalid, or expired"."""
    return log_in(call, call.vc.tokens.user_of(call.request.security))


@serves("Logout")
def _logout(call: Call) -> None:
    if call.session is None:
        raise vim.fault.NotAuthenticated(object=call.this.ref, privilegeId="System.View", msg="Not logged in.")
    call.vc.sessions.end(call.session)


@serves("SessionIsActive")
def _is_active(call: Call) -> bool:
    session = call.vc.sessions.open.get(call.given.sessionID)
    return session is not None and session.user == call.given.userName


@serves("TerminateSession")
def _terminate(call: Call) -> None:
    """*API*: "Log off and terminate the provided list of sessions … NotFound if a session ID could not be found"."""
    sessions = call.vc.sessions
    for key in call.given.sessionId:
        session = sessions.open.get(key)
        if session is None:
            raise vim.fault.NotFound(msg=f"There is no session {key}.")
        if session is call.session:
            raise vmodl.fault.InvalidArgument(invalidProperty="sessionId", msg="A session cannot terminate itself.")
        sessions.end(session)


@serves("CurrentTime")
def _current_time(call: Call) -> datetime:
    return call.site.now()


@serves("RetrieveServiceContent")
def _content(call: Call) -> Any:
    return call.this.facts["content"]
