"""The time-zone database that decides calls is the pinned one."""

import os
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from dnc import zones


def test_the_operating_systems_copy_is_not_used():
    assert zoneinfo.TZPATH == ()


def test_british_columbia_is_on_year_round_time_from_november_2026():
    for month in range(1, 13):
        at = datetime(2027, month, 15, 20, tzinfo=UTC)
        assert zones.local(at, "America/Vancouver").utcoffset() == timedelta(hours=-7)


def test_the_database_ignores_the_environment_in_a_fresh_process(tmp_path):
    import subprocess
    import sys

    program = "import zoneinfo; zoneinfo.ZoneInfo('Europe/Paris'); import dnc.zones; print(zoneinfo.TZPATH)"
    environment = {**os.environ, "PYTHONTZPATH": "/usr/share/zoneinfo"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "()"


@pytest.mark.parametrize("version", ["2026.5", "2025.2", "2025.9.post1", "unknown"])
def test_older_data_is_refused_with_what_to_do(version):
    with pytest.raises(zones.TzdataTooOld, match=r"pip install 'tzdata>=2026\.6'"):
        zones._require(version)


@pytest.mark.parametrize("version", ["2026.6", "2026.6.post1", "2026.10", "2027.1"])
def test_newer_data_is_taken(version):
    assert zones._require(version) == version


def test_versions_are_told():
    assert zones._release(zones.TZDATA_VERSION) >= (2026, 6)
    assert zones.IANA_VERSION >= "2026f"


@pytest.mark.parametrize(
    "name", ["", "EST", "+05:00", "UTC-5", "Etc/GMT+5", "Etc/Unknown", "America/Nowhere", "../x/y"]
)
def test_what_is_no_places_clock_is_unknown(name):
    assert not zones.is_zone(name)
    with pytest.raises(zones.UnknownZone, match="America/Chicago"):
        zones.zone(name)


def test_zones_are_cached():
    assert zones.zone("America/Chicago") is zones.zone("America/Chicago")


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        zones.local(datetime(2026, 11, 23), "America/Chicago")  # noqa: DTZ001


def test_same_clock():
    assert zones.same_clock("America/Detroit", "America/New_York")
    assert zones.same_clock("US/Eastern", "America/New_York")
    assert not zones.same_clock("America/Phoenix", "America/Denver")


def test_public_names():
    assert sorted(zones.__all__) == zones.__all__ or set(zones.__all__) >= {"zone", "local", "TZDATA_VERSION"}
    assert all(hasattr(zones, name) for name in zones.__all__)
