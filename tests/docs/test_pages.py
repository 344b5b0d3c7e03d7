"""What the pages show exists: commands, options, links, tests. No page knows the computer it was written on."""

import re
from functools import cache

import pytest
from pages import PAGES, ROOT, commands, headings, links, named, prose
from typer.core import TyperArgument, TyperGroup, TyperOption

from dialer.cli import reference

#: Made by programs; their long lines are nobody's.
MADE = ("docs/cli.md", "docs/compliance/rules.md", "docs/developers/states.md")
MACHINE = re.compile(r"/(?:home|root|tmp|Users)/|index-url")
root = cache(reference.root)
every_page = pytest.mark.parametrize("page", PAGES, ids=named)


def mistakes(words: list[str]) -> list[str]:
    """What is wrong with a command line, judged by the commands' own tables."""
    if "--" in words:  # behind it stands a command of its own
        here = words.index("--")
        own, inner = [*words[:here], "COMMAND"], words[here + 1 :]
        return mistakes(own) + (mistakes(inner) if inner != ["COMMAND"] else [])
    node = root()
    known = {option: each for each in node.params if isinstance(each, TyperOption) for option in each.opts}
    positions = 0
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("-"):
            name, _, value = word.partition("=")
            option = known.get(name)
            if option is None and name not in ("--help", "-h"):
                return [f"there is no option {name}"]
            if option is not None and not option.is_flag and not value and waiting:
                waiting.pop(0)
        elif isinstance(node, TyperGroup):
            if "|" in word:
                ways = [mistakes([*words[: words.index(word)], each]) for each in word.split("|")]
                return [each for way in ways for each in way]
            if word not in node.commands:
                return [f"there is no command {word!r}"]
            node = node.commands[word]
            known = {option: each for each in node.params if isinstance(each, TyperOption) for option in each.opts}
        else:
            positions += 1
    arguments = [each for each in node.params if isinstance(each, TyperArgument)]
    if positions > len(arguments) and not any(each.nargs == -1 for each in arguments):
        return ["too many arguments"]
    return []


@every_page
def test_commands_and_options_exist(page):
    wrong = [f"dialer {' '.join(words)}: {each}" for words in commands(page) for each in mistakes(words)]
    assert not wrong, "\n".join(wrong)


def test_the_checker_sees_mistakes():
    assert mistakes(["nonsense"]) and mistakes(["run", "x", "--nonsense"]) and mistakes(["dnc", "add|nonsense"])
    assert mistakes(["run", "one", "two"]) and mistakes(["daily", "x", "--", "nonsense"])
    assert not mistakes(["--dir", "x", "campaigns", "check", "a", "b"])
    assert len(list(commands(ROOT / "docs" / "operators" / "README.md"))) > 15


@every_page
def test_links_resolve(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in headings(target), f"{link}: no such heading"


@every_page
def test_no_page_knows_a_machine(page):
    found = MACHINE.search(page.read_text(encoding="utf-8"))
    assert found is None, f"{found[0] if found else ''} is of some computer"


@pytest.mark.parametrize("page", [page for page in PAGES if named(page) not in MADE], ids=named)
def test_lines_are_whole_and_short(page):
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        assert line == line.rstrip(), f"line {number} ends with spaces"
        assert line.startswith("|") or "](" in line or len(line) <= 160, f"line {number} is long"


def test_tests_that_the_developers_page_names_exist():
    page = ROOT / "docs" / "developers" / "README.md"
    named_tests = re.findall(r"\]\((\.\./\.\./tests/[^)]+)\) `(test_\w+)`", prose(page))
    assert len(named_tests) >= 9
    for path, name in named_tests:
        text = (page.parent / path).resolve().read_text(encoding="utf-8")
        assert f"def {name}(" in text, f"{path} has no {name}"


def test_folders_that_contributing_names_exist():
    for cells in re.findall(
        r"^\| (`(?:dnc|campaigns|dialer|tests|docs)/[^|]+) \|", prose(ROOT / "CONTRIBUTING.md"), re.M
    ):
        names = re.findall(r"`([^`]+)`", cells)
        room = ROOT / names[0].split("/")[0]
        for name in names:
            assert (ROOT / name).exists() or (room / name).exists(), f"{name} does not exist"


def test_contributing_names_every_room():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for top in ("dnc", "campaigns", "dialer"):
        for folder in (ROOT / top).iterdir():
            if (folder / "__init__.py").is_file():
                assert f"`{top}/{folder.name}/`" in text, f"{top}/{folder.name} is not in the listing"


def test_the_scripts_that_pages_name_exist():
    for page in PAGES:
        for script in re.findall(r"(?<![\w/.])scripts/(\w+)", page.read_text(encoding="utf-8")):
            if script in ("collections", "telemarketing"):
                continue  # of a working folder
            assert (ROOT / "scripts" / script).is_file(), f"{named(page)}: there is no scripts/{script}"
