"""Flat lists: the fast way and the careful way read the same; nothing damaged passes for a list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_kit import at_now, e164

from dnc.registries import read
from dnc.registries.cleanlines import clean_pieces, flat_table

number = st.builds(lambda n: 9_195_550_100 + n, st.integers(0, 99))
LAYOUTS = [
    lambda n: f"{n // 10**7},{n % 10**7:07d}\n",
    lambda n: f"{n // 10**7},{n % 10**7:07d}\r\n",
    lambda n: f"{n}\n",
    lambda n: f"{n}\r\n",
    lambda n: f"({n // 10**7}) {n // 10**4 % 1000}-{n % 10**4:04d}\n",
    lambda n: f'"{n // 10**7}","{n % 10**7:07d}"\n',
    lambda n: f"+1 {n}\n",
    lambda n: f"\u200b{n}\n",
    lambda n: "".join(chr(0x0660 + int(d)) for d in str(n)) + "\n",
]


@given(st.lists(st.tuples(number, st.sampled_from(LAYOUTS)), min_size=1, max_size=40), st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_any_mixture_of_layouts_gives_the_same_numbers(tmp_path_factory, rows, repeat):
    # Long stretches of one layout, so that both ways are taken and cut at many places.
    path = tmp_path_factory.mktemp("lists") / "list.txt"
    with path.open("w", newline="") as file:
        for n, layout in rows:
            file.write(layout(n) * repeat)
    report = read(path, "us_ndnc.flat_full", at_now())
    assert report.accepted, report.warnings
    assert list(report.numbers) == list(dict.fromkeys(e164(n) for n, _ in rows))
    assert report.counts.lines == len(rows) * repeat
    assert report.counts.duplicates == len(rows) * repeat - report.counts.numbers


@given(st.lists(st.sampled_from(["919,5550101\n", "9195550102\n", "x\n", "\n", "919,555010\n"]), max_size=900))
@settings(max_examples=40, deadline=None)
def test_cutting_a_block_loses_no_byte(lines):
    block = "".join(lines).encode()
    pieces = list(clean_pieces(block, flat_table))
    assert b"".join(piece for piece, _ in pieces) == block
    assert all(len(numbers) == piece.count(b"\n") for piece, numbers in pieces if numbers is not None)


def test_a_bad_line_deep_inside_is_found_with_its_number(tmp_path):
    path = tmp_path / "list.txt"
    lines = [f"919,{5_550_000 + n % 10_000}\n" for n in range(200_000)]
    lines[123_456] = "919,55501o1\n"
    path.write_text("".join(lines))
    report = read(path, "us_ndnc", at_now())
    assert report.outcome == "accept_with_warnings"
    assert [(bad.line, bad.reason) for bad in report.bad_lines] == [(123_457, "letters in a number")]
    assert report.counts.lines == 200_000
    assert report.counts.numbers == 10_000
    assert report.numbers is None
    assert "numbers" not in report.as_dict()


def test_more_than_a_thousandth_of_bad_lines_refuses_the_file(tmp_path):
    path = tmp_path / "list.txt"
    good = [f"919,{5_550_000 + n}\n" for n in range(10_000)]
    path.write_text("".join(["bad\n"] * 10 + good))
    assert read(path, "us_ndnc", at_now()).outcome == "accept_with_warnings"
    path.write_text("".join(["bad\n"] * 11 + good))
    report = read(path, "us_ndnc", at_now())
    assert report.outcome == "reject_file"
    assert "0.11% bad lines" in report.warnings[0]


HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>919,5550101</body></html>\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "zero records"),
        (" \r\n\r\n", "zero records"),
        (HTML, "HTML"),
        ("\n\n  " + HTML, "HTML"),
        ("919,5550101\n" * 5_000 + HTML, "markup"),
        ('{"error": "session expired"}\n', "bad lines"),
        ("919,5550101\n919,5550102,2026-11-20,A\n", "bad lines"),
        ("9.195550101E+09\n" + "9195550102\n" * 5_000, "scientific"),
        ("9195550101.0\n", "bad lines"),
        ("212555O123\n", "bad lines"),
        ("919,5550101\n" * 5_000 + "919,55501", "last line incomplete"),
        ("9" * 100_000, "without end"),
        ("919,555²123\n", "bad lines"),
        ("+919195550101\n", "bad lines"),
        ("1919,5550101\n5550101\n", "bad lines"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(tmp_path, text, word):
    path = tmp_path / "list.txt"
    path.write_text(text, newline="")
    report = read(path, "us_ndnc.flat_full", at_now())
    assert report.outcome == "reject_file"
    assert any(word in warning for warning in report.warnings), report.warnings


@pytest.mark.parametrize("data", [b"919,5550101\n919,555\xe9101\n", b"\xfe\xff\x009\x001", b"919,5550101\n\x00\n"])
@pytest.mark.parametrize("family", ["us_ndnc", "ca_dncl", "gb_tps", "litigator", "internal_dnc", "e164"])
def test_bytes_that_are_no_text_are_refused(tmp_path, data, family):
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    assert read(path, family, at_now()).outcome == "reject_file"


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_no_bytes_make_a_reader_fall_over(tmp_path_factory, data):
    from dnc.registries import FORMATS

    path = tmp_path_factory.mktemp("bytes") / "list.txt"
    path.write_bytes(data)
    for name in FORMATS:
        report = read(path, name, at_now())
        assert report.accepted or report.warnings


def test_lone_cr_line_ends_are_read_and_noted(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"919,5550101\r919,5550102\r919,5550103\r")
    report = read(path, "us_ndnc", at_now())
    assert report.outcome == "accept_with_warnings"
    assert report.counts.numbers == 3


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path):
    assert read(tmp_path / "nothing.txt", "us_ndnc", at_now()).outcome == "reject_file"
    assert read(tmp_path, "us_ndnc", at_now()).outcome == "reject_file"


def test_bad_lines_are_masked(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("919,555010x\n")
    assert read(path, "us_ndnc", at_now()).bad_lines[0].text == "919,555xxxx"
    path.write_text("919,55501011\n")
    assert read(path, "us_ndnc", at_now()).bad_lines[0].text == "919,555xxxxx"


def test_a_padded_british_list_cut_short_inside_its_last_number_is_refused(tmp_path):
    path = tmp_path / "tps.txt"
    whole = b"02079460101 \r\n01632960101 \r\n"
    path.write_bytes(whole)
    assert read(path, "gb_tps", at_now()).outcome == "accept"
    for cut in range(1, 14):
        path.write_bytes(whole[: len(whole) - cut])
        report = read(path, "gb_tps.fixed12", at_now())
        # Only the line end itself may be missing: all twelve characters are there.
        assert report.accepted == (cut <= 2), (cut, report)
