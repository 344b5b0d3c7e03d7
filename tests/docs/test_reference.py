"""The command line reference is made from the commands, and every command explains itself."""

import pytest
from pages import ROOT
from typer.core import TyperArgument

from dialer.cli.reference import commands, name_of, reference_page, root

COMMANDS = dict(commands())


def test_the_page_is_what_the_commands_say():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == reference_page(), "run: python -m dialer.cli.reference > docs/cli.md"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_and_an_example(name):
    text = COMMANDS[name].help or ""
    assert len(text.split()) > 3, "a command needs help"
    assert "Example: `dialer " in text, "its help needs a line: Example: `dialer ...`"
    example = text.split("Example: `", 1)[1].split("`", 1)[0]
    assert example.startswith(name), "the example is of another command"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_has_help(name):
    silent = [
        name_of(each) if isinstance(each, TyperArgument) else each.opts[0]
        for each in COMMANDS[name].params
        if not (getattr(each, "help", None) or "").strip()
    ]
    assert not silent, f"without help: {', '.join(silent)}"


def test_every_noun_has_help():
    assert all((group.help or "").strip() for group in root().commands.values())


def test_the_page_names_every_exit_code():
    page = reference_page()
    assert all(f"| {code} |" in page for code in range(5))
