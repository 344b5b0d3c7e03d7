"""Flags are what the machine acts on: contradictions are refused when they are written."""

import pytest
from pydantic import ValidationError

from campaigns.dispositions import Disposition


def test_the_narrower_flag_needs_the_wider_one():
    with pytest.raises(ValidationError, match="'promise' without 'right_party'"):
        Disposition(code="P", label="p", flags=["promise"])


def test_a_machine_is_no_contact():
    with pytest.raises(ValidationError, match="'machine' and 'contact' cannot both be"):
        Disposition(code="M", label="m", flags=["machine", "contact"])


@pytest.mark.parametrize("flag", ["opt_out", "final", "cease", "attorney"])
def test_what_ends_a_lead_has_no_time_to_try_again(flag):
    with pytest.raises(ValidationError, match="it is never tried again"):
        Disposition(code="M", label="m", flags=[flag], recycle_after_minutes=10)


def test_flags_are_a_set():
    assert Disposition(code="A", label="a", flags=["contact", "contact"]).flags == {"contact"}
