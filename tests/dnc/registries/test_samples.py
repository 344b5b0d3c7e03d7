"""Every sample file ends as its line in EXPECTED.jsonl says, with its layout named and with it detected."""

from __future__ import annotations

import json

import pytest
from registry_kit import NOW, SAMPLES, at_now

from dnc.registries import RegistryStore, format_names, read

EXPECTED = [
    sample
    for sample in map(json.loads, (SAMPLES / "EXPECTED.jsonl").read_text().splitlines())
    if not sample["format"].startswith("leads.")  # contact lists are read elsewhere
]
#: A word of each expected warning's meaning -> a word of ours.
MEANINGS = {
    "UTF-8 BOM": "BOM",
    "1 duplicate": "1 duplicate",
    "punctuated": "punctuated",
    "non-ASCII digits": "non-ASCII digits",
    "quoted": "quoted",
    "format characters": "format characters",
    "zero records": "zero records",
    "NUL": "NUL",
    "scientific": "scientific",
    "bad lines >": "bad lines, more than",
    "gzip EOF/CRC": "gzip EOF/CRC",
    "last line incomplete": "last line incomplete",
    "NPA/NXX": "NPA/NXX",
    "unexpected member": "unexpected member",
    "well-formed": "well-formed",
    "leading 0": "leading 0",
    "LF instead": "LF instead",
    "3/6/8/9": "3/6/8/9",
    "not cleared": "not cleared",
    "not callable": "not callable",
    "NOT clear": "NOT clear",
    "US area code": "US area code",
    "without zone": "without zone",
    "in the future": "in the future",
    "unknown answer": "unknown answer",
    "VICIdial wildcard": "VICIdial wildcard",
}


@pytest.mark.parametrize("sample", EXPECTED, ids=[sample["file"] for sample in EXPECTED])
@pytest.mark.parametrize("by", ["layout", "family"])
def test_every_sample_ends_as_expected(sample, by):
    name = sample["format"] if by == "layout" else sample["format"].partition(".")[0]
    report = read(SAMPLES / sample["file"], name, at_now())
    assert report.outcome == sample["expected"], report.warnings
    assert list(report.numbers) == sample["numbers"]
    assert [bad.line for bad in report.bad_lines] == sample.get("bad_lines", [])
    assert report.format == sample["format"]
    for wanted in sample.get("warnings", []):
        ours = [value for key, value in MEANINGS.items() if key in wanted]
        assert ours, f"no meaning noted for {wanted!r}"
        assert any(word in said for word in ours for said in report.warnings), report.warnings


@pytest.mark.parametrize("sample", EXPECTED, ids=[sample["file"] for sample in EXPECTED])
def test_an_import_says_the_same_and_only_accepted_lists_become_versions(sample, tmp_path):
    if sample["format"] == "us_ndnc.xml_change":
        return  # needs a full list first: tested with the change lists
    store = RegistryStore(tmp_path / "registries")
    report = store.import_file(SAMPLES / sample["file"], sample["format"], options=at_now())
    assert report.outcome == sample["expected"], report.warnings
    shown = json.loads(json.dumps(report.as_dict()))
    assert {"outcome", "counts", "warnings", "bad_lines", "numbers"} <= set(shown)
    assert shown["bad_lines"] == [bad["line"] for bad in shown["bad_line_details"]] == sample.get("bad_lines", [])
    live = [row for row in store.status(NOW) if row.state == "fresh"]
    assert bool(report.version) == bool(live)
    assert not (report.outcome == "reject_file" and live)


def test_formats_can_be_named_by_family_or_layout():
    names = format_names()
    assert {sample["format"] for sample in EXPECTED} <= set(names)
    assert {"us_ndnc", "ca_dncl", "gb_tps", "au_dncr", "sg_dnc", "in_ncpr", "us_rnd"} <= set(names)
    with pytest.raises(ValueError, match="unknown format 'us_ndcn'"):
        read(SAMPLES / "us_ndnc" / "full_multi_ac.txt", "us_ndcn")
