"""Safe expressions over a lead: text in, a tree of frozen values out, every mistake with its column position.

Grammar, words in any case:

    either  = both { "or" both }
    both    = single { "and" single }
    single  = "not" single | "(" either ")" | test
    test    = COLUMN ( "is" [ "not" ] "null"
                     | [ "not" ] "in" "(" value { "," value } ")"
                     | ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value )
    value   = "text" | 'text' | 12.5 | 2026-01-31

Logic has two values: a test of something missing is false, and `!=` and `not in` are the opposites of `=` and `in`.
An empty text is missing. Nothing here is ever put into a statement as text: the database gets the tree's values as
parameters (`dialer.store.filters`), and `campaigns.order.evaluate` says the same in plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from campaigns.problems import did_you_mean

__all__ = [
    "COLUMNS",
    "And",
    "Column",
    "Compare",
    "Expression",
    "ExpressionError",
    "Kind",
    "Missing",
    "Not",
    "Operator",
    "Or",
    "Value",
    "column_named",
    "parse",
]

#: What a column holds. `elapsed` is a time since, in days; `any` (a custom column) is read as what it is compared to.
Kind = Literal["text", "number", "date", "elapsed", "any"]
Operator = Literal["=", "<", "<=", ">", ">="]
Value = str | float | date

#: The columns every lead has. Custom columns are `custom.NAME` or `custom."Full name"`.
COLUMNS: dict[str, Kind] = {
    "priority": "number",
    "attempts": "number",
    "last_result": "text",
    "days_since_last_attempt": "elapsed",
    "list": "text",
    "external_id": "text",
    "first_name": "text",
    "last_name": "text",
    "email": "text",
    "city": "text",
    "state": "text",
    "postal_code": "text",
    "country": "text",
    "timezone": "text",
    "language": "text",
    "owner": "text",
    "consent_basis": "text",
    "consent_at": "date",
}
#: Deeper brackets and longer texts are somebody's mistake.
_DEEPEST, _LONGEST = 50, 4_000
_LIKELY = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<date>\d{4}-\d{2}-\d{2})(?![\w.-])
      | (?P<number>-?\d{1,15}(?:\.\d{1,6})?)(?![\w.])
      | (?P<column>custom\.(?:"[^"]+"|[A-Za-z_][A-Za-z0-9_-]*))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign><=|>=|!=|==|<>|&&|\|\||!|[=<>(),])
    )""",
    re.VERBOSE | re.ASCII,
)


class ExpressionError(ValueError):
    """What is wrong with an expression, and where: `column` counts characters from 1."""

    def __init__(self, what: str, column: int) -> None:
        super().__init__(f"at character {column}: {what}")
        self.what, self.column = what, column


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a lead; `custom` when it is one of the list's own."""

    name: str
    kind: Kind
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """A column against a value of its kind."""

    column: Column
    sign: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Missing:
    """The column has no value, or an empty text."""

    column: Column


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    term: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    terms: tuple[Expression, ...]


Expression = Compare | Missing | Not | And | Or


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # date, number, column, word, text, sign or end
    text: str
    at: int


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: it is not one; the message says what was expected.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression is longer than {_LONGEST:,} characters", _LONGEST)
    reader = _Reader(list(_tokens(text)))
    found = reader.either(0)
    reader.end()
    return found


def column_named(name: str, at: int = 1) -> Column:
    """The column of that name.

    Raises:
        ExpressionError: there is none; the nearest name is said.
    """
    if name.startswith("custom.") and name.removeprefix("custom.").strip('"'):
        return Column(name.removeprefix("custom.").strip('"'), "any", True)
    kind = COLUMNS.get(name)
    if kind is None:
        near = did_you_mean(name, COLUMNS)
        known = f"perhaps {near}" if near else f"known are {', '.join(COLUMNS)}"
        raise ExpressionError(f"no column is called {name!r}; {known}; a list's own is custom.NAME", at)
    return Column(name, kind)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            if text[at] in "\"'":
                raise ExpressionError("a text begins here and does not end", at + 1)
            raise ExpressionError(f"{text[at]!r} is not understood here", at + 1)
        kind = found.lastgroup or ""
        piece = found.group(kind)
        if piece in _LIKELY:
            raise ExpressionError(f"{piece!r} is not known; write {_LIKELY[piece]!r}", found.start(kind) + 1)
        yield _Token(kind, piece, found.start(kind) + 1)
        at = found.end()
    yield _Token("end", "", len(text) + 1)


class _Reader:
    """Recursive descent, one method for each line of the grammar."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def either(self, depth: int) -> Expression:
        terms = [self._both(depth)]
        while self._word("or"):
            terms.append(self._both(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def end(self) -> None:
        if self._token.kind != "end":
            raise self._expected('"and", "or" or the end')

    def _both(self, depth: int) -> Expression:
        terms = [self._single(depth)]
        while self._word("and"):
            terms.append(self._single(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _single(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ExpressionError(f"more than {_DEEPEST} brackets or nots stand in one another", self._token.at)
        if self._word("not"):
            return Not(self._single(depth + 1))
        if self._sign("("):
            found = self.either(depth + 1)
            self._must(")")
            return found
        return self._test()

    def _test(self) -> Expression:
        token = self._token
        if token.kind not in ("word", "column"):
            raise self._expected("a column, such as state or custom.balance")
        self._next += 1
        column = column_named(token.text, token.at)
        if self._word("is"):
            opposite = self._word("not")
            if not self._word("null"):
                raise self._expected('"null"')
            return Not(Missing(column)) if opposite else Missing(column)
        opposite = self._word("not")
        if self._word("in"):
            found = self._among(column)
            return Not(found) if opposite else found
        sign = self._token
        if opposite or sign.kind != "sign" or sign.text in "(),":
            raise self._expected('"in"' if opposite else 'one of = != < <= > >=, "in" or "is null"')
        self._next += 1
        if sign.text == "!=":
            return Not(self._compare(column, "=", sign.at))
        return self._compare(column, sign.text, sign.at)  # type: ignore[arg-type]  # the token's pattern knows no other

    def _among(self, column: Column) -> Expression:
        at = self._token.at
        self._must("(")
        terms = [self._compare(column, "=", at)]
        while self._sign(","):
            terms.append(self._compare(column, "=", at))
        self._must(")")
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _compare(self, column: Column, sign: Operator, at: int) -> Compare:
        token = self._token
        value: Value
        if token.kind == "text":
            value = token.text[1:-1]
        elif token.kind == "number":
            value = float(token.text)
        elif token.kind == "date":
            try:
                value = date.fromisoformat(token.text)
            except ValueError:
                raise ExpressionError(f"{token.text} is no day of the calendar", token.at) from None
        else:
            raise self._expected('a value: "text" in quotes, a number, or a date such as 2026-01-31')
        self._next += 1
        wanted = {"text": str, "number": float, "elapsed": float, "date": date}.get(column.kind)
        if wanted is not None and not isinstance(value, wanted):
            shown = {"text": 'a text in quotes, such as "CA"', "date": "a date, such as 2026-01-31"}
            what = f"{column.name} is compared with {shown.get(column.kind, 'a number')}"
            raise ExpressionError(what, token.at)
        if value == "":
            raise ExpressionError('an empty text is tested with "is null"', token.at)
        if isinstance(value, str) and sign != "=":
            raise ExpressionError("texts are compared with = != and in only; write numbers without quotes", at)
        if column.kind == "elapsed" and sign == "=":
            raise ExpressionError(f"{column.name} is a span of time: use < <= > >=", at)
        if column.kind == "elapsed" and isinstance(value, float) and not 0 <= value <= 36_500:
            raise ExpressionError("days are 0 to 36,500", token.at)
        return Compare(column, sign, value)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _word(self, word: str) -> bool:
        found = self._token.kind == "word" and self._token.text.lower() == word
        self._next += found
        return found

    def _sign(self, sign: str) -> bool:
        found = self._token.kind == "sign" and self._token.text == sign
        self._next += found
        return found

    def _must(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._expected(f'"{sign}"')

    def _expected(self, what: str) -> ExpressionError:
        got = f"{self._token.text!r} stands there" if self._token.text else "the expression ends"
        return ExpressionError(f"{what} is expected, but {got}", self._token.at)
