"""What agents say: Markdown scripts with the person's data, in sections that branch.

A script is Markdown. Each `## Heading` begins a section; its name is the heading in lower case with hyphens.
A list item that is only a link to a section, `- [Not interested](#refusal)`, is a choice: the desk shows it
as a button. `{first_name}` is replaced by the contact's column of that name; Jinja2 expressions and blocks
(`{balance | round}`, `{% if city %}...{% endif %}`) work in a sandbox.

What comes from a list is data and stays data. The script is cut into sections and compiled before any data is
seen, so nothing in a list can add a section, a choice or a placeholder; and each value loses its control and
direction characters, its line breaks and whatever goes beyond 500 characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.problems import OperatorError, Problem, did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

__all__ = [
    "Choice",
    "RenderedSection",
    "Script",
    "ScriptError",
    "Section",
    "load_script",
    "parse_script",
    "render",
    "slug",
]

_HEADING = re.compile(r"##\s+(.+?)\s*#*\s*$")
_CHOICE = re.compile(r"\s*[-*]\s+\[([^\]]+)\]\(#([^)\s]+)\)\s*$")
_LONGEST_VALUE = 500


class ScriptError(OperatorError):
    """A script that cannot be used, or that asks for data which the contact does not have."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under a section: what it says and the section it leads to."""

    label: str
    to: str


@dataclass(frozen=True, slots=True)
class Section:
    """One section as written; `line` is where its text begins in the file."""

    name: str
    title: str
    body: str
    choices: tuple[Choice, ...]
    line: int


@dataclass(frozen=True, slots=True)
class RenderedSection:
    """One section with the person's data in it. `title`, `text` and the labels are Markdown, not HTML."""

    name: str
    title: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Script:
    """A script that was read and found sound. The first section is where the agent begins."""

    file: str
    sections: tuple[Section, ...]
    placeholders: frozenset[str] = field(default=frozenset())

    def missing(self, columns: Collection[str]) -> tuple[str, ...]:
        """The placeholders that a list with these columns cannot fill, sorted."""
        return tuple(sorted(self.placeholders.difference(columns)))

    @cached_property
    def _templates(self) -> dict[str, Template]:
        """Every text with placeholders, compiled once."""
        environment = _environment()
        sources = {source for section in self.sections for source in _sources(section)}
        return {source: environment.from_string(source) for source in sources}


def load_script(path: Path) -> Script:
    """Read a script file. Raises `ScriptError` with everything wrong with it."""
    shown = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ScriptError([Problem(shown, "there is no such file", "check script.file in the campaign")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError([Problem(shown, f"it cannot be read: {error}", "save it as UTF-8 text")]) from error
    return parse_script(text, shown)


def parse_script(text: str, file: str = "script") -> Script:
    """Read a script's text; `file` is how messages name it. Raises `ScriptError`."""
    from jinja2 import TemplateSyntaxError, meta

    environment = _environment()
    sections = _cut(text)
    problems: list[Problem] = []
    placeholders: set[str] = set()
    names = [section.name for section in sections]
    for section in sections:
        if names.count(section.name) > 1 and section.name in names[: sections.index(section)]:
            what = f"there already is a section {section.name!r}"
            problems.append(Problem(file, what, "give one of them another heading", line=section.line))
        for choice in section.choices:
            if choice.to not in names:
                close = did_you_mean(choice.to, names)
                what = f'the choice "{choice.label}" leads to #{choice.to}, and there is no such section'
                do = f"did you mean #{close}? Write that" if close else f"add a heading ## {choice.to}"
                problems.append(Problem(file, what, do, line=section.line))
        for source in _sources(section):
            try:
                placeholders |= meta.find_undeclared_variables(environment.parse(source))
                environment.from_string(source)  # also knows the filters
            except TemplateSyntaxError as error:
                what = f"a placeholder cannot be read: {(error.message or '').rstrip('.')}"
                do = "write it as {column}"
                problems.append(Problem(file, what, do, line=section.line + error.lineno - 1))
    if not sections:
        problems.append(Problem(file, "it has no text", "begin with a heading such as ## Opening"))
    if problems:
        raise ScriptError(problems)
    return Script(file, sections, frozenset(placeholders.difference(environment.globals)))


def render(
    script: Script, lead: Mapping[str, object], escape: Callable[[str], str] = str
) -> tuple[RenderedSection, ...]:
    """Every section with the contact's data in place; `lead` maps column names to values.

    Numbers stay numbers (so that filters can format them), None is an empty text, everything else is cleaned
    text. `escape` is applied to each cleaned text: who shows the result as HTML passes `html.escape`, so that
    no markup of a list reaches an agent's browser.

    Raises `ScriptError` when a placeholder has no column, or an expression fails on this contact's data.
    """
    data = {name: _clean(value, escape) for name, value in lead.items()}
    return tuple(_render_section(script, section, data) for section in script.sections)


def _render_section(script: Script, section: Section, data: Mapping[str, object]) -> RenderedSection:
    from jinja2 import TemplateError, UndefinedError

    def fill(source: str) -> str:
        try:
            return script._templates[source].render(data)
        except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
            lacking = sorted(_asked(section) - data.keys()) if isinstance(error, UndefinedError) else ()
            if lacking:
                raise ScriptError([_lacks(script.file, section, name, data) for name in lacking]) from None
            what = f"section {section.name!r} cannot be filled in for this contact: {error}"
            problem = Problem(script.file, what, "mend the expression, or the contact's data", line=section.line)
            raise ScriptError([problem]) from error

    choices = tuple(Choice(fill(choice.label), choice.to) for choice in section.choices)
    return RenderedSection(section.name, fill(section.title), fill(section.body).strip(), choices)


def _lacks(file: str, section: Section, name: str, data: Mapping[str, object]) -> Problem:
    close = did_you_mean(name, data)
    what = f"section {section.name!r} asks for {{{name}}}, which this contact does not have"
    do = f"did you mean {{{close}}}? Write that" if close else "add the column to the list, or remove it here"
    return Problem(file, what, do, line=section.line)


def _cut(text: str) -> tuple[Section, ...]:
    """The sections of a script. Text before the first heading is a section `opening`, a `#` title is not."""
    sections: list[Section] = []
    title, start, lines = "Opening", 1, list[str]()

    def finish() -> None:
        choices = [found for line in lines if (found := _CHOICE.match(line))]
        body = "\n".join("" if _CHOICE.match(line) else line for line in lines)
        prose = [line for line in lines if line.strip() and not line.startswith("# ")]
        if prose or start > 1:
            named = tuple(Choice(found[1].strip(), found[2]) for found in choices)
            sections.append(Section(slug(title), title, body, named, start))

    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else _HEADING.match(line)
        if heading:
            finish()
            title, start, lines = heading[1], number + 1, []
        else:
            lines.append(line)
    finish()
    return tuple(sections)


def _asked(section: Section) -> set[str]:
    """The placeholders of one section."""
    from jinja2 import meta

    environment = _environment()
    asked = (meta.find_undeclared_variables(environment.parse(source)) for source in _sources(section))
    return set().union(*asked).difference(environment.globals)


def _sources(section: Section) -> list[str]:
    """Everything of a section that may hold placeholders."""
    return [section.body, section.title, *(choice.label for choice in section.choices)]


def slug(title: str) -> str:
    """A heading's name, as Markdown makes anchors: `Not interested!` -> `not-interested`."""
    return re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-")


def _clean(value: object, escape: Callable[[str], str]) -> object:
    """A value from a list as it may stand in a script: one line of visible text, or a number."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = " ".join(str(value).split())
    visible = (char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co"))
    return escape("".join(visible)[:_LONGEST_VALUE])


def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        variable_start_string="{",
        variable_end_string="}",
        autoescape=False,  # the text is Markdown for a person; see `escape` of `render`
    )
