"""Where a call lands: never fewer clocks or rules than the person may be under."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import phonenumbers
import pytest

from dnc.places import combine, place_of, place_of_address, place_of_number
from dnc.places.address import AddressPlace
from dnc.places.tables import PLACES_VERSION, area_codes, country_zones, states, zip_table
from dnc.values import Address, Place
from dnc.zones import same_clock, zone

VECTORS = Path(__file__).parent.parent / "data/compliance/vectors.jsonl"
EASTERN, CENTRAL, MOUNTAIN, PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


def decisions():
    lines = (json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines())
    return [v for v in lines if v["type"] == "decision" and v.get("phone", "").startswith("+1")]


GEO = [v for v in decisions() if v["group"] == "GEO"]


@pytest.mark.parametrize("vector", GEO, ids=[v["id"] for v in GEO])
def test_the_geography_vectors_name_our_jurisdictions_and_their_zip_is_ours(vector):
    facts = vector.get("address")
    policy = vector.get("policy", "intersect")
    address = Address(postal_code=facts["zip"]) if facts else None
    place = place_of(vector["phone"], address, policy)
    assert set(vector["jurisdictions"]) <= set(place.jurisdictions)
    if facts:
        ours = place_of_address(address, "US")
        assert ours.zones == tuple(facts["zones"])
        assert facts["jurisdiction"] in ours.jurisdictions
        given = AddressPlace(("US", facts["jurisdiction"]), tuple(facts["zones"]), "postal", "as given")
        assert combine(place_of_number(vector["phone"]), given, policy).zones == place.zones


@pytest.mark.parametrize("vector", decisions(), ids=lambda v: v["id"])
def test_every_number_of_the_vectors_has_its_state_and_zone(vector):
    place = place_of_number(vector["phone"])
    if vector["reason"] == "NUMBER_INVALID" or vector["reason"] == "TZ_UNKNOWN":
        assert not place.zones
    elif "address" not in vector and "-" in vector["jurisdictions"][0] and place.zones:
        assert set(vector["jurisdictions"]) <= set(place.jurisdictions)
        shown = vector["local"].split()[1]
        assert any(same_clock(shown, name) for name in place.zones)


def test_850_has_both_zones_and_the_zip_fixes_one():
    assert place_of("+18505550146").zones == (CENTRAL, EASTERN)
    fixed = place_of("+18505550146", Address(postal_code="32301"))
    assert (fixed.zones, fixed.conflict, fixed.jurisdictions) == ((EASTERN,), False, ("US", "US-FL"))


def test_a_disagreeing_zip_puts_both_places_in_force():
    place = place_of("+12125550159", Address(postal_code="90012"))
    assert place.zones == (PACIFIC, EASTERN)
    assert place.jurisdictions == ("US", "US-CA", "US-NY", "US-NY-NYC")
    assert place.conflict
    assert "both apply" in place.why
    assert place.key == "US,US-CA,US-NY,US-NY-NYC|America/Los_Angeles,America/New_York"


def test_address_first_believes_the_address_where_it_resolves():
    address = Address(postal_code="90012")
    assert place_of("+12125550159", address, "address_first").jurisdictions == ("US", "US-CA")
    assert place_of("+12125550159", Address(country="US"), "address_first") == place_of("+12125550159")


def test_the_rules_of_both_states_apply_where_the_clocks_agree():
    place = place_of("+13055550160", Address(postal_code="30303-1234"))
    assert (place.zones, place.jurisdictions) == ((EASTERN,), ("US", "US-FL", "US-GA"))
    assert place.conflict


def test_zip_and_state_that_disagree_both_count():
    place = place_of("+12125550101", Address("US", "NY", "Los Angeles", "90012"))
    assert place.zones == (PACIFIC, EASTERN)
    assert {"US-CA", "US-NY"} <= set(place.jurisdictions)
    alone = place_of("+12125550101", Address("US", "NY", "Los Angeles", "90012"), "address_first")
    assert alone.zones == (PACIFIC, EASTERN)


def test_a_state_without_zip_narrows_only_where_it_meets_the_area_code():
    assert place_of("+18505550146", Address(state="FL")).zones == (CENTRAL, EASTERN)
    assert place_of("+13055550146", Address(state="Florida")).zones == (EASTERN,)
    assert place_of("+12125550159", Address(state="CA")).zones == (PACIFIC, EASTERN)
    assert place_of("+12125550159", Address(state="US-CA")).conflict


def test_an_unknown_state_or_zip_is_not_used():
    assert place_of("+18505550146", Address(state="ZZ")).zones == (CENTRAL, EASTERN)
    assert place_of("+18505550146", Address(postal_code="1234")).zones == (CENTRAL, EASTERN)
    told = place_of("+18505550146", Address(state="FL", postal_code="1234"))
    assert "the postal code is not known" in told.why


def test_a_new_zip_is_read_by_its_first_three_digits():
    states_, zones_ = zip_table().answers[int(zip_table().by_prefix[374])]
    assert states_ == ("TN",)
    assert set(zones_) == {CENTRAL, EASTERN}


def test_split_zips_have_both_zones():
    for zip_code in ("36867", "97903", "86045", "89883"):
        assert len(place_of_address(Address(postal_code=zip_code), "US").zones) == 2


def test_the_lists_own_zone_narrows_and_never_replaces():
    assert place_of("+18505550146", Address(timezone="America/Chicago")).zones == (CENTRAL,)
    assert place_of("+18505550146", Address(timezone="US/Central")).zones == (CENTRAL,)
    other = place_of("+18505550146", Address(timezone="America/Los_Angeles"))
    assert other.zones == (CENTRAL, PACIFIC, EASTERN)
    assert other.conflict
    for name in ("EST", "+05:00", "America/Nowhere"):
        refused = place_of("+18505550146", Address(timezone=name))
        assert refused.zones == ()
        assert name in refused.why


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        (Address(state="NY", city="Brooklyn"), True),
        (Address(state="NY", city="New York, NY"), True),
        (Address(state="NY", city="The  Bronx"), True),
        (Address(postal_code="11201"), True),
        (Address(postal_code="11040"), True),
        (Address(state="NY", city="Albany", postal_code="12207"), False),
        (Address(state="MD", city="Brooklyn"), False),
        (Address(city="Queens"), False),
    ],
)
def test_new_york_city_has_rules_of_its_own(address, inside):
    assert ("US-NY-NYC" in place_of("+15185550101", address).jurisdictions) is inside


def test_new_york_citys_area_codes_are_new_york_city():
    assert "US-NY-NYC" in place_of("+17185550101").jurisdictions


@pytest.mark.parametrize(
    "number",
    [
        "+18005550123",
        "+19005550123",
        "+15005550123",
        "+12120550123",
        "+1684555",
        "",
        "2125550123",
        "+80012345678",
    ],
)
def test_no_place_is_not_callable_and_says_why(number):
    place = place_of(number, Address(postal_code="32301"))
    assert place.zones == ()
    assert place.why


def test_military_mail_has_no_known_clock():
    for address in (Address(postal_code="09012"), Address(state="AP")):
        assert place_of("+12125550159", address).zones == ()


@pytest.mark.parametrize(
    ("number", "address", "zones"),
    [
        ("+442079460101", None, ("Europe/London",)),
        ("+447911123456", None, ("Europe/London",)),
        ("+6281255550101", None, ("Asia/Jakarta", "Asia/Jayapura", "Asia/Makassar")),
        ("+6281255550101", Address("ID", "BA"), ("Asia/Makassar",)),
        ("+622155550101", None, ("Asia/Jakarta",)),
        ("+61255500101", None, ("Australia/Sydney",)),
        ("+61491570006", Address("AU", "WA", "", "6000"), ("Australia/Eucla", "Australia/Perth")),
        ("+61491570006", Address("AU", "", "", "2000"), ("Australia/Sydney",)),
        ("+61491570006", Address(postal_code="2880"), ("Australia/Broken_Hill",)),
        ("+642112345678", None, ("Pacific/Auckland", "Pacific/Chatham")),
        ("+6433001234", None, ("Pacific/Chatham",)),
        ("+5511955550101", Address("BR", "SP"), ("America/Sao_Paulo",)),
        ("+911155550101", None, ("Asia/Kolkata",)),
        ("+33199000101", None, ("Europe/Paris",)),
        ("+27115550101", None, ("Africa/Johannesburg",)),
        ("+18075550161", None, ("America/Toronto", "America/Winnipeg")),
        ("+16135550101", Address("CA", "", "", "K1A 0B1"), ("America/Toronto",)),
        ("+12423455678", None, ("America/Nassau",)),
        ("+17875550123", Address("PR"), ("America/Puerto_Rico",)),
    ],
)
def test_other_countries(number, address, zones):
    place = place_of(number, address)
    assert place.zones == zones
    assert not place.conflict


def test_great_britains_rules_bind_the_crown_dependencies_numbers():
    assert place_of("+447911123456").jurisdictions == ("GB", "GG")


def test_australian_mobiles_are_anywhere_in_australia():
    assert {"Australia/Perth", "Australia/Sydney", "Australia/Darwin"} <= set(place_of("+61491570006").zones)


def test_a_mobile_of_a_wide_country_never_has_one_zone():
    for region in ("AU", "BR", "ID", "MX", "RU", "ES", "PT", "CL", "NZ", "CN"):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        place = place_of(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
        assert place.zones == country_zones(region)
        assert len(place.zones) > 1


def test_another_countrys_address_adds_that_country():
    place = place_of("+12125550159", Address(country="GB"))
    assert place.jurisdictions == ("GB", "US", "US-NY", "US-NY-NYC")
    assert place.zones == ("America/New_York", "Europe/London")
    assert place.conflict


def test_the_tables_name_real_zones_and_every_valid_geographic_area_code():
    for area in area_codes().values():
        assert all(zone(name) for name in area.zones)
    for state in states().values():
        assert all(zone(name) for name in state.zones)
    for _, zones_ in zip_table().answers:
        assert all(zone(name) for name in zones_)
    for code in range(200, 1000):
        number = phonenumbers.parse(f"+1{code}2345678")
        region = phonenumbers.region_code_for_number(number)
        fixed = phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
        if region in ("US", "CA") and phonenumbers.number_type(number) == fixed:
            assert str(code) in area_codes(), code


def test_states_hold_every_zone_of_their_area_codes_and_zips():
    for area in area_codes().values():
        for name in area.jurisdictions:
            country, code = name.split("-")[:2]
            if len(area.jurisdictions) == 1 or country == "US":
                assert set(area.zones) <= set(states()[country, code].zones), name


def test_the_superset_of_unsafe_area_codes_is_larger_than_the_librarys_answer():
    table = tomllib.loads((files("dnc") / "data/npa_zones.toml").read_text(encoding="utf-8"))["npa"]
    unsafe = [entry for entry in table if entry.get("lib_fallback_unsafe")]
    assert len(unsafe) >= 19
    assert all(len(place_of_number(f"+1{entry['npa']}5550123").zones) > 1 for entry in unsafe)


def test_the_tables_version_is_told():
    assert len(PLACES_VERSION) == 12


def test_without_an_address_the_number_decides():
    assert combine(Place(("US",), (EASTERN,)), None) == Place(("US",), (EASTERN,))
