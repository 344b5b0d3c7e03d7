"""What the tests of the documentation share: the pages, their commands, links and tables."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "campaigns" / "templates" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SHELLS = ("console", "cron", "ini")
#: A command behind a prompt, a path, a variable or cron's five fields; and what ends it.
_COMMAND = re.compile(r"(?:^|[ /=])dialer ([a-z-].*)")
_NEXT = re.compile(r" *(?:[;|&]| \d?[<>]).*")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def fences(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of every fenced block."""
    for _, language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        yield language, text


def commands(page: Path) -> Iterator[list[str]]:
    """Every `dialer ...` of a page, in fenced blocks, indented blocks and code spans, as words."""
    lines = [line for language, text in fences(page) if language in _SHELLS for line in text.splitlines()]
    lines += [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("    dialer ")]
    lines += [code for code in _CODE.findall(prose(page)) if code.startswith("dialer ")]
    for line in lines:
        found = None if line.startswith("#") else _COMMAND.search(line)
        if found is not None:
            yield shlex.split(_NEXT.split(found[1])[0], comments=True)


def links(page: Path) -> Iterator[str]:
    """Every relative link or picture."""
    for link, picture in _LINK.findall(prose(page)):
        target = link or picture
        if not re.match(r"[a-z]+:", target):
            yield target


def headings(page: Path) -> set[str]:
    """The anchors that a page's headings have on GitHub."""
    found = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in found}


def rows(page: Path, first: str) -> list[list[str]]:
    """The cells of all rows of the tables whose first heading is `first`."""
    found: list[list[str]] = []
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[0] == first:
            inside = True
        elif inside and not set(cells[0]) <= {"-"}:
            found.append(cells)
    return found
