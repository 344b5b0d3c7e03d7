"""The guard at the office's routes: who is it, may they, and did the request come from our own page.

Every route of the office names its act with `Needs`; a test walks all routes and finds one that does not. A request
that changes something must come from our own origin and bring the session's CSRF token, in the header `X-CSRF` or the
form's field `csrf`; the session's cookie is `SameSite=Strict` besides. Refused changes are written down.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Protocol

from fastapi import HTTPException, Request, Response, WebSocket

from dialer.store import accounts
from dialer.store.database import Store
from dialer.web.accounts import Act, User, may
from dialer.web.accounts_sessions import Session, Sessions, Waits

__all__ = ["OFFICE_COOKIE", "Clock", "Guard", "Needs", "demand_token"]

OFFICE_COOKIE = "dialer_office"
_READING = frozenset({"GET", "HEAD"})


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """UTC seconds since the epoch."""


class Guard:
    """What the office's routes share.

    Args:
        store: accounts and the record of acts.
        clock: of the floor.
        public_origin: `https://host` of the pages; what comes from any other changes nothing.
    """

    def __init__(self, store: Store, clock: Clock, public_origin: str) -> None:
        self.store = store
        self.sessions = Sessions(store, clock.now)
        self.waits = Waits(clock.now)
        self.public_origin = public_origin
        self._clock = clock

    def needs(self, act: Act) -> Needs:
        """The dependency of a route: lets only those through whose role allows the act."""
        return Needs(self, act)

    def at(self) -> datetime:
        """Now."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def found(self, request: Request | WebSocket) -> tuple[Session, User] | None:
        """Whose session a request belongs to."""
        return self.sessions.find(request.cookies.get(OFFICE_COOKIE, ""))

    def own(self, request: Request | WebSocket) -> None:
        """Raise 403 unless a request comes from our own pages."""
        if request.headers.get("origin") != self.public_origin:
            raise HTTPException(403, "this request came from another site")

    def seat(self, response: Response, token: str) -> None:
        """Give a browser its session."""
        secure = self.public_origin.startswith("https:")
        response.set_cookie(OFFICE_COOKIE, token, httponly=True, samesite="strict", secure=secure)

    def record(self, user: User, act: Act, target: str = "", detail: str = "", *, done: bool = True) -> None:
        """Write down what somebody did, or was refused."""
        with self.store.writing() as tx:
            accounts.record(tx, self.at(), by=user.account_id, act=act.value, target=target, detail=detail, done=done)


class Needs:
    """Lets through who may do an act; the route is given the `User`.

    Args:
        guard: of the office.
        act: what the route does.
    """

    def __init__(self, guard: Guard, act: Act) -> None:
        self._guard = guard
        self.act = act

    async def __call__(self, request: Request) -> User:
        """Raise 401 (pages: 303 to the sign-in) without a session, 403 without the right."""
        found = self._guard.found(request)
        if found is None:
            if request.method in _READING and "text/html" in request.headers.get("accept", ""):
                raise HTTPException(303, "sign in first", {"Location": "/office"})
            raise HTTPException(401, "sign in first")
        session, user = found
        changes = request.method not in _READING
        if changes:
            self._guard.own(request)
            await demand_token(request, session)
        if not may(user, self.act):
            if changes:
                self._guard.record(user, self.act, request.url.path, "the role does not allow it", done=False)
            raise HTTPException(403, f"a {user.role} may not do this: {self.act}")
        request.state.csrf = session.csrf
        return user


async def demand_token(request: Request, session: Session) -> None:
    """Raise 403 unless a request brings its session's CSRF token."""
    given = request.headers.get("x-csrf", "")
    if not given:
        field = (await request.form()).get("csrf", "")
        given = field if isinstance(field, str) else ""
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise HTTPException(403, "the page is from an earlier session: load it again")
