"""What the compliance guide shows is what happens."""

import re
from pathlib import Path

from dnc.rules import load

GUIDE = (Path(__file__).parents[2] / "docs" / "compliance" / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_guide_says(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_overlay_of_the_guide_is_read(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    book = load(tmp_path)
    assert [s.jurisdiction for s in book.suspensions] == ["US-LA"]
    assert book.version != load().version
