"""The sample maker: fictitious numbers only, the same every time, and loadable."""

import importlib.util
import re
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pandas as pd
import pytest

from campaigns.lists import load_list

SCRIPT = Path(__file__).parents[3] / "scripts/make_sample"


@pytest.fixture(scope="module")
def make():
    loader = SourceFileLoader("make_sample", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_sample", loader))
    loader.exec_module(module)
    return module.main


def fictitious(numbers):
    return all(number[5:8] == "555" and number[8:] not in ("1212", "4334") for number in numbers)


def test_small_lists_use_the_reserved_lines_only(make, tmp_path):
    assert make(["--out", str(tmp_path), "--rows", "2000"]) == 0
    loaded = load_list(tmp_path / "contacts.csv")
    assert loaded.funnel.read == 2000
    assert loaded.funnel.loaded > 1700
    assert all(number[5:10] == "55501" for number in loaded.phones["e164"])
    found = {reject.code for reject in loaded.rejects}
    assert {"DUPLICATE", "HOUSEHOLD", "INVALID"} <= found
    assert 0.8 < (loaded.leads["consent_basis"] == "pewc").mean() < 0.95


def test_larger_lists_stay_in_exchange_555(make, tmp_path):
    make(["--out", str(tmp_path), "--rows", "16000", "--clean", "--second-numbers", "0"])
    loaded = load_list(tmp_path / "contacts.csv")
    assert loaded.funnel.loaded == 16000
    assert fictitious(loaded.phones["e164"])
    registry = (tmp_path / "registries/us_ndnc.txt").read_bytes()
    lines = registry.decode("ascii").split("\r\n")[:-1]
    assert all(re.fullmatch(r"[2-9]\d\d,555\d{4}", line) for line in lines)
    assert lines == sorted(set(lines))
    listed = {"+1" + line.replace(",", "") for line in lines}
    assert fictitious(listed)
    assert loaded.phones["e164"].isin(listed).mean() == pytest.approx(0.12, abs=0.01)
    assert len(listed) > 8_000


def test_the_same_seed_makes_the_same_files(make, tmp_path):
    for name in ("a", "b"):
        make(["--out", str(tmp_path / name), "--rows", "300", "--seed", "7"])
    assert (tmp_path / "a/contacts.csv").read_bytes() == (tmp_path / "b/contacts.csv").read_bytes()
    assert (tmp_path / "a/registries/us_ndnc.txt").read_bytes() == (tmp_path / "b/registries/us_ndnc.txt").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "vicidial"],
        ["--format", "vicidial", "--header", "--delimiter", "\t"],
        ["--encoding", "utf-8-sig", "--crlf", "--delimiter", ";"],
        ["--encoding", "utf-16"],
        ["--encoding", "cp1252"],
        ["--collections"],
    ],
)
def test_every_shape_loads(make, tmp_path, options):
    make(["--out", str(tmp_path), "--rows", "800", *options])
    loaded = load_list(tmp_path / "contacts.csv")
    assert loaded.funnel.loaded > 650
    if "--collections" in options:
        assert pd.to_numeric(loaded.leads["balance"]).gt(0).all()
        assert loaded.leads["debt_id"].str.startswith("D").all()


@pytest.mark.slow
def test_a_hundred_thousand_rows_load_in_ten_seconds(make, tmp_path):
    make(["--out", str(tmp_path), "--rows", "30000"])  # a part of them in its part of the time
    began = time.process_time()
    loaded = load_list(tmp_path / "contacts.csv")
    assert time.process_time() - began < 3
    assert loaded.funnel.read == 30_000
