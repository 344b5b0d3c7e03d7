"""The preview as people see it: a terminal, JSON, one page; each says the same and nothing else is needed."""

import json
import re
import sys
from pathlib import Path

import pytest
from world import NOON, World, make_world

from campaigns.workspace import Workspace, init_workspace
from dialer.cli import main
from dialer.reports.preview import headline, meaning
from dialer.reports.preview_page import to_html
from dialer.runtime.preview import preview_of
from dnc.values import Code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("faces") / "w", people=200)


@pytest.fixture
def dialer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["dialer", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def test_terminal_and_json_say_the_same(dialer, world: World):
    words = ("--dir", world.root, "campaigns", "preview", "day", "--at", "2026-11-17T12:00")
    code, spoken, _ = dialer(*words)
    assert code == 0
    code, out, err = dialer(*words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["now"] + found["later"] + found["beyond"] + found["blocked"] == found["in_play"] <= found["numbers"]
    assert f"{found['now']:,} of {found['in_play']:,} numbers may be called now" in spoken
    assert len(found["hours"]) == 24 and found["hours"][0]["at"] == "2026-11-17T13:00:00-05:00"
    assert {each["code"] for each in found["rules"]} >= {"DNC_NATIONAL", "CONSENT_REQUIRED"}
    for rule in found["rules"]:
        assert rule["code"] in spoken and f"{rule['numbers']:,}" in spoken


def test_the_page_stands_alone(dialer, world: World, tmp_path: Path):
    page = tmp_path / "deep" / "page.html"
    code, out, err = dialer(
        "--dir", world.root, "campaigns", "preview", "day", "--at", "2026-11-17T12:00", "--html", page
    )
    assert (code, out) == (0, "") and "wrote" in err
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3 and "default-src 'none'" in text
    assert not re.search(r"(?:src|href)=\"(?!#)|@import|url\((?!#)|<script", text)
    made = preview_of(world.workspace, world.campaign, NOON)
    assert headline(made) in text and "DNC_NATIONAL" in text
    assert text == to_html(made)


def test_names_in_the_page_are_text(world: World):
    from dataclasses import replace

    made = replace(preview_of(world.workspace, world.campaign, NOON), client="<script>alert(1)</script>")
    assert "<script" not in to_html(made)


def test_without_a_list_it_says_what_to_do(dialer, tmp_path: Path):
    init_workspace(tmp_path / "w")
    name = Workspace.load(tmp_path / "w").campaign_names()[0]
    code, _, err = dialer("--dir", tmp_path / "w", "campaigns", "preview", name, "--html", tmp_path / "p.html")
    assert code == 4 and f"dialer lists load FILE --campaign {name}" in err
    assert "No list is loaded." in (tmp_path / "p.html").read_text()


def test_every_code_has_its_meaning():
    assert all(len(meaning(code).split()) > 2 for code in Code)
