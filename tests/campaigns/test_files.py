"""A campaign file is right as a whole, or the operator sees every line that is wrong and what to do."""

import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from campaigns.files import RESULTS, Campaign, CampaignFileError, file_hash, load_campaign
from campaigns.files.toml_lines import find_lines, line_of
from dialer.engine.states import CallResult


def lines_of(path: Path) -> list[str]:
    with pytest.raises(CampaignFileError) as caught:
        load_campaign(path)
    return str(caught.value).splitlines()


def spoil(path: Path, *changes: tuple[str, str]) -> list[str]:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    return lines_of(path)


def test_a_sound_file_loads_with_every_default_written_out(spring):
    campaign = load_campaign(spring)
    assert campaign.name == campaign.subject == campaign.title == "spring"
    assert (campaign.country, campaign.language) == ("US", "en")
    assert campaign.dialing.caller_ids == ("+12125550101",)
    assert (campaign.dialing.mode, campaign.dialing.ring_timeout, campaign.dialing.min_ring) == (
        "predictive",
        26,
        15,
    )
    assert campaign.abandonment.max_rate == 0.03
    assert campaign.caps.guard_seconds == 60
    assert campaign.dispositions["SALE"].code == "SALE"
    assert campaign.disposition_with("opt_out") is campaign.dispositions["DNC"]
    assert campaign.disposition_with("promise") is None
    assert campaign.script is None
    assert campaign.simulation == {}
    assert campaign.hours.country == "US"


def test_a_trade_is_one_that_a_law_knows_and_pensions_need_a_licence(spring):
    sound = spring.read_text()
    assert load_campaign(spring).sector == ""
    (said,) = spoil(spring, ("client = ", 'sector = "ponzi"\nclient = '))
    assert "sector" in said and "ponzi" in said and "claims_management" in said
    spring.write_text(sound)
    (said,) = spoil(spring, ("client = ", 'sector = "pensions"\nclient = '))
    assert "authorisation" in said and "reg. 21B" in said
    spring.write_text(spring.read_text().replace("[seller]\n", '[seller]\nauthorisation = "FRN 123456"\n'))
    assert load_campaign(spring).seller.authorisation == "FRN 123456"


def test_the_hash_is_that_of_the_bytes_on_disk(spring):
    digest = hashlib.sha256(spring.read_bytes()).hexdigest()
    assert load_campaign(spring).file_hash == digest == file_hash(spring)


def test_a_campaign_cannot_be_changed_after_loading(spring):
    with pytest.raises(ValidationError):
        load_campaign(spring).name = "other"


def test_a_campaign_survives_being_written_out_and_read_again(campaign):
    assert Campaign.model_validate(campaign.model_dump()) == campaign
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_the_simulation_table_is_kept_as_it_is(spring):
    spring.write_text(spring.read_text() + "\n[simulation]\nagents = 30\n[simulation.people]\nwhatever = [1, 2]\n")
    assert load_campaign(spring).simulation == {"agents": 30, "people": {"whatever": [1, 2]}}


def test_the_results_known_to_files_are_those_of_the_engine():
    assert set(RESULTS) == {result.value for result in CallResult}


GOLDEN = [
    (
        ('caller_ids = ["+12125550101"]', 'caller_ids = ["+12125550101"]\nring_timeout = 10'),
        ["campaigns/spring.toml: dialing.ring_timeout (line 13): 10 is below the 15 s floor; set 15 or more."],
    ),
    (
        ('caller_ids = ["+12125550101"]', 'caller_ids = ["+12125550101"]\nmin_ring = 30.5'),
        [
            "campaigns/spring.toml: dialing.min_ring (line 13): 30.5 s is longer than ring_timeout, 26 s; "
            "set 26 or less."
        ],
    ),
    (
        ('caller_ids = ["+12125550101"]', 'caller_ids = [\n  "+12125550101",\n  "2125550102",\n]'),
        [
            'campaigns/spring.toml: dialing.caller_ids item 2 (line 12): "2125550102" is not in '
            "international "
            'form; write "+" and digits, such as "+12125550100".'
        ],
    ),
    (
        ('caller_ids = ["+12125550101"]', "caller_ids = []"),
        [
            "campaigns/spring.toml: dialing.caller_ids (line 12): it is empty; "
            "fill it in: the numbers people see, E.164, at least one."
        ],
    ),
    (
        ('caller_ids = ["+12125550101"]', 'caler_ids = ["+12125550101"]'),
        [
            "campaigns/spring.toml: dialing.caller_ids (line 11): it is missing; "
            "add it: the numbers people see, E.164, at least one.",
            "campaigns/spring.toml: dialing.caler_ids (line 12): there is no such key; "
            "did you mean 'caller_ids'? Write that or remove it.",
        ],
    ),
    (
        ('scope = "telemarketing"', 'scope = "telemarketting"'),
        [
            'campaigns/spring.toml: scope (line 2): "telemarketting" is not one of telemarketing, '
            "debt_collection, "
            "research, informational, charity, political; did you mean 'telemarketing'? Write that or remove "
            "it."
        ],
    ),
    (
        ('phone = "+12125550100"', 'phone = "+1212555010"'),
        [
            'campaigns/spring.toml: seller.phone (line 6): "+1212555010" cannot be a North American number; '
            "write +1 and the ten digits."
        ],
    ),
    (
        ('"09:00-17:00"', '"9am-5pm"'),
        [
            'campaigns/spring.toml: hours.mon_fri item 1 (line 16): "9am-5pm" is no window of hours; '
            'write "09:00-17:30".'
        ],
    ),
    (
        ('"09:00-17:00"', '"22:00-06:00"'),
        [
            'campaigns/spring.toml: hours.mon_fri item 1 (line 16): "22:00-06:00" ends before it begins; '
            'for a night shift write "22:00-24:00" on this day and "00:00-06:00" on the next.'
        ],
    ),
    (
        ('"09:00-17:00"', '"09:00-12:00", "11:30-17:00"'),
        [
            'campaigns/spring.toml: hours.mon_fri (line 16): "09:00-12:00" and "11:30-17:00" overlap; '
            "join them into one window."
        ],
    ),
    (
        ('mon_fri = ["09:00-17:00"]', "mon_fri = []"),
        [
            "campaigns/spring.toml: hours (line 14): the campaign is never open; "
            'give at least mon_fri = ["09:00-17:00"].'
        ],
    ),
    (
        ('"America/New_York"', '"America/NewYork"'),
        [
            'campaigns/spring.toml: hours.timezone (line 15): "America/NewYork" is no time zone of a place; '
            'write "America/New_York".'
        ],
    ),
    (
        ("key = 9", "key = 1"),
        [
            "campaigns/spring.toml: dispositions.DNC.key (line 25): key 1 is already taken by SALE; "
            "choose another from 1 to 9, or leave it out."
        ],
    ),
    (
        ('"opt_out"', '"refusal"'),
        [
            "campaigns/spring.toml: dispositions (line 18): none has the flag 'opt_out', so nobody's wish "
            "not to be "
            'called could be kept; add [dispositions.DNC] with flags = ["opt_out"].'
        ],
    ),
    (
        ('"conversion", "final"', '"conversion"'),
        [
            "campaigns/spring.toml: dispositions (line 18): none has the flag 'final', so no lead would ever "
            "be done; "
            'add [dispositions.DONE] with flags = ["final"].'
        ],
    ),
    (
        ('"contact", "right_party", "conversion"', '"conversion"'),
        [
            "campaigns/spring.toml: dispositions.SALE.flags (line 21): 'conversion' without 'contact' would "
            "spoil "
            'the reports; add "contact".'
        ],
    ),
    (
        ("[dispositions.SALE]", "[dispositions.sale]"),
        [
            'campaigns/spring.toml: dispositions.sale (line 18): "sale" is no code; '
            "use capitals, digits and _, such as SALE."
        ],
    ),
    (
        ("[hours]", "[recycle.bussy]\ndelay_minutes = 5\nmax_attempts = 3\n\n[hours]"),
        [
            "campaigns/spring.toml: recycle.bussy (line 14): 'bussy' is not one of human, machine, busy, "
            "no_answer, "
            "congestion, failed, abandoned, cancelled, hung_up_first, to_agent, message_heard, message_part, "
            "opted_out, voicemail_left; did you mean 'busy'? Write that or "
            "remove it."
        ],
    ),
    (
        ("[hours]", "[abandonment]\nmax_rate = 0.04\nconnect_within = 3.0\n\n[hours]"),
        [
            "campaigns/spring.toml: abandonment.max_rate (line 15): 0.04 is above the 0.03 that is allowed "
            "for US "
            "telemarketing (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7)); set 0.03 or less.",
            "campaigns/spring.toml: abandonment.connect_within (line 16): 3 s is longer than the 2 s that "
            "are "
            "allowed for US telemarketing (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7)); set 2.0 or less.",
        ],
    ),
    (
        ("[hours]", "[abandonment]\nmax_rate = 0.06\n\n[hours]"),
        ["campaigns/spring.toml: abandonment.max_rate (line 15): 0.06 is above the 0.05 ceiling; set 0.05 or less."],
    ),
    (
        ("[hours]", '[caps]\nper_hours = [{ count = 3, hour = 24 }]\nlifetime = "8"\n\n[hours]'),
        [
            "campaigns/spring.toml: caps.per_hours item 1.hours (line 15): it is missing; add it: hours.",
            "campaigns/spring.toml: caps.per_hours item 1.hour (line 15): there is no such key; "
            "did you mean 'hours'? Write that or remove it.",
            'campaigns/spring.toml: caps.lifetime (line 16): "8" is not a whole number; write one such as 15.',
        ],
    ),
    (
        ("[hours]", "[caps]\nlifetime = 3\n[recycle.busy]\ndelay_minutes = 5\nmax_attempts = 9\n\n[hours]"),
        [
            "campaigns/spring.toml: recycle.busy.max_attempts (line 18): 9 attempts are more than "
            "caps.lifetime, 3; "
            "set 3 or less, or raise caps.lifetime."
        ],
    ),
    (
        ("for telemarketing purposes", "for you"),
        [
            "campaigns/spring.toml: seller.message (line 7): the FCC wants it to say that the call was for "
            'telemarketing purposes (47 CFR 64.1200(a)(7)(i)); add the words "telemarketing purposes".'
        ],
    ),
    (
        ("Evergreen, 212-555-0100, called", "We called"),
        [
            'campaigns/spring.toml: seller.message (line 7): it does not name the seller; say "Evergreen" in it.',
            "campaigns/spring.toml: seller.message (line 7): it lacks the seller's number; say +12125550100 in it.",
        ],
    ),
    (
        ("Press 9 to stop", "Write to us to stop"),
        [
            "campaigns/spring.toml: seller.message (line 7): it does not say that key 9 stops further calls; "
            'add "press 9 to stop further calls".'
        ],
    ),
    (
        ('client = "evergreen"', 'client = "evergreen"\nname = "summer"'),
        [
            'campaigns/spring.toml: name (line 2): "summer" is not the name of the file; '
            'write name = "spring" or rename the file.'
        ],
    ),
    (
        ("key = 9", "key = true"),
        ["campaigns/spring.toml: dispositions.DNC.key (line 25): true is not a whole number; write one such as 15."],
    ),
    (
        ('"09:00-17:00"]', '"09:00-17:00"]\nholidays_closed = "yes"'),
        [
            'campaigns/spring.toml: hours.holidays_closed (line 17): "yes" is not yes or no; '
            "write true or false, without quotes."
        ],
    ),
    (
        ('[hours]\ntimezone = "America/New_York"\nmon_fri = ["09:00-17:00"]\n', ""),
        [
            "campaigns/spring.toml: hours: it is missing; add it: the campaign's own opening hours.",
        ],
    ),
]


@pytest.mark.parametrize(("change", "expected"), GOLDEN)
def test_each_mistake_is_told_with_line_and_remedy(spring, change, expected):
    assert spoil(spring, change) == expected


def test_all_problems_of_a_file_come_at_once_in_its_order(spring):
    told = spoil(
        spring,
        ('client = "evergreen"', 'client = ""\ncontry = "US"'),
        ('"+12125550101"', '"1"'),
        ("[hours]", "[abandonment]\nmax_rate = 0.05\n[hours]"),
        ("key = 9", "key = 1"),
    )
    assert [line.split(" (line ")[0].split(": ")[1] for line in told] == [
        "client",
        "contry",
        "dialing.caller_ids item 1",
        "abandonment.max_rate",
        "dispositions.DNC.key",
    ]


def test_checks_between_tables_hold_also_for_campaigns_made_in_code(sound):
    sound["abandonment"] = {"max_rate": 0.05}
    with pytest.raises(ValidationError, match=r"0\.05 is above the 0\.03"):
        Campaign.model_validate(sound)
    sound["country"] = "CA"
    assert Campaign.model_validate(sound).abandonment.max_rate == 0.05


@pytest.mark.parametrize("number", ["020 7946 0100", "+44 20 7946 0100", "(020) 79460100"])
def test_the_sellers_number_may_be_said_as_people_dial_it(sound, number):
    sound["country"] = "GB"
    sound["seller"] |= {
        "phone": "+442079460100",
        "message": f"Evergreen, {number}. Press 9 to stop further calls.",
    }
    assert Campaign.model_validate(sound)
    sound["seller"]["message"] = "Evergreen, 020 7946 0101. Press 9 to stop further calls."
    with pytest.raises(ValidationError, match="it lacks the seller's number"):
        Campaign.model_validate(sound)


def test_a_collections_message_need_not_speak_of_telemarketing(sound):
    sound["scope"] = "debt_collection"
    sound["seller"]["message"] = "Evergreen, 212 555 0100. Press 9 to stop further calls."
    assert Campaign.model_validate(sound).scope == "debt_collection"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'client = "a\n',
            "campaigns/spring.toml: line 1, column 12: not valid TOML: illegal character '\\n'; mend this line.",
        ),
        (
            "a = [1,\n",
            "campaigns/spring.toml: line 1: not valid TOML: invalid value; look for a quote or bracket that "
            "is never closed.",
        ),
        (
            "a = 1\na = 2\n",
            "campaigns/spring.toml: line 2, column 6: not valid TOML: cannot overwrite a value; mend this line.",
        ),
    ],
)
def test_broken_toml_is_told_with_its_place(spring, text, expected):
    spring.write_text(text)
    assert lines_of(spring) == [expected]


def test_a_missing_file_and_one_that_is_not_text_are_told(spring, tmp_path):
    assert lines_of(tmp_path / "campaigns" / "autumn.toml") == [
        "campaigns/autumn.toml: there is no such file; check the name."
    ]
    spring.write_bytes(b'client = "x"\ntitle = "\xff"\n')
    assert lines_of(spring) == ["campaigns/spring.toml: line 2: it is not UTF-8 text; save it as UTF-8."]
    assert "cannot be read" in lines_of(tmp_path)[0]


def test_an_empty_file_says_what_a_campaign_needs(spring):
    spring.write_text("")
    told = lines_of(spring)
    assert [line.split(": ")[1] for line in told] == [
        "client",
        "scope",
        "seller",
        "dialing",
        "hours",
        "dispositions",
    ]
    assert all("it is missing; add it:" in line for line in told)


def test_no_message_speaks_the_validators_own_language(spring):
    for change, _ in GOLDEN:
        original = spring.read_text()
        told = "\n".join(spoil(spring, change))
        spring.write_text(original)
        for jargon in ("pydantic", "input_value", "Field required", "ctx", "Traceback", "Value error", "__"):
            assert jargon not in told


def test_lines_are_found_in_every_form_of_key():
    text = '''\
a.b = 1
"quoted.key" = """
x = 5
"""
[t]  # a comment
list = [
  { x = 1 }, # ]
  "]",
]
inline = { deep = 1 }
[[arr]]
k = 1
[[arr]]
k = 2
[arr.sub]
z = 1
'''
    lines = find_lines(text)
    assert lines == {
        ("a",): 1,
        ("a", "b"): 1,
        ("quoted.key",): 2,
        ("t",): 5,
        ("t", "list"): 6,
        ("t", "inline"): 10,
        ("arr",): 11,
        ("arr", 0): 11,
        ("arr", 0, "k"): 12,
        ("arr", 1): 13,
        ("arr", 1, "k"): 14,
        ("arr", 1, "sub"): 15,
        ("arr", 1, "sub", "z"): 16,
    }
    assert line_of(("t", "inline", "deep"), lines) == 10
    assert line_of(("nothing",), lines) is None
