"""The gate: the one way to the carrier. It gathers the facts of a call and evaluates every rule on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from dnc.gate.caps import history_since
from dnc.gate.evaluate import evaluate
from dnc.gate.facts import Facts, FactsPort, Policy
from dnc.gate.opening import Opening, opening
from dnc.rules import Rulebook
from dnc.values import Block, Consent, ListEvidence, Mode, Place, ProposedCall, Scope, Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Gate"]

T = TypeVar("T")


class Gate:
    """Rules and facts together. The rulebook and the facts are shared; a campaign brings its policy.

    `check` is asked at the instant of dialing, for every kind of call. It never raises for bad data or a
    broken source of facts: it refuses, and says what to do.
    """

    def __init__(self, book: Rulebook, facts: FactsPort, policy: Policy | None = None) -> None:
        self.book, self.facts, self.policy = book, facts, policy or Policy()

    def check(self, call: ProposedCall, at: datetime, policy: Policy | None = None) -> Verdict:
        """The verdict on one call at one instant. Raises only `ValueError`, for an instant without a zone."""
        wanted = policy or self.policy
        return evaluate(self.book, call, self.gather(call, at, wanted), at, wanted)

    def gather(self, call: ProposedCall, at: datetime, policy: Policy | None = None) -> Facts:
        """Ask the port; what it cannot answer is noted in the facts, not raised."""
        bad: list[tuple[str, str]] = []
        caps = self.book.bound(call.place.jurisdictions, call.scope, call.mode).caps
        since = history_since(caps, (policy or self.policy).caps, at)
        return Facts(
            suppressions=_ask(bad, "suppressions", lambda: self.facts.suppressions(call, at), ()),
            history=_ask(bad, "history", lambda: self.facts.history(call, since), ()),
            consent=_ask(bad, "consent", lambda: self.facts.consent(call), None),
            blocks=_ask(bad, "blocks", lambda: self.facts.blocks(call, at), ()),
            rnd=_ask(bad, "rnd", lambda: self.facts.rnd(call, at), None),
            unreadable=tuple(bad),
        )

    def hours(self, place: Place, scope: Scope, mode: Mode, at: datetime, consent: Consent | None = None) -> Opening:
        """Windows, holidays and suspensions only, for the hopper: equal `Place.key`, equal answer.

        Give `consent` only where a person's agreement may lift closed hours; leave it out for a whole place.
        """
        return opening(self.book, place, scope, mode, at, policy=self.policy, consent=consent)

    def screen(
        self,
        frame: pd.DataFrame,
        at: datetime,
        *,
        lists: Sequence[ListEvidence] = (),
        history: pd.DataFrame | None = None,
        blocks: Mapping[str, Sequence[Block]] | None = None,
        policy: Policy | None = None,
    ) -> pd.DataFrame:
        """`check` for columns of contacts; the columns are described in `dnc.gate.screen`."""
        from dnc.gate.screen import screen

        wanted = policy or self.policy
        return screen(self.book, frame, at, lists=lists, history=history, blocks=blocks, policy=wanted)


def _ask(bad: list[tuple[str, str]], name: str, question: Callable[[], T], otherwise: T) -> T:
    """One answer of the port; a failure is kept for the verdict, which refuses on it."""
    try:
        return question()
    except Exception as error:  # fail closed: the verdict carries this sentence
        bad.append((name, f"{type(error).__name__}: {error}"))
        return otherwise
