"""The guard of the API: whose token is it, may it, and is it within its rate.

A token belongs to one client company. Every question a route asks is asked for that client, so what belongs to
another is not found. Uses are counted before anything is looked at; what changes something is written down.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from campaigns.files import Campaign
from campaigns.problems import OperatorError
from dialer.engine.rate import TokenBucket
from dialer.runtime.live.floor import LiveFloor
from dialer.store import accounts, api_tokens
from dialer.store.api_tokens import Token
from dialer.store.transactions import Writing
from dialer.web.api.errors import ApiError
from dialer.web.api.scopes import Scope

__all__ = ["RATE", "ApiGuard", "Caller"]

#: Requests a second of one token; as many may come at once.
RATE = 25.0

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="dlr_ID_SECRET",
    description="Made by `dialer tokens add`, for one client company and the scopes named there; shown once.",
)
_GIVEN = Security(_BEARER)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose program asks."""

    token: Token

    @property
    def client(self) -> str:
        """The client company whose data it may see."""
        return self.token.client

    @property
    def by(self) -> str:
        """How records name it."""
        return f"token {self.token.token_id} ({self.token.name})"


class ApiGuard:
    """What the routes of the API share.

    Args:
        floor: of the process.
        rate: requests a second of one token.
    """

    def __init__(self, floor: LiveFloor, rate: float = RATE) -> None:
        self.floor, self.store, self.workspace = floor, floor.store, floor.workspace
        self._rate = rate
        self._buckets: dict[str, TokenBucket] = {}

    def at(self) -> datetime:
        """Now."""
        return datetime.fromtimestamp(self.floor.clock.now(), UTC)

    def needs(self, scope: Scope) -> Callable[..., Awaitable[Caller]]:
        """The dependency of a route: lets only tokens of that scope through."""

        async def allowed(given: HTTPAuthorizationCredentials | None = _GIVEN) -> Caller:
            token = None if given is None else await asyncio.to_thread(self._known, given.credentials)
            if token is None:
                raise ApiError(401, "the token is missing, wrong, expired or revoked", {"WWW-Authenticate": "Bearer"})
            self._count(token)
            if scope not in token.scopes:
                raise ApiError(403, f"the token lacks the scope {scope}")
            return Caller(token)

        return allowed

    def campaigns(self, caller: Caller) -> dict[str, Campaign]:
        """The client's campaigns by name; a file that is wrong is left out. Reads files: in a worker thread."""
        found = {}
        for name in self.workspace.campaign_names():
            try:
                campaign = self.workspace.campaign(name)
            except OperatorError:
                continue  # `dialer campaigns check` says what is wrong with it
            if campaign.client == caller.client:
                found[name] = campaign
        return found

    def campaign(self, caller: Caller, name: str) -> Campaign:
        """One campaign of the client. Raises `ApiError` 404. Reads files: in a worker thread."""
        missing = ApiError(404, f"there is no campaign {name}")
        if name not in self.workspace.campaign_names():
            raise missing
        campaign = self.workspace.campaign(name)
        if campaign.client != caller.client:
            raise missing
        return campaign

    def record(self, tx: Writing, caller: Caller, act: str, target: str = "", detail: str = "") -> None:
        """Write down what a program did, in the transaction in which it is done."""
        accounts.record(tx, self.at(), by=caller.by, act=act, target=target, detail=detail)

    def _known(self, text: str) -> Token | None:
        """The token in force that the text is, and that it was used. In a worker thread."""
        at = self.at()
        with self.store.reading() as tx:
            token = api_tokens.find(tx, text)
        if token is None or not token.counts(at):
            return None
        if not token.noted(at):
            with self.store.writing() as tx:
                api_tokens.used(tx, token.token_id, at)
        return token

    def _count(self, token: Token) -> None:
        now = self.floor.clock.now()
        bucket = self._buckets.setdefault(token.token_id, TokenBucket(self._rate))
        if bucket.available(now) < 1:
            wait = (bucket.next_token_at(now) or now) - now
            raise ApiError(429, "too many requests for this token", {"Retry-After": str(max(1, math.ceil(wait)))})
        bucket.take(now, 1)
