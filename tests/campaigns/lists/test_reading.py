"""Files as suppliers send them: told right, or refused with one sentence."""

import gzip

import pytest

from campaigns.lists import VICIDIAL, ContactList, ListError, load_list, load_mapping
from campaigns.lists.fields import field_of
from campaigns.lists.reading import recognise, records

HEADER = "external_id,phone,first_name,state\n"
ROW = "1,2125550123,Ann,NY\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="list.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def refusal(path, **options):
    with pytest.raises(ListError) as caught:
        load_list(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert str(path) in text
    return text


def codes(loaded):
    return [warning.code for warning in loaded.warnings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(write, delimiter, end):
    text = 'external_id,phone,first_name,address\n1,2125550123,Ann,"1 Main St, Apt 2; B"\n'
    if delimiter != ",":
        text = f"external_id{delimiter}phone{delimiter}first_name\n1{delimiter}212-555-0123{delimiter}Ann, Bob\n"
    loaded = load_list(write(text.replace("\n", end)))
    assert loaded.leads["phone"].tolist() == ["+12125550123"]
    assert ("DELIMITER" in codes(loaded)) is (delimiter != ",")


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", []), ("utf-8-sig", ["BOM"]), ("utf-16", ["BOM"]), ("utf-32", ["BOM"])]
)
def test_unicode_files(write, encoding, told):
    loaded = load_list(write(HEADER + "1,2125550123,José,NY\n", encoding=encoding))
    assert loaded.leads["first_name"].tolist() == ["José"]
    assert codes(loaded) == told


NAMES = ["José", "Núñez", "François", "Müller", "Peña", "García", "Zoë", "Renée", "Chloé", "Muñoz", "López"]


def test_a_long_latin_list_is_read_and_told(write):
    text = HEADER + "".join(f"{n},212555{n:04d},{NAMES[n % 11]},NY\n" for n in range(100, 200))
    loaded = load_list(write(text, encoding="cp1252"))
    assert loaded.leads["first_name"].tolist()[0] == NAMES[100 % 11]
    assert loaded.warnings[0].message == "the file is not UTF-8; it was read as cp1252"


def test_an_encoding_in_doubt_is_asked_for(write):
    path = write(HEADER + "1,2125550123,José,NY\n", encoding="latin-1")
    assert "--encoding" in refusal(path)
    assert load_list(path, encoding="latin-1").leads["first_name"].tolist() == ["José"]


def test_a_stated_encoding_wins_and_must_fit(write):
    path = write(HEADER + ROW + "2,2125550124,José,NY\n", encoding="cp1252")
    assert "line" in refusal(path, encoding="utf-8")
    assert "no encoding 'klingon'" in refusal(path, encoding="klingon")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\r\n\r\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04rest", "damaged"),
        (b"\xd0\xcf\x11\xe0rest", "the workbook cannot be read"),
        (gzip.compress(b"phone\n", mtime=0), "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1....", "the Parquet file cannot be read"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"phone\n212\x005550123\n", "binary"),
        (b"name,state\nAnn,NY\n", "no phone column"),
        (b"2125550123,Ann\n2125550124,Bob\n", "no header line"),
        (b"phone,phone_number\n2125550123,2125550124\n2125550125,2125550126\n", ""),
        (b"phone_number,telephone\n2125550123,2125550124\n", "both read as phone"),
        (b'phone,first_name\n2125550123,"Ann\n' + b"2125550124,Bob\n" * 40, "quote is opened here"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(write, content, said):
    path = write(content)
    if said:
        assert said in refusal(path)
    else:
        assert load_list(path).funnel.loaded == 2


def test_missing_files_and_directories(tmp_path):
    assert "no such file" in refusal(tmp_path / "nowhere.csv")
    assert "directory" in refusal(tmp_path)


def test_quoted_newlines_keep_the_true_line_numbers(write):
    text = 'phone,comments\n2125550123,"one\ntwo\nthree"\n\n2125550124,x\nbad,y\n'
    loaded = load_list(write(text))
    assert loaded.leads["line"].tolist() == [2, 6]
    assert [reject.line for reject in loaded.rejects] == [7]
    assert loaded.funnel.as_dict() == {
        "read": 4, "empty": 1, "refused": 1, "valid": 2, "duplicate": 0, "loaded": 2
    }  # fmt: skip


def test_rows_are_streamed_with_their_lines(write):
    source = recognise(write("\nphone\n2125550123\n\n2125550124\n"))
    assert list(records(source)) == [(1, []), (3, ["2125550123"]), (4, []), (5, ["2125550124"])]


def test_one_column_is_a_list(write):
    assert load_list(write("Phone Number\n2125550123\n212 555 0124\n")).funnel.loaded == 2


def vicidial(**given):
    return ",".join(given.get(name, "") for name in VICIDIAL)


def test_vicidials_order_without_header(write):
    row = vicidial(
        vendor_lead_code="V1", phone_code="1", phone_number="2125550123", first_name="Ann", last_name="Lee",
        city="New York", state="NY", postal_code="10001", country_code="USA", alt_phone="2125550124", rank="7",
        comments="hello", owner="bob",
    )  # fmt: skip
    loaded = load_list(write(f"{row}\n"))
    lead = loaded.leads.iloc[0]
    assert (lead["external_id"], lead["person_id"], lead["phone"]) == ("V1", "V1", "+12125550123")
    assert (lead["city"], lead["country"], lead["priority"], lead["owner"]) == ("New York", "US", 7, "bob")
    assert [phone[0] for phone in lead["phones"]] == ["+12125550123", "+12125550124"]
    assert lead["custom"] == '{"comments": "hello"}'
    assert "US-NY-NYC" in lead["jurisdictions"]
    assert codes(loaded) == ["NO_HEADER"]


def test_vicidials_header_and_short_rows(write):
    assert load_list(write(",".join(VICIDIAL) + "\n" + vicidial(phone_number="2125550123") + "\n")).funnel.loaded == 1
    assert load_list(write("V1,,101,1,2125550123\nV2,,101,1,2125550124\n")).leads["external_id"].tolist() == [
        "V1",
        "V2",
    ]


def test_the_phone_code_reads_the_number(write):
    text = "phone_code,phone,country\n44,020 7946 0123,\n62,0812-5555-0101,\n1,2125550123,\n1,6135550123,CA\n"
    text += "999,5550123,\nx,5,\n"
    loaded = load_list(write(text))
    assert loaded.leads["phone"].tolist() == ["+442079460123", "+6281255550101", "+12125550123", "+16135550123"]
    assert loaded.leads["country"].tolist() == ["GB", "ID", "US", "CA"]
    assert [reject.code for reject in loaded.rejects] == ["PHONE_CODE", "PHONE_CODE"]


def test_aliases():
    assert field_of(" Phone-Number ") == "phone"
    assert field_of("ZIP Code") == "postal_code"
    assert field_of("consent_type") == "consent_basis"
    assert field_of("favourite colour") is None


def test_a_columns_own_name_goes_before_an_alias(write):
    loaded = load_list(write("phone,id,external_id\n2125550123,7,X1\n"))
    assert loaded.leads["external_id"].tolist() == ["X1"]
    assert loaded.leads["custom"].tolist() == ['{"id": "7"}']


def test_saved_mappings(write):
    path = write("Cell No,Zip5,Colour\n2125550123,10001,red\n")
    mapping = write('[columns]\n"Cell No" = "phone"\n"Zip5" = "postal_code"\n', "map.toml")
    lead = load_list(path, mapping=mapping).leads.iloc[0]
    assert (lead["phone"], lead["postal_code"], lead["custom"]) == ("+12125550123", "10001", '{"Colour": "red"}')
    assert load_mapping(mapping) == {"Cell No": "phone", "Zip5": "postal_code"}
    with pytest.raises(ListError, match="no phone column"):
        load_list(path)
    with pytest.raises(ListError, match="does not have it"):
        load_list(write("phone\n2125550123\n", "other.csv"), mapping=mapping)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[columns]\nA = 'nonsense'\n", "no field"), ("x = 1\n", r"no \[columns\] table"), ("[[[", "not TOML")],
)
def test_bad_mappings(write, text, said):
    with pytest.raises(ListError, match=said):
        load_mapping(write(text, "map.toml"))
    with pytest.raises(ListError, match="cannot be read"):
        load_mapping(write(text, "map.toml").parent / "none.toml")


def test_errors_carry_file_line_column_and_remedy(write):
    path = write("phone,phone2,phone2\n2125550123,,\n")
    with pytest.raises(ListError) as caught:
        ContactList(path)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), 1, "phone2")
    assert caught.value.remedy
