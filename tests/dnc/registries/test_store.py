"""Versions: replaced part by part, swapped at once, refused when half, rolled back, never made younger."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_kit import NOW, SAMPLES, at_now, e164, flat_text

from dnc.registries import RegistryError, RegistryStore, SnapshotError, StoreBusy
from dnc.registries.folders import store_lock

CARY = 919_555_0100
MANHATTAN = 212_555_0100
DAY = timedelta(days=1)


def listed(store, *numbers):
    snapshot = store.current("US.ndnc")
    return [snapshot is not None and snapshot.contains(int(f"1{n}")) for n in numbers]


def test_an_import_is_used_by_the_next_call_of_every_store_and_a_reader_finishes_with_the_old(store, flat):
    other = RegistryStore(store.root)
    assert other.current("US.ndnc") is None
    store.import_file(flat([CARY]), "us_ndnc", options=at_now())
    old = other.current("US.ndnc")
    assert old is not None and old.contains(1_919_555_0100)
    store.import_file(flat([CARY + 1]), "us_ndnc", options=at_now())
    assert listed(other, CARY, CARY + 1) == [False, True]
    assert old.contains(1_919_555_0100)  # still mapped, still whole
    assert not old.contains(1_919_555_0101)


def test_a_file_replaces_the_area_codes_it_contains_and_keeps_the_others_with_their_dates(store, flat):
    store.import_file(flat([CARY, MANHATTAN]), "us_ndnc", obtained_at=NOW - 20 * DAY, options=at_now())
    store.import_file(flat([CARY + 1]), "us_ndnc", obtained_at=NOW, options=at_now())
    assert listed(store, CARY, CARY + 1, MANHATTAN) == [False, True, True]
    coverage = store.current("US.ndnc").manifest.coverage
    assert {npa: part.obtained_at for npa, part in coverage.items()} == {"919": NOW, "212": NOW - 20 * DAY}
    [row] = [row for row in store.status(NOW) if row.registry == "US.ndnc"]
    assert (row.age_days, row.days_left, row.state, row.area_codes) == (20, 11, "fresh", ("212", "919"))
    [row] = [row for row in store.status(NOW + 12 * DAY) if row.registry == "US.ndnc"]
    assert (row.state, row.days_left, row.stale_area_codes) == ("stale", -1, ("212",))


def test_replace_all_and_merge(store, flat):
    store.import_file(flat([CARY, CARY + 1]), "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    store.import_file(flat([CARY + 2]), "us_ndnc", mode="merge", obtained_at=NOW, options=at_now())
    assert listed(store, CARY, CARY + 1, CARY + 2) == [True, True, True]
    assert store.current("US.ndnc").oldest == NOW - DAY  # merging makes nothing younger
    report = store.import_file(flat([MANHATTAN] * 3), "us_ndnc", mode="replace_all", options=at_now())
    assert report.outcome == "reject_file"  # 919 would be gone
    assert any("area code 919 would shrink from 3 to 0" in warning for warning in report.warnings)
    store.import_file(
        flat([MANHATTAN]),
        "us_ndnc",
        mode="replace_all",
        allow_drop="only New York is called",
        options=at_now(),
    )
    assert listed(store, CARY, MANHATTAN) == [False, True]
    assert store.history("US.ndnc")[-1][3] == "only New York is called"


def test_a_sharp_drop_keeps_the_version_in_use(store, flat):
    store.import_file(flat(range(CARY, CARY + 100)), "us_ndnc", options=at_now())
    before = store.current("US.ndnc").version
    report = store.import_file(flat(range(CARY, CARY + 89)), "us_ndnc", options=at_now())
    assert (report.outcome, report.version, report.previous) == ("reject_file", "", before)
    assert store.current("US.ndnc").version == before
    assert store.import_file(flat(range(CARY, CARY + 90)), "us_ndnc", options=at_now()).accepted


@pytest.mark.parametrize("sample", ["bad_empty.txt", "bad_truncated.gz", "bad_short_line.txt", "bad_utf16.txt"])
def test_a_bad_file_leaves_everything_as_it_was(store, flat, sample):
    store.import_file(flat([CARY]), "us_ndnc", options=at_now())
    before = {path.relative_to(store.root) for path in store.root.rglob("*")}
    assert not store.import_file(SAMPLES / "us_ndnc" / sample, "us_ndnc", options=at_now()).accepted
    assert {path.relative_to(store.root) for path in store.root.rglob("*")} == before
    assert listed(store, CARY) == [True]


def test_a_dry_run_says_the_same_and_writes_nothing(store, flat):
    report = store.import_file(flat([CARY]), "us_ndnc", dry_run=True, options=at_now())
    assert (report.outcome, report.version, report.dry_run) == ("accept", "", True)
    assert not store.root.exists()
    store.import_file(flat(range(CARY, CARY + 50)), "us_ndnc", options=at_now())
    assert not store.import_file(flat([CARY]), "us_ndnc", dry_run=True, options=at_now()).accepted


def test_stray_lines_in_a_large_file_are_not_an_area_codes_list(store, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("".join(f"919,{5_500_000 + n}\n" for n in range(100_000)) + "212,5550100\n")
    report = store.import_file(path, "us_ndnc", options=at_now())
    assert report.outcome == "accept_with_warnings"
    assert listed(store, MANHATTAN) == [True]
    assert set(store.current("US.ndnc").manifest.coverage) == {"919"}


def test_the_same_bytes_do_not_become_younger(store, flat):
    path = flat([CARY])
    store.import_file(path, "us_ndnc", obtained_at=NOW - 40 * DAY, options=at_now())
    again = store.import_file(path, "us_ndnc", options=at_now())
    assert again.outcome == "accept_with_warnings"
    assert store.current("US.ndnc").oldest == NOW - 40 * DAY
    store.import_file(path, "us_ndnc", obtained_at=NOW, options=at_now())
    assert store.current("US.ndnc").oldest == NOW


def test_rollback_and_its_limits(store, flat):
    with pytest.raises(RegistryError, match="no version"):
        store.rollback("US.ndnc", at=NOW)
    first = store.import_file(flat([CARY]), "us_ndnc", options=at_now()).version
    second = store.import_file(flat([CARY + 1]), "us_ndnc", options=at_now()).version
    assert store.rollback("US.ndnc", reason="wrong file", at=NOW).version == first
    assert listed(store, CARY, CARY + 1) == [True, False]
    with pytest.raises(RegistryError, match="no version to roll back to"):
        store.rollback("US.ndnc", at=NOW)
    assert store.rollback("US.ndnc", to=second, at=NOW).version == second
    store.import_file(flat([CARY + 2]), "us_ndnc", options=at_now())
    assert [row[1] for row in store.history("US.ndnc")] == [
        "import",
        "import",
        "rollback",
        "rollback",
        "import",
    ]
    assert len(store.versions("US.ndnc")) == 3
    with pytest.raises(RegistryError, match="nobody knows a list"):
        store.rollback("../../etc", at=NOW)


@given(st.sets(st.integers(0, 60), min_size=1), st.sets(st.integers(0, 60), min_size=1))
@settings(max_examples=15, deadline=None)
def test_a_diff_turns_the_old_version_into_the_new(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("diff")
    store = RegistryStore(folder / "registries")
    versions = []
    for name, numbers in (("old", old), ("new", new)):
        path = folder / name
        # Two exchanges, so that pages come and go.
        path.write_text(flat_text(CARY + n if n < 30 else CARY + 10_000 + n for n in sorted(numbers)))
        report = store.import_file(path, "us_ndnc", allow_drop="test", obtained_at=NOW, options=at_now())
        versions.append(report.version)
    found = store.diff("US.ndnc", *versions, samples=100)
    full = {n: e164(CARY + n if n < 30 else CARY + 10_000 + n) for n in old | new}
    assert set(found.added_samples) == {full[n] for n in new - old}
    assert set(found.removed_samples) == {full[n] for n in old - new}
    assert (found.added, found.removed) == (len(new - old), len(old - new))


def test_old_versions_lose_their_data_and_keep_their_manifest(tmp_path, flat):
    store = RegistryStore(tmp_path / "registries", keep=2)
    names = [store.import_file(flat([CARY + n]), "us_ndnc", options=at_now()).version for n in range(4)]
    assert [m.version for m in store.versions("US.ndnc")] == names
    assert store.open_version("US.ndnc", names[2]).contains(int(f"1{CARY + 2}"))
    with pytest.raises(SnapshotError):
        store.open_version("US.ndnc", names[0])


def test_the_manifest_tells_where_a_version_came_from(store, flat):
    path = flat([CARY, CARY, MANHATTAN])
    report = store.import_file(path, "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    manifest = store.current("US.ndnc").manifest
    assert (manifest.registry, manifest.version, manifest.source_file) == (
        "US.ndnc",
        report.version,
        path.name,
    )
    assert (manifest.obtained_at, manifest.imported_at) == (NOW - DAY, NOW)
    assert (manifest.lines, manifest.rows, manifest.previous) == (3, 2, "")
    assert manifest.warnings == ("1 duplicate counted once",)
    assert len(manifest.sha256) == len(manifest.source_sha256) == 64


def damage_manifest(folder):
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("2026-11-22T15", "2026-12-22T15", 1))


def cut_manifest(folder):
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:-40])


def damage_data(folder):
    path = folder / "data.bin"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))


def cut_data(folder):
    path = folder / "data.bin"
    path.write_bytes(path.read_bytes()[:-64])


def remove_data(folder):
    (folder / "data.bin").unlink()


def damage_pointer(folder):
    (folder.parent / "CURRENT").write_text("../../../somewhere\n")


DAMAGES = [damage_manifest, cut_manifest, damage_data, cut_data, remove_data, damage_pointer]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_is_unreadable_never_empty(store, flat, damage):
    store.import_file(flat([CARY, MANHATTAN]), "us_ndnc", options=at_now())
    version = store.current("US.ndnc").version
    damage(store.root / "US.ndnc" / version)
    fresh = RegistryStore(store.root)
    with pytest.raises(SnapshotError):
        fresh.current("US.ndnc")
    [evidence] = fresh.evidence(e164(CARY), NOW)
    assert evidence.status == "unreadable"
    assert "dialer dnc import" in evidence.detail
    [row] = [row for row in fresh.status(NOW) if row.registry == "US.ndnc"]
    assert row.state == "unreadable"
    # Part of a list cannot be laid over what cannot be read; a whole one can replace it.
    assert not fresh.import_file(flat([CARY]), "us_ndnc", options=at_now()).accepted
    assert fresh.import_file(flat([CARY]), "us_ndnc", mode="replace_all", options=at_now()).accepted
    assert listed(fresh, CARY, MANHATTAN) == [True, False]


def test_two_imports_do_not_run_at_once(store, flat):
    path = flat([CARY])
    with store_lock(store.root):
        with pytest.raises(StoreBusy, match="another import is running"):
            store.import_file(path, "us_ndnc", options=at_now())
        with pytest.raises(StoreBusy):
            store.rollback("US.ndnc", at=NOW)
        assert store.import_file(path, "us_ndnc", dry_run=True, options=at_now()).accepted
    assert store.import_file(path, "us_ndnc", options=at_now()).accepted


def test_the_callers_mistakes_are_one_line(store, flat):
    path = flat([CARY])
    with pytest.raises(RegistryError, match="needs a zone"):
        store.import_file(path, "us_ndnc", obtained_at=NOW.replace(tzinfo=None), options=at_now())
    with pytest.raises(RegistryError, match="future"):
        store.import_file(path, "us_ndnc", obtained_at=NOW + DAY, options=at_now())
    with pytest.raises(RegistryError, match="feeds US"):
        store.import_file(path, "us_ndnc", registry="GB.tps", options=at_now())
    with pytest.raises(RegistryError, match="say which with --registry"):
        store.import_file(path, "us_state", options=at_now())
    with pytest.raises(RegistryError, match="is imported with --format"):
        store.import_file(path, "us_state", registry="FR.bloctel", options=at_now())
    assert not store.import_file(path, "us_ndnc", level="change", options=at_now()).accepted
    assert store.import_file(path, "us_state", registry="US-TX.state", options=at_now()).accepted


CHANGES = "919,5550104,2026-11-20,A\n919,5550101,2026-11-20,D\n"


def changed(store, tmp_path, text, **options):
    path = tmp_path / "change.txt"
    path.write_text(text)
    return store.import_file(path, "us_ndnc.flat_change", allow_drop="test", options=at_now(**options))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (CHANGES, ()),
        ("A,2026-11-20T10:00:00,9195550104\nD,2026-11-20T10:00:00,9195550101\n", ()),
        ("919,5550104,20261120,A\n919,5550101,20261120,D\n", ()),
        ("x9,5550104,919,A\nx7,5550101,919,D\n", ("ignore", "line", "npa", "action")),
    ],
)
def test_a_change_list_applies_onto_the_version_in_use(store, flat, tmp_path, text, columns):
    store.import_file(flat([CARY + 1, CARY + 2]), "us_ndnc", obtained_at=NOW - 5 * DAY, options=at_now())
    report = changed(store, tmp_path, text, columns=columns)
    assert report.outcome == "accept", report.warnings
    assert report.numbers == ("A:+19195550104", "D:+19195550101")
    assert listed(store, CARY + 1, CARY + 2, CARY + 4) == [False, True, True]
    assert store.current("US.ndnc").manifest.coverage["919"].obtained_at == NOW


@pytest.mark.parametrize(
    "text",
    [
        "919,5550104,2026-11-20,C\n",  # a change nobody knows
        "919,5550104,2026-11-20\n",  # no change named
        "919,5550104,1700000000,A\n" * 2 + "919,5550101,9195550101,D\n",  # a column with two readings
        "919,212,5550104,A\n",  # two area codes
        "919,5550104,what,A\n",
        CHANGES + "919,5550105,A\n",
        "A,D,9195550104\n",
        "area,number,date,change\n" + CHANGES,
    ],
)
def test_a_change_list_with_unknown_or_ambiguous_columns_is_refused(store, flat, tmp_path, text):
    store.import_file(flat([CARY + 1]), "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    before = store.current("US.ndnc").version
    assert changed(store, tmp_path, text).outcome == "reject_file"
    assert store.current("US.ndnc").version == before


def test_a_change_list_is_told_from_a_full_list_with_one_odd_line(store, flat, tmp_path):
    store.import_file(flat([CARY + 1]), "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    path = tmp_path / "list.txt"
    path.write_text(CHANGES)
    report = store.import_file(path, "us_ndnc", dry_run=True, allow_drop="test", options=at_now())
    assert (report.outcome, report.format) == ("accept", "us_ndnc.flat_change")
    path.write_text("a,b,c,d\n" + "".join(f"919,{5_550_000 + n}\n" for n in range(2_000)))
    report = store.import_file(path, "us_ndnc", dry_run=True, options=at_now())
    assert (report.outcome, report.format) == ("accept_with_warnings", "us_ndnc.flat_full")
    assert [bad.line for bad in report.bad_lines] == [1]


def test_a_change_list_needs_its_full_list_and_comes_after_it(store, flat, tmp_path):
    report = changed(store, tmp_path, CHANGES)
    assert any("import that first" in warning for warning in report.warnings)
    store.import_file(flat([CARY + 1, CARY + 4]), "us_ndnc", obtained_at=NOW, options=at_now())
    path = tmp_path / "late.txt"
    path.write_text(CHANGES)
    report = store.import_file(path, "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    assert any("older than the list in use" in warning for warning in report.warnings)
    twice = changed(store, tmp_path, CHANGES)
    assert twice.outcome == "accept_with_warnings"  # 5550104 was there already
    assert any("applied before" in warning for warning in twice.warnings)


changes = st.lists(st.tuples(st.sampled_from("AD"), st.integers(0, 40)), min_size=1, max_size=30)


@given(st.sets(st.integers(0, 40), min_size=1), changes)
@settings(max_examples=20, deadline=None)
def test_applying_changes_equals_set_arithmetic_and_a_doubtful_number_stays(tmp_path_factory, base, rows):
    folder = tmp_path_factory.mktemp("changes")
    store = RegistryStore(folder / "registries")
    (folder / "full").write_text(flat_text(sorted(CARY + n for n in base | {99})))
    store.import_file(folder / "full", "us_ndnc", obtained_at=NOW - DAY, options=at_now())
    (folder / "change").write_text("".join(f"919,{5_550_100 + n},2026-11-20,{action}\n" for action, n in rows))
    report = store.import_file(folder / "change", "us_ndnc.flat_change", allow_drop="test", options=at_now())
    assert report.accepted, report.warnings
    added = {n for action, n in rows if action == "A"}
    removed = {n for action, n in rows if action == "D"} - added
    wanted = (base | {99} | added) - removed
    assert store.current("US.ndnc").index.numbers().tolist() == sorted(int(f"1{CARY + n}") for n in wanted)


def test_reports_and_status_are_json(store, flat):
    report = store.import_file(flat([CARY]), "us_ndnc", options=at_now())
    assert json.loads(json.dumps(report.as_dict()))["version"] == report.version
    shown = [json.loads(json.dumps(row.as_dict())) for row in store.status(NOW, countries=["US"])]
    assert {"US.ndnc", "US-TX.state"} <= {row["registry"] for row in shown}
    assert "GB.tps" not in {row["registry"] for row in shown}
    assert "GB.tps" in {row.registry for row in store.status(NOW)}
