"""Each type of vector through the real functions: decisions, abandonment rates, what a call was, opt-out deadlines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from dnc.gate import evaluate
from dnc.rules import Rulebook, load
from dnc.rules.abandonment import abandonment_rate, classify_call
from dnc.rules.deadlines import opt_out_deadline
from dnc.vectors import words
from dnc.vectors.facts import Vector, call_and_facts, instant_of
from dnc.vectors.words import VectorError

__all__ = ["VectorResult", "read_vector", "run_vector", "run_vectors"]


@dataclass(frozen=True, slots=True)
class VectorResult:
    """One vector's question, the answer expected and the answer given."""

    id: str
    expected: str
    got: str
    reason: str  # the code that had to be among the reasons
    reasons: tuple[str, ...]
    passed: bool
    also_missing: tuple[str, ...] = ()  # further codes the vector lists and the engine did not give
    confidence: str = ""
    citation: str = ""


def run_vectors(path: Path, book: Rulebook | None = None) -> list[VectorResult]:
    """Every vector of a JSON Lines file, in order; raises `VectorError` naming the line of a bad one."""
    rules = book or load()
    results = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.strip():
            try:
                results.append(run_vector(read_vector(line), rules))
            except VectorError as error:
                raise VectorError(f"{path.name}, line {number}: {error}") from error
    return results


def read_vector(line: str) -> Vector:
    """The object on one line; raises `VectorError`."""
    try:
        vector = json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"is not JSON ({error.msg} at column {error.colno}); write one JSON object on each line"
        raise VectorError(problem) from None
    except RecursionError:
        raise VectorError("is nested too deeply to be a vector") from None
    except ValueError:  # of Python's own limit on digits
        raise VectorError("holds a number of too many digits") from None
    if not isinstance(vector, dict):
        raise VectorError("is not a JSON object; write one on each line")
    return vector


def run_vector(vector: Vector, book: Rulebook) -> VectorResult:
    """One vector of any type; raises `VectorError` for one that cannot be read."""
    if "type" not in vector:
        raise VectorError(f"has no type; write one of {', '.join(_RUNNERS)}")
    kind = words.known(vector["type"], words.TYPES, "type")
    try:
        return _RUNNERS[kind](vector, book)
    except VectorError as error:
        raise VectorError(f"a vector of type {kind}: {error}") from error
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        sentence = " ".join(str(error).split())
        raise VectorError(f"a vector of type {kind} cannot be read ({type(error).__name__}: {sentence})") from error


def _result(vector: Vector, expected: str, got: str, reasons: Iterable[str], passed: bool) -> VectorResult:
    given = tuple(reasons)
    return VectorResult(
        id=str(vector.get("id", "")),
        expected=expected,
        got=got,
        reason=str(vector.get("reason") or ""),
        reasons=given,
        passed=passed,
        also_missing=tuple(c for c in words.texts(vector.get("also"), "also") if c not in given),
        confidence=str(vector.get("confidence", "")),
        citation=str(vector.get("citation", "")),
    )


_ANSWERS = {"allow": "allow", "allowed": "allow", "deny": "deny", "denied": "deny", "block": "deny", "refuse": "deny"}


def _decision(vector: Vector, book: Rulebook) -> VectorResult:
    expected = words.known(words.required(vector, "expected"), _ANSWERS, "expected")
    at = instant_of(vector)
    call, facts = call_and_facts(vector, book, at)
    verdict = evaluate(book, call, facts, at)
    reasons = [str(code) for code in verdict.reasons]
    got = "allow" if verdict.allowed else "deny"
    wanted = vector.get("reason")
    return _result(vector, expected, got, reasons, got == expected and (not wanted or wanted in reasons))


def _abandonment(vector: Vector, book: Rulebook) -> VectorResult:
    rule = book.abandonment(str(vector.get("rule", "US.tsr")))
    answered = words.number(words.first(vector, "live_answered", "answered", "live", default=0), "live_answered")
    connected = words.first(vector, "connected", "passed_to_agent")
    found = abandonment_rate(
        rule,
        abandoned=int(words.number(words.required(vector, "abandoned"), "abandoned")),
        live_answered=int(answered),
        # Under Ofcom's formula the vectors' "answered" are the calls connected to an agent.
        connected=int(answered if connected is None else connected) if rule.formula == "connected" else None,
        false_positives=words.first(vector, "amd_false_positive_estimate", "amd_false_positives", default=0),
        reached_machines=words.first(vector, "machine_estimate", "reached_machines", default=0),
        silent=words.first(vector, "silent", "silent_calls", default=0),
    )
    rate, breach = vector.get("expected_rate"), vector.get("expected_breach")
    if "expected_rate" not in vector and breach is None:
        raise VectorError("needs 'expected_rate' or 'expected_breach'; add one")
    same = "expected_rate" not in vector or _same_rate(rate, found.rate)
    same = same and (breach is None or found.breached == words.flag(breach, "expected_breach"))
    return _result(vector, f"{rate} breach={breach}", f"{found.rate} breach={found.breached}", (), same)


def _same_rate(wanted: object, found: float | None) -> bool:
    """Whether a rate is the wanted one at the precision that one is stated with; no number: undefined."""
    if found is None or isinstance(wanted, str) or wanted is None:
        return found is None and (wanted is None or isinstance(wanted, str))
    stated = words.number(wanted, "expected_rate")
    if stated == int(stated):
        return found == stated
    digits = -int(Decimal(str(stated)).as_tuple().exponent)
    step = Decimal(1).scaleb(-digits)
    return abs(Decimal(found) - Decimal(str(stated))) <= step / 2


def _classification(vector: Vector, book: Rulebook) -> VectorResult:
    rule = book.abandonment(str(vector.get("rule", "US.tsr")))
    delay = words.first(
        vector, f"connect_delay_after_{rule.clock}_s", "connect_delay_after_greeting_s", "connect_delay_s"
    )
    machine = words.flag(words.first(vector, "machine", "answered_by_machine", default=False), "machine")
    by = "machine" if machine else str(words.first(vector, "answered_by", "actual", default="person")).lower()
    result = str(words.first(vector, "result", "outcome", default="")).lower()
    found = classify_call(
        rule,
        answered=words.flag(words.required(vector, "answered"), "answered"),
        connect_delay_s=None if delay is None else words.number(delay, "connect_delay"),
        ring_s=words.number(vector.get("ring_s") or 0, "ring_s"),
        rings=int(words.number(vector.get("rings") or 0, "rings")),
        machine=by in ("machine", "answering_machine", "voicemail", "fax"),
        let_go=result not in ("busy", "congestion", "failed", "invalid", "not_in_service"),
    )
    expected = words.known(words.required(vector, "expected"), words.OUTCOMES, "expected")
    return _result(vector, expected, found.outcome, (found.reason,), found.outcome == expected)


def _deadline(vector: Vector, book: Rulebook) -> VectorResult:
    where = words.texts(words.first(vector, "jurisdictions", "jurisdiction"), "jurisdiction")
    if any(name[:2] != "US" for name in where):
        raise VectorError(f"the deadline of {', '.join(where)} is not known; only the US's is")
    wanted = words.day(words.required(vector, "latest_lawful_honor", "deadline", "expected"), "latest_lawful_honor")
    found = opt_out_deadline(book, words.day(words.required(vector, "requested"), "requested"))
    return _result(vector, wanted.isoformat(), found.isoformat(), (), found == wanted)


_RUNNERS: dict[str, Callable[[Vector, Rulebook], VectorResult]] = {
    "decision": _decision,
    "abandonment": _abandonment,
    "call_classification": _classification,
    "optout_deadline": _deadline,
}
