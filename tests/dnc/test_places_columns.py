"""The places of a column are those of its rows."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.places import place_of, places_of
from dnc.places.columns import ADDRESS_COLUMNS
from dnc.values import Address

numbers = st.sampled_from(
    [
        "+18505550146", "+12125550101", "+14235550147", "+19075550158", "+13065550123", "+18075550161",
        "+16845550123", "+12423455678", "+18005550123", "+12125551212", "+12120550123", "+447911123456",
        "+61491570006", "+6281255550101", "+17875550123", "", "bad",
    ]
)  # fmt: skip
addresses = st.builds(
    Address,
    country=st.sampled_from(["", "US", "us", "CA", "PR", "AU", "GB", "ZZ"]),
    state=st.sampled_from(["", "FL", "Florida", "NY", "AP", "NSW", "ZZ", " "]),
    city=st.sampled_from(["", "Brooklyn", "Boston"]),
    postal_code=st.sampled_from(["", "32301", "90012-0001", "11201", "12207", "09012", "374", "2000", "00000"]),
    timezone=st.sampled_from(["", "America/Chicago", "America/Detroit", "EST"]),
)


@given(st.lists(st.tuples(numbers, addresses), max_size=12), st.sampled_from(["intersect", "address_first"]))
@settings(max_examples=300)
def test_identical_to_the_scalar_form(rows, policy):
    frame = pd.DataFrame(
        {name: pd.Series([getattr(a, name) for _, a in rows], dtype="str") for name in ADDRESS_COLUMNS}
    )
    found = places_of(pd.Series([n for n, _ in rows], dtype="str"), frame, policy)
    for (number, address), index in zip(rows, found.index, strict=True):
        given_ = address if any(getattr(address, name) for name in ADDRESS_COLUMNS) else None
        assert found.places[index] == place_of(number, given_, policy)


def test_missing_values_and_columns_count_as_not_given():
    numbers_ = pd.Series(["+18505550146", None], index=[7, 9])
    found = places_of(numbers_, pd.DataFrame({"state": ["FL", None]}))
    assert found.places[found.index[0]] == place_of("+18505550146", Address(state="FL"))
    assert found.places[found.index[1]].zones == ()
    assert places_of(numbers_).places[0] == place_of("+18505550146")


def test_the_frame_has_keys_zones_and_reasons():
    frame = places_of(pd.Series(["+18505550146", "+18005550123", "+18505550147"])).frame()
    assert list(frame.columns) == ["place_key", "jurisdictions", "zones", "conflict", "why"]
    florida = "US,US-FL|America/Chicago,America/New_York"
    assert frame["place_key"].tolist() == [florida, "|", florida]
    assert frame["zones"].iat[0] is frame["zones"].iat[2]


def test_lengths_must_fit():
    with pytest.raises(ValueError, match="1 numbers but 2 addresses"):
        places_of(pd.Series(["+18505550146"]), pd.DataFrame({"state": ["FL", "GA"]}))


def test_an_empty_column():
    found = places_of(pd.Series([], dtype="str"))
    assert (len(found.index), found.places) == (0, ())
    assert len(found.frame()) == 0
