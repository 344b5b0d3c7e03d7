"""The page for supervisors says what the table of roles says."""

import re
from pathlib import Path

from dialer.web.accounts import ALLOWED, OFFICE, Act
from dialer.web.accounts_secrets import SHORTEST

PAGE = Path(__file__).parents[2] / "docs" / "supervisors" / "README.md"


def test_the_table_of_roles_and_acts():
    text = PAGE.read_text(encoding="utf-8")
    assert "| act | " + " | ".join(OFFICE) + " |" in text
    shown = re.findall(r"^\|[^|]*\(`(\w+)`\) \|(.*)\|$", text, re.M)
    assert {act for act, _ in shown} == {act.value for act in Act}
    for act, cells in shown:
        assert [cell.strip() for cell in cells.split("|")] == ["yes" if act in ALLOWED[r] else "no" for r in OFFICE]
    assert f"at least {SHORTEST} characters" in text
