"""Files damaged at random: no traceback, nothing lost in silence, and a file cut short never passes for another."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from examiner import judge
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.registries import format_names

#: A whole small list of each layout: its header, and lines with what the report shows of each.
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "us_ndnc.flat_full": ("", {f"919,55501{n}": f"+191955501{n}" for n in range(10, 18)}),
    "us_ndnc.flat_full_10": ("", {f"91955501{n}": f"+191955501{n}" for n in range(10, 18)}),
    "us_ndnc.flat_change": (
        "",
        {f"919,55501{n},2026-11-20,{'AD'[n % 2]}": f"{'AD'[n % 2]}:+191955501{n}" for n in range(10, 18)},
    ),
    "gb_tps.fixed12": ("", {f"020794601{n} \r": f"+4420794601{n}" for n in range(10, 18)}),
    "gb_tps.fixed12_spaces": ("", {f"0207 94601{n}\r": f"+4420794601{n}" for n in range(10, 18)}),
    "au_dncr.input": ("", {f"02555001{n}": f"+612555001{n}" for n in range(10, 18)}),
    "au_dncr.result": (
        "",
        {f"02555001{n},{'YN'[n % 2]}": f"{('listed', 'clear')[n % 2]}:+612555001{n}" for n in range(10, 18)},
    ),
    "sg_dnc.upload": ("", {f"612345{n}": f"+65612345{n}" for n in range(10, 18)}),
    "sg_dnc.result": (
        "Number,No Voice Call",
        {f"612345{n},{'YN'[n % 2]}": f"{('listed', 'clear')[n % 2]}:+65612345{n}" for n in range(10, 18)},
    ),
    "in_ncpr.legacy": (
        "Phone Numbers,Preferences,Opstype",
        {f"11555501{n},0,A": f"full_block:+9111555501{n}" for n in range(10, 18)},
    ),
    "us_wireless.blocks": ("", {f"91955{n}": f"block:91955{n}" for n in range(10, 18)}),
    "us_wireless.ported": ("", {f"91955501{n}": f"+191955501{n}" for n in range(10, 18)}),
    "us_rnd.response": (
        "",
        {
            f"91955501{n},2026-01-10,{answer}": f"{answer}:+191955501{n}"
            for n, answer in enumerate(("yes", "no", "no_data", "no"), 10)
        },
    ),
    "litigator.vendor": ("name,phone", {f'"Doe, J",91955501{n}': f"+191955501{n}" for n in range(10, 18)}),
    "vicidial.dnc": ("", {"201XXXXXXX": "npa:201", **{f"91955501{n}": f"+191955501{n}" for n in range(10, 17)}}),
    "vicidial.campaign_dnc": ("", {f"91955501{n},C{n}": f"C{n}:+191955501{n}" for n in range(10, 18)}),
    "internal_dnc.v1": (
        "scope,requested_at,phone",
        {f"all,2026-11-20T15:04:05Z,+191955501{n}": f"+191955501{n}" for n in range(10, 18)},
    ),
    "e164.flat": ("", {f"+3933312345{n}": f"+3933312345{n}" for n in range(10, 18)}),
}

SPLINTERS: list[bytes] = [
    b"\n", b"\r", b"\0", b",", b";", b"\t", b'"', b"'", b"<", b"<html>", b"&", b"\xff", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"E+09", b"X", b"A", b"-", b"+", b"0" * 40, b"=", b"\x1a", b"\x1b[2J", b"PK\x03\x04", b"\x1f\x8b",
    b"\x0b", *(text.encode() for text in ("２", "٣", "²", "①", "\u200b", "\u2028", "“", "–")),
]  # fmt: skip

damage = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 400), st.sampled_from(SPLINTERS)),
    st.tuples(st.just("flip"), st.integers(0, 400), st.integers(0, 7)),
    st.tuples(st.just("drop"), st.integers(0, 400), st.integers(1, 12)),
    st.tuples(st.just("cut"), st.integers(0, 400), st.none()),
)


def damaged(data: bytes, blows: Sequence[tuple]) -> bytes:
    out = bytearray(data)
    for kind, place, what in blows:
        at = place % (len(out) + 1)
        if kind == "insert":
            out[at:at] = what
        elif kind == "flip" and at < len(out):
            out[at] ^= 1 << what
        elif kind == "drop":
            del out[at : at + what]
        elif kind == "cut":
            del out[at:]
    return bytes(out)


def text_of(layout: str) -> str:
    head, lines = LISTS[layout]
    return "\n".join([*([head] if head else []), *lines]) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lists")


@given(layout=st.sampled_from(sorted(LISTS)), blows=st.lists(damage, min_size=1, max_size=3))
@settings(max_examples=250, deadline=None, derandomize=True)
def test_lines_that_were_not_hit_are_on_the_list_or_the_list_is_refused(folder, layout, blows):
    data = damaged(text_of(layout).encode(), blows)
    report = judge(folder, data, layout)
    if report.accepted:
        expected = LISTS[layout][1]
        whole = {expected[line] for line in data.decode().split("\n") if line in expected}
        assert whole <= set(report.numbers or ())


@given(
    layout=st.sampled_from(sorted(LISTS)),
    named=st.sampled_from(format_names()),
    blows=st.lists(damage, max_size=2),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_list_under_any_name_ends_with_a_report(folder, layout, named, blows):
    judge(folder, damaged(text_of(layout).encode(), blows), named)


@pytest.mark.parametrize("layout", sorted(LISTS))
def test_a_list_cut_at_any_byte_never_gives_a_number_it_does_not_have(folder, layout):
    whole = text_of(layout)
    known = set(LISTS[layout][1].values())
    for cut in range(len(whole)):
        report = judge(folder, whole[:cut].encode(), layout)
        if report.accepted:
            assert set(report.numbers or ()) <= known, whole[:cut]


@given(
    st.sampled_from(["gb_tps.fixed12", "e164.flat", "us_ndnc.flat_full"]),
    st.lists(st.text("0123456789 +,-", min_size=9, max_size=13), min_size=1, max_size=2),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_many_lines_at_once_are_read_as_each_of_them_alone(folder, layout, texts, end):
    for text in texts:
        many = judge(folder, f"{text}{end}".encode() * 30, layout)
        alone = judge(folder, f"x\n{text}{end}".encode(), layout)  # two lengths: the careful way
        assert (many.numbers or ()) == (alone.numbers or ()), text
        assert bool(many.bad_lines) == (len(alone.bad_lines) > 1), text


@given(st.sampled_from(["0207 9460", "01632 960", "+39333123", "919,555"]), st.integers(0, 9999))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_many_good_lines_at_once_are_read_as_each_of_them_alone(folder, start, rest):
    layout = {"0": "gb_tps.fixed12", "+": "e164.flat", "9": "us_ndnc.flat_full"}[start[0]]
    text = f"{start}{rest:0{12 - len(start) if layout != 'us_ndnc.flat_full' else 4}d}"
    many = judge(folder, f"{text}\r\n".encode() * 30, layout)
    alone = judge(folder, f"x\n{text}\r\n".encode(), layout)
    assert (many.numbers or ()) == (alone.numbers or ())
