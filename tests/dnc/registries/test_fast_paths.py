"""What is read column-wise comes to exactly what reading it line by line, or tag by tag, comes to."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from registry_kit import at_now

from dnc.registries import abroad, cleantags, flat, markup, unpack
from dnc.registries.bitmap import BitmapBuilder
from dnc.registries.formats import read_into
from dnc.registries.ordered import distinct, first_of_each, holds


def everything(path, name, limit):
    """All a reading comes to: the report, the numbers with their tags, and the area codes."""
    reading = read_into(path, name, at_now(bad_line_limit=limit))
    collector = reading.collector
    columns = collector.finish() if isinstance(collector, BitmapBuilder) else collector.columns()
    return reading.report.as_dict(), [column.tolist() for column in columns], reading.area_codes


def assert_alike(path, name, limit, module, fast_way, never):
    """The same file by the fast way, and by the careful way alone because `never` stands in its place."""
    fast = everything(path, name, limit)
    with patch.object(module, fast_way, never):
        assert everything(path, name, limit) == fast


# Clean lines of each layout, and lines as a reader may meet them among those.
CLEAN = {
    "us_ndnc.flat_full": ["919,5550101\n", "2125550142\n", "919,5550188\r\n"],
    "gb_tps.fixed12": ["0207 9460101\r\n", "01632 960123\r\n", "07700900101 \r\n", "07700 900102\r\n"],
    "e164.flat": ["+33199000101\n", "+33261910103\n", "+33199000102\r\n"],
}
ODD = {
    "us_ndnc.flat_full": [
        *["911,5550101\n", "119,5550101\n", "919,155010l\n", "919,1550101\n", "(919) 555-0101\n", "\n", "9195550101"],
        *["9.19555E+09\n", "\u200b919,5550101\n", "416,5550101\n", '"919","5550101"\n', "919,55501011\n"],
    ],
    "gb_tps.fixed12": [
        *["0207 9460101\n", " 07700900101\r\n", "0 1 632960123", "016977 0000 \r\n", "0500 000000 \r\n", "\r\n"],
        *["2079460101\r\n", "0107 94601\r\n", "0207 946O101\r\n", "            \r\n", "0207 9460101 \r\n"],
        *["+442079460101\r\n", "0207\t9460101\r\n", "0207 9460101\r", "00079460101 \r\n", "0700 000000 \r\n"],
    ],
    "e164.flat": [
        *["+12125550142\n", "+493023125000\n", "+331990001\n", "+03199000101\n", "33199000101\n", "+33 1 99000101\n"],
        *["+99999000101\n", "+33199000101", "+331990001012\n", "+33l99000101\n", "\n"],
    ],
}
FAST = {
    "us_ndnc.flat_full": (flat, "flat_table"),
    "gb_tps.fixed12": (abroad, "tps_table"),
    "e164.flat": (abroad, "e164_table"),
}


def no_table(block, at, most):
    del block, at, most
    return np.zeros(0, dtype=np.uint64), 1


@pytest.mark.parametrize("name", FAST)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_lines_are_read_alike_fast_and_with_care(tmp_path_factory, name, data):
    clean = st.tuples(st.sampled_from(CLEAN[name]), st.integers(1, 400))
    odd = st.tuples(st.sampled_from(ODD[name]), st.integers(1, 3))
    chosen = data.draw(st.lists(clean | odd, min_size=1, max_size=8))
    limit = data.draw(st.sampled_from([0.001, 1.0]))
    path = tmp_path_factory.mktemp("lines") / "list.txt"
    path.write_text("".join(line * count for line, count in chosen), newline="")
    with patch.object(unpack, "BLOCK", data.draw(st.sampled_from([700, 4_000, 2**20]))):
        assert_alike(path, name, limit, *FAST[name], no_table)


@pytest.mark.parametrize("name", FAST)
def test_any_byte_changed_is_seen_by_both(tmp_path, name):
    """Every byte of a clean line, changed to bytes of every kind, deep inside a clean block."""
    rng = np.random.default_rng(5)
    path = tmp_path / "list.txt"
    for line in CLEAN[name]:
        for place in range(len(line)):
            for byte in rng.choice(list(b'09/:aO \t,.+-\r\n"<\xc2'), 2, replace=False).tolist():
                changed = bytearray(line.encode())
                changed[place] = byte
                path.write_bytes(line.encode() * 150 + bytes(changed) + line.encode() * 150)
                assert_alike(path, name, 1.0, *FAST[name], no_table)


blanks = st.text(" \n\t", max_size=9) | st.sampled_from(["", "\n", "\r\n", " ", "\r", "\r\r\n", "\n\r"])
forms = st.sampled_from(
    ["<ph val='{}' />", "<ph val='{}'/>", '<ph val="{}" />', "<ph  val='{}' />", "<ph val='{}'></ph>"]
)


@st.composite
def stretches(draw):
    """Some to many plain entries with blanks between them, of one or two kinds."""
    first = draw(st.integers(2_000_000, 9_000_000))
    form, gaps = draw(forms), draw(st.lists(blanks, min_size=1, max_size=2))
    return "".join(form.format(first + n) + gaps[n % len(gaps)] for n in range(draw(st.integers(1, 120))))


harmless = st.sampled_from(
    [
        *[
            "<ph val='1550101' />",
            "<ph val='55501O1' />",
            "<ph val='5550101' x='1' />",
            "<ph val='5550101' type='A' />",
        ],
        *["<!-- nobody -->", "<?pi of no meaning?>", "\r", "\n\n", "&#32;", "</ac>\n<ac val='416'>\r\n"],
    ]
)
harmful = st.sampled_from(
    [
        *[
            "text",
            "</list>",
            "</ac>",
            "<ph val='5550101'>",
            "<ac val='212'>",
            "<x/>",
            "&amp;",
            "<!DOCTYPE x>",
            "<",
            "]]>",
        ],
        "\xff",
    ]
)
around = st.sampled_from(
    [
        *[("<!-- ", " -->"), ("<![CDATA[", "]]>"), ("<?pi ", "?>"), ("<ac val='", "'>"), ("<!-- ", "")],
        *[("</ac>", "<ac val='919'>"), ("<ph val='5550100'>", "</ph>")],
    ]
)
wrapped = st.builds(lambda ends, inner: ends[0] + inner + ends[1], around, stretches())


@given(
    parts=st.lists(stretches() | harmless, min_size=1, max_size=8),
    spoiled=st.lists(st.tuples(st.integers(0, 8), harmful | wrapped), max_size=2),
    block=st.sampled_from([50, 600, 5_000, 2**20]),
    piece=st.sampled_from([64, 1_000, 2**18]),
    cut=st.floats(0, 1) | st.none(),
    limit=st.sampled_from([0.001, 1.0]),
)
@example(
    ["<ph val='5550101' />\n" * 100],
    [(0, "<!-- " + "<ph val='5550102' />\n" * 99 + " --><x/>")],
    2**20,
    2**18,
    None,
    1.0,
)
@settings(max_examples=100, deadline=None)
def test_xml_is_read_alike_fast_and_with_care(tmp_path_factory, parts, spoiled, block, piece, cut, limit):
    parts = list(parts)
    for where, what in spoiled:
        parts.insert(where % (len(parts) + 1), what)
    text = "<list type='full' level='all' val=''>\n<ac val='919'>\n" + "".join(parts) + "</ac>\n</list>\n"
    data = text.encode("latin-1")
    path = tmp_path_factory.mktemp("xml") / "list.xml"
    path.write_bytes(data if cut is None else data[: int(cut * len(data))])
    with patch.object(unpack, "BLOCK", block), patch.object(cleantags, "_PIECE", piece):
        assert_alike(path, "us_ndnc.xml_full", limit, markup, "plain_runs", lambda block: [block])


def test_a_long_xml_list_is_read_by_the_fast_way_and_its_bad_lines_keep_their_numbers(tmp_path):
    """Of 60,000 entries the parser sees only the odd ones, and it still tells their lines."""
    entries = [f"<ph val='{2_000_000 + n}' />" for n in range(60_000)]
    entries[12_345] = "<ph val='1234567' />"
    entries[44_444] = "<!-- nobody -->"
    path = tmp_path / "list.xml"
    path.write_text("<list type='full' level='ac' val='919'>\n<ac val='919'>\n" + "\n".join(entries) + "\n</ac></list>")
    seen = []
    with patch.object(markup._Document, "_number", autospec=True, side_effect=markup._Document._number) as number:
        report = read_into(path, "us_ndnc.xml_full", at_now()).report
        seen = [call.args[1]["val"] for call in number.call_args_list]
    assert report.outcome == "accept_with_warnings"
    assert [(bad.line, bad.reason) for bad in report.bad_lines] == [(12_348, "not a seven-digit number [2-9]XXXXXX")]
    assert (report.counts.numbers, report.counts.lines) == (59_998, 59_999)
    assert "1234567" in seen and len(seen) < 100


def test_a_mark_cannot_be_guessed(tmp_path):
    """An element of a name like the marks' is as foreign as any other."""
    path = tmp_path / "list.xml"
    path.write_text("<list type='full' level='all' val=''><ac val='919'><run0 at='0'/></ac></list>")
    report = read_into(path, "us_ndnc.xml_full", at_now()).report
    assert report.outcome == "reject_file"
    assert "unexpected <run0>" in report.warnings[0]


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 50)))
def test_ordered_columns_are_what_numpys_sets_are(values, asked):
    column, wanted = np.array(values, dtype=np.uint64), np.array(asked, dtype=np.uint64)
    assert distinct(column).tolist() == np.unique(column).tolist()
    assert np.sort(column)[first_of_each(np.sort(column))].tolist() == np.unique(column).tolist()
    assert holds(distinct(column), wanted).tolist() == np.isin(wanted, column).tolist()
