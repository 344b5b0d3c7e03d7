"""British, Australian, Singaporean and Indian lists, and lists of E.164 numbers, as they may come."""

from __future__ import annotations

import pytest
from examiner import A, R, W, examine, variants, zipped

BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lists")


SPACED = "0207 9460101\r\n01632 960101\r\n07700 900101\r\n"
PADDED = "02079460101 \r\n01632960101 \r\n07700900101 \r\n"
GB = ["+442079460101", "+441632960101", "+447700900101"]
BRITAIN = variants(
    ["gb_tps.fixed12_spaces", "gb_tps.fixed12", "gb_tps"],
    [
        ("with spaces", SPACED, A, GB, []),
        ("padded", PADDED, A, GB, []),
        ("zip", zipped({"tps.txt": PADDED}), A, GB),
        ("no final line end", SPACED[:-2], A, GB, []),
        ("LF", SPACED.replace("\r", ""), W, GB, [], "LF instead of CRLF"),
        ("a mark", BOM + SPACED.encode(), W, GB, [], "BOM"),
        ("blank line", SPACED + "\r\n", W, GB, [], "blank line"),
        ("duplicate", SPACED + SPACED[:14], W, GB, [], "1 duplicate"),
        ("nine digits", "01697 73101 \r\n", A, ["+44169773101"], []),
        *[
            (repr(text), f"{text}\r\n01632 960101\r\n", W, GB[:2], [])
            for text in (
                "02079460101", "+442079460101", "442079460101", "00442079460101", "+44 (0)20 7946 0101",
                "020-7946-0101", '"0207 9460101"', "０２０７ ９４６０１０１", "\u200b0207 9460101",
            )
        ],
        *[
            (repr(text), f"{text}\r\n01632 960101\r\n", R, GB[1:2], [1])
            for text in (
                "0207 946O101", "0207 946010 ", "07700 90010 ", "0207 94601012", "00079460101 ", "919,5550101",
                "Telephone", "2.07946E+09", "0207,9460101",
            )
        ],
        ("zero lost", "2079460101\r\n1632960101\r\n", R, [], [1, 2], "leading 0 lost"),
        ("cut in the number", SPACED[:-5], R, GB[:2], [3], "incomplete"),
        ("cut in a quoted number", '"0207 9460101"\r\n"01632 96010', R, GB[:1], [2], "incomplete"),
        ("empty", "", R, [], [], "zero records"),
        ("UTF-16", SPACED.encode("utf-16"), R, []),
        ("web page", "<html>", R, [], [], "HTML"),
    ],
)  # fmt: skip

SENT = "0255500101\n0255500102\n0491570006\n"
AU = ["+61255500101", "+61255500102", "+61491570006"]
ANSWERS = "0255500101,Y\n0255500102,N\n0491570006,N\n"
SAID = [f"listed:{AU[0]}", f"clear:{AU[1]}", f"clear:{AU[2]}"]
AUSTRALIA = [
    *variants(
        ["au_dncr.input", "au_dncr"],
        [
            ("LF", SENT, A, AU, []),
            ("CR LF", SENT.replace("\n", "\r\n"), A, AU, []),
            ("quoted", '"0255500101"\n', W, AU[:1], []),
            ("duplicate", "0255500101\n" * 2, W, AU[:1], []),
            *[
                (repr(text), f"{text}\n0255500102\n", R, AU[1:2], [1])
                for text in ("255500101", "+61255500101", "0155500101", "9195550101", "02 5550 0101", "2.555E+08", "x")
            ],
            ("empty", "", R, [], []),
        ],
    ),
    *variants(
        ["au_dncr.result", "au_dncr"],
        [
            ("all answered", ANSWERS, A, SAID, []),
            ("CR LF", ANSWERS.replace("\n", "\r\n"), A, SAID, []),
            ("no final line end", ANSWERS[:-1], A, SAID, []),
            ("quoted, as CSV may be", ANSWERS.replace("0255500101,Y", '"0255500101","Y"'), A, SAID, []),
            ("lower-case flags", ANSWERS.lower(), W, SAID, [], "lower-case"),
            ("invalid", ANSWERS.replace("Y", "I"), W, [f"blocked:{AU[0]}", *SAID[1:]], [], "not callable"),
            ("semicolons", ANSWERS.replace(",", ";"), W, SAID, [], "semicolon"),
            ("tabs", ANSWERS.replace(",", "\t"), W, SAID, [], "tab"),
            ("a mark", BOM + ANSWERS.encode(), W, SAID, [], "BOM"),
            ("country code", ANSWERS.replace("0255500101", "+61255500101"), W, SAID, []),
            ("blanks", ANSWERS.replace("0255500101", "02 5550 0101"), W, SAID, []),
            ("full-width", ANSWERS.replace("0255500101", "０２５５５００１０１"), W, SAID, []),
            ("two answers", ANSWERS + "0255500102,Y\n", W, None, [], "stricter"),
            ("the same answer twice", ANSWERS + "0255500102,N\n", W, SAID, [], "1 duplicate"),
            ("one nobody asked for", ANSWERS + "0255500103,N\n", W, None, [], "not in the list that was sent"),
            ("one missing", ANSWERS[13:], R, [], [], "NOT clear"),
            ("unknown flag", ANSWERS.replace("Y", "X"), R, None, [1]),
            ("no flag", ANSWERS.replace("Y", ""), R, None, [1]),
            ("cut before the flag", ANSWERS[:-2], R, None, [3], "incomplete"),
            ("a third column", ANSWERS.replace("Y", "Y,2026"), R, None, [1]),
            ("header", "Number,Flag\n" + ANSWERS, R, None, [1]),
            ("zero lost", ANSWERS.replace("0255500101", "255500101"), R, None, [1], "leading 0 lost"),
            ("empty", "", R, [], []),
        ],
        wash_input__csv=SENT.encode(),
    ),
    *variants(["au_dncr.result"], [("what was sent is not known", ANSWERS, W, SAID, [], "--wash-input")]),
    *variants(["au_dncr.result"], [("what was sent is damaged", ANSWERS, R, [], [], "sent")], wash_input__csv=b"x\n"),
]

SG = ["+6561234567", "+6581234567"]
ERRORS = "Number,Error Code,Error Message\n1234567,E01,Invalid number\n"
FILTERED = "Number,No Voice Call,No Text Message\n61234567,Y,N\n81234567,N,Y\n"
SG_SAID = [f"listed:{SG[0]}", f"clear:{SG[1]}"]
SINGAPORE = [
    *variants(
        ["sg_dnc.upload", "sg_dnc"],
        [
            ("LF", "61234567\n81234567\n", A, SG, []),
            ("CR LF", "61234567\r\n81234567\r\n", A, SG, []),
            *[
                (repr(text), f"61234567\n{text}\n", R, SG[:1], [2], "")
                for text in ("+6581234567", "6581234567", "51234567", "8123456", "8123456O", "812345678")
            ],
            ("empty", "", R, [], []),
        ],
    ),
    *variants(
        ["sg_dnc.errors", "sg_dnc"],
        [
            ("as specified", ERRORS, W, ["blocked:1234567"], [], "not cleared"),
            (
                "a comma in the message",
                ERRORS.replace("Invalid number", '"Invalid, short"'),
                W,
                ["blocked:1234567"],
                [],
            ),
            ("capitals", ERRORS.upper(), W, ["blocked:1234567"], []),
            ("a mark", BOM + ERRORS.encode(), W, ["blocked:1234567"], []),
            ("letters in the number", ERRORS.replace("1234567", "1234567A"), W, ["blocked:1234567A"], []),
            ("header alone", ERRORS[:32], R, [], [], "zero records"),
            ("a column too few", ERRORS + "61234567,E01\n", R, ["blocked:1234567"], [3]),
            ("no number", ERRORS + ",E01,Empty\n", R, ["blocked:1234567"], [3]),
        ],
    ),
    *variants(
        ["sg_dnc.result", "sg_dnc"],
        [
            ("all answered", FILTERED, A, SG_SAID, []),
            ("words", FILTERED.replace("Y", "Yes").replace(",N,", ",No,"), W, None, []),
            ("one missing", FILTERED[:-13], R, [], [], "NOT clear"),
            ("unknown answer", FILTERED.replace("81234567,N", "81234567,?"), R, None, [3]),
            ("the column is not named", FILTERED.replace("No Voice Call", "Status"), R, [], []),
        ],
        wash_input__csv=b"61234567\n81234567\n",
    ),
]

HEAD = "Service Area Code,Phone Numbers,Preferences,Opstype,Phone Type\n"
ROW = "7,1155550101,0,A,1\n"
IN = "full_block:+911155550101"
INDIA = variants(
    ["in_ncpr.legacy", "in_ncpr"],
    [
        ("blocked", HEAD + ROW, A, [IN], []),
        ("CR LF", (HEAD + ROW).replace("\n", "\r\n"), A, [IN], []),
        ("categories", HEAD + ROW.replace(",0,", ",2#4,"), A, ["allow_categories_2_4:+911155550101"], []),
        ("removed", HEAD + ROW + ROW.replace("101,0,A", "102,0,D"), A, [IN, "removed:+911155550102"], []),
        ("other order", "Opstype,Phone Numbers,Preferences\nA,1155550101,0\n", A, [IN], []),
        ("capitals in the header", HEAD.upper() + ROW, A, [IN], []),
        ("underscores in the header", HEAD.replace(" ", "_") + ROW, A, [IN], []),
        ("all quoted", '"' + (HEAD + ROW).replace(",", '","').replace("\n", '"\n"')[:-1], A, [IN], []),
        ("semicolons", (HEAD + ROW).replace(",", ";"), W, [IN], [], "semicolon"),
        ("lower-case operation", HEAD + ROW.replace("A", "a"), W, [IN], [], "lower-case"),
        ("added and removed", HEAD + ROW + ROW.replace("A", "D"), W, [IN, "removed:+911155550101"], [], "stricter"),
        ("duplicate", HEAD + ROW + ROW, W, [IN], [], "1 duplicate"),
        *[
            (repr(text), HEAD + ROW.replace("1155550101", text), W, [IN], [])
            for text in ("+911155550101", "911155550101", "01155550101", "11-55550101", "૧૧૫૫૫૫૦૧૦૧", "11 5555 0101")
        ],
        *[
            (f"{old} -> {new}", HEAD + ROW.replace(old, new), R, [], [2])
            for old, new in [
                (",A,", ",X,"), (",A,", ",,"), (",0,", ",9,"), (",0,", ",1#,"), (",0,", ",,"), (",0,", ',"1,3",'),
                (",0,", ",0#1,"), ("1155550101", "115555010"), ("1155550101", "115555O101"), ("1155550101", "1.2E+09"),
                ("1155550101", ""),
            ]
        ],
        ("a column too few", HEAD + ROW + "7,1155550102,0,A\n", R, [IN], [3]),
        ("cut", HEAD + ROW + "7,11555", R, [IN], [3], "incomplete"),
        ("header alone", HEAD, R, [], [], "zero records"),
        ("no header", ROW, R, [], [], "no column"),
        ("a column named twice", HEAD.replace("Phone Type", "Phone Numbers") + ROW, R, [], [], "more than one"),
    ],
)  # fmt: skip

IT = ["+393331234501", "+393331234502"]
E164 = variants(
    ["e164.flat", "e164"],
    [
        ("LF", "+393331234501\n+393331234502\n", A, IT, []),
        ("punctuation", "+39 333 1234501\n+393331234502\n", W, IT, []),
        ("00", "00393331234501\n+393331234502\n", W, IT, []),
        ("no final line end", "+393331234501\n+393331234502", R, [], [], "cut short"),
        *[
            (repr(text), f"{text}\n+393331234502\n", R, IT[1:], [1])
            for text in ("3331234501", "+3933", "+9993331234501", "+1919555010", "+11195550101", "+39333O234501", "x")
        ],
    ],
)


@pytest.mark.parametrize("variant", [*BRITAIN, *AUSTRALIA, *SINGAPORE, *INDIA, *E164], ids=str)
def test_a_list_from_abroad_ends_as_the_rules_say(folder, variant):
    examine(folder, variant)
