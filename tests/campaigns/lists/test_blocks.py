"""A list read as columns has the rows, the lines and the errors of a list read row by row."""

import csv
import io
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.lists import ListError
from campaigns.lists.blocks import blocks_of
from campaigns.lists.reading import recognise, records

FIELDS = ("phone", "first_name", "city", "postal_code")


def as_csv(rows, end, quoting):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


cell = st.one_of(
    st.sampled_from(["", "2125550123", "Ann", 'say "so"', "a,b", "x\ny", "\r\n", " é ", '"', 'in"ch', "\x00"]),
    st.text(alphabet='ab",\n\r é', max_size=6),
)
row = st.lists(cell, min_size=0, max_size=6)
written = st.builds(
    as_csv,
    st.lists(row, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
#: What somebody's own program may write: cells joined by commas, whatever is in them.
careless = st.lists(st.text(alphabet='ab",\n é5', max_size=12), max_size=12).map("\n".join)


def plainly(source):
    """What `records` gives: line and cells, too wide rows emptied; or the error."""
    at = source.layout.fields
    found = []
    for line, row in records(source):
        wide = len(row) > source.width and any(each.strip() for each in row[source.width :])
        cells = [row[at[f]] if f in at and at[f] < len(row) and not wide else "" for f in FIELDS]
        found.append((line, wide, cells))
    return found


def in_blocks(source, size):
    found = []
    for block in blocks_of(source, size):
        sheet = block.read(FIELDS)
        texts = [sheet.texts[f].to_pylist() if f in sheet.texts else [""] * len(sheet) for f in FIELDS]
        found += [
            (line, wide, list(cells))
            for line, wide, *cells in zip(sheet.lines.tolist(), sheet.wide.tolist(), *texts, strict=True)
        ]
    return found


def assert_alike(path, size):
    try:
        source = recognise(path)
    except ListError:
        return  # no list for either
    said = []
    for way in (plainly, lambda each: in_blocks(each, size)):
        try:
            said.append(way(source))
        except ListError as error:
            said.append(str(error))
    assert said[0] == said[1]


@given(st.one_of(written, careless), st.sampled_from([1, 7, 40, 10_000]), st.booleans())
@settings(max_examples=400, deadline=None)
@example('"x\n5,', 1, True)
@example("2125550123,Ann,Rome,1\n5", 10_000, False)
@example('2125550123,"Ann\nB",Rome,1\n\n\n212555,Al', 1, False)
def test_identical_to_reading_row_by_row(tmp_path_factory, body, size, quoted):
    path = tmp_path_factory.mktemp("list") / "list.csv"
    header = '"phone","first_name",city,postal_code' if quoted else "phone,first_name,city,postal_code"
    path.write_text(f"{header}\n{body}", encoding="utf-8", newline="")
    assert_alike(path, size)


@pytest.mark.parametrize("size", [64, 1_000, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_long_dirty_list(tmp_path, end, size):
    rng = random.Random(3)
    rows = [
        [f"212555{n:04d}", rng.choice(["Ann", 'An "A" n', "Zoë", " x "]), rng.choice(["Rome, GA", "", "B\nC"]), "0123"]
        for n in range(400)
    ]
    for n in rng.sample(range(400), 30):
        rows[n] = rng.choice([[], rows[n][:2], [*rows[n], "more"], [*rows[n], " "], [""]])
    path = tmp_path / "list.csv"
    text = as_csv([["phone", "first_name", "city", "postal_code"], *rows], end, csv.QUOTE_ALL)
    path.write_text(text, encoding="utf-8", newline="")
    found = in_blocks(recognise(path), size)
    assert found == plainly(recognise(path))
    assert sum(wide for _, wide, _ in found) > 0 and len(found) == 400


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "list.csv"
    people = "".join(f"21255501{n:02d},Zoë,Genève,1\r\n" for n in range(40))
    path.write_bytes(f"phone;first_name;city;postal_code\r\n{people}".replace(",", ";").encode(encoding))
    source = recognise(path, encoding="cp1252" if encoding == "cp1252" else None)
    assert in_blocks(source, 50) == plainly(source)
    assert in_blocks(source, 50)[3][2] == ["2125550103", "Zoë", "Genève", "1"]


def test_a_list_without_header_line(tmp_path):
    path = tmp_path / "vicidial.csv"
    path.write_text("".join(f"{n},src,101,1,212555{n:04d},,Ann,,Lee,,,,Rome,GA,,30161,USA\n" for n in range(100, 160)))
    assert in_blocks(recognise(path), 200) == plainly(recognise(path))


def test_an_empty_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("phone,first_name\n")
    assert in_blocks(recognise(path), 100) == []


def test_bytes_that_are_no_text_are_named_by_line(tmp_path):
    path = tmp_path / "list.csv"
    people = [f"212555{n:04d},Ann".encode() for n in range(3_000)]
    people[2_000] = b"2125552000,Zo\xeb"
    path.write_bytes(b"phone,first_name\n" + b"\n".join(people))
    source = recognise(path, encoding="utf-8")
    for size in (10, 1_000, 1 << 20):
        with pytest.raises(ListError, match=r"line 2002: the text is not utf-8"):
            in_blocks(source, size)
    people[1_990] = b'2125551990,"Ann\n"'  # its block is read row by row
    path.write_bytes(b"phone,first_name\n" + b"\n".join(people))
    with pytest.raises(ListError, match=r"line 2003: the text is not utf-8"):
        in_blocks(recognise(path, encoding="utf-8"), 1 << 20)
