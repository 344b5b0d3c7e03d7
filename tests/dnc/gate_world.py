"""What the gate's tests share: the rules, a call that is allowed, every list fresh, and the reasons of a verdict."""

from datetime import UTC, date, datetime

from dnc.gate import Facts, clear_lists, evaluate
from dnc.places import place_of
from dnc.rules import load
from dnc.values import Code, Consent, ProposedCall, RndReply

BOOK = load()
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York
NC, FL, OK, LONDON = "+19195550101", "+13055550106", "+14055550186", "+442079460101"
PEWC = Consent("pewc", given_at=datetime(2026, 1, 2, tzinfo=UTC))
CLEAR = clear_lists(BOOK)
#: Asked since the day of PEWC, answered on the day after the newest data came out.
RND_NO = RndReply("no", date(2026, 1, 2), date(2026, 11, 16))


def call(number=NC, *, scope="telemarketing", mode="predictive", consent=PEWC, **more):
    return ProposedCall(number, scope, mode, more.pop("place", None) or place_of(number), consent=consent, **more)


def facts(*extra, **more):
    """Every required list fresh and without the number, `extra` evidence in front."""
    named = {(e.kind, e.jurisdiction) for e in extra}
    return Facts((*extra, *(e for e in CLEAR if (e.kind, e.jurisdiction) not in named)), **more)


def reasons(proposed=None, known=None, at=NOON, policy=None):
    verdict = evaluate(BOOK, proposed or call(), known or facts(), at, policy)
    assert verdict.allowed == (verdict.reasons == (Code.ALLOW,))
    return [str(c) for c in verdict.reasons]
