"""Registry files from the office: a look at the difference first, then live, and the way back."""

import asyncio
import zipfile
from pathlib import Path

from office import Office, bare_world, office

from dialer.runtime.registry_jobs import Asked, prepare
from dnc.registries import RegistryStore

URL = "/compliance/registries"
#: Numbers of area code 212, in the layout of the national registry.
FIRST, SECOND = "2125550101\n2125550102\n", "2125550102\n2125550103\n2125550104\n"


def run(story, tmp_path) -> None:
    async def told() -> None:
        async with office(tmp_path) as made:
            await story(made)

    asyncio.run(told())


async def bring(browser, content: bytes | str, name: str = "2026_212.txt", **more: str):
    """Send a file and wait until it was read."""
    asked = {"name": name, "format_name": "us_ndnc.flat_full_10", "mode": "replace_all", **more}
    answer = await browser.post(f"{URL}/upload", params=asked, content=content)
    return answer if answer.status_code != 202 else await settled(browser)


async def settled(browser):
    """The page, when nothing on it is unfinished."""
    for _ in range(300):
        answer = await browser.get(URL)
        if "data-unfinished" not in answer.text:
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError("it does not finish")


def looked_at(page) -> str:
    return page.text.split('name="upload_id" value="')[1].split('"')[0]


def lists(made: Office) -> RegistryStore:
    return RegistryStore(made.world.workspace.registries_dir)


def listed(made: Office, number: int) -> bool:
    snapshot = lists(made).current("US.ndnc")
    return snapshot is not None and snapshot.contains(number)


def test_a_file_binds_nobody_until_its_difference_was_seen_and_a_rollback_undoes_it(tmp_path):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        page = await bring(olga, FIRST)
        assert "+ 2" in page.text and "nothing: the first version" in page.text and "+121255xxxxx" in page.text
        assert not listed(made, 12125550101)  # only looked at
        again = await bring(olga, SECOND)
        assert again.status_code == 422 and "another file is being looked at" in again.text
        await olga.post(f"{URL}/confirm", data={"upload_id": looked_at(page)})
        assert "is live now" in (await settled(olga)).text and listed(made, 12125550101)

        page = await bring(olga, SECOND, allow_drop="half of it moved")
        assert "+ 2" in page.text and "− 1" in page.text and "= 1" in page.text
        await olga.post(f"{URL}/confirm", data={"upload_id": looked_at(page)})
        page = await settled(olga)
        assert listed(made, 12125550104) and not listed(made, 12125550101)

        newest = lists(made).current("US.ndnc").version
        stale = {"registry": "US.ndnc", "instead_of": "000001-20200101T000000Z", "reason": "wrong state"}
        await olga.post(f"{URL}/rollback", data=stale)
        assert "another version came into use" in (await settled(olga)).text
        await olga.post(f"{URL}/rollback", data={**stale, "instead_of": newest})
        assert "wrong state (olga)" in (await settled(olga)).text
        assert listed(made, 12125550101) and not listed(made, 12125550104)
        done = [(act, ok) for by, act, _, ok in made.acts() if act == "change_registries"]
        assert [ok for _, ok in done] == [True, False, True, True, True, False, True]
        assert not list((made.world.workspace.registries_dir / ".incoming").iterdir())  # nothing of the files is left

    run(story, tmp_path)


def test_what_was_compared_with_another_version_is_refused(tmp_path):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        page = await bring(olga, FIRST)
        file = made.world.root / "other.txt"
        file.write_text("2125550109\n")
        assert lists(made).import_file(file, "us_ndnc.flat_full_10").accepted  # on the command line, meanwhile
        await olga.post(f"{URL}/confirm", data={"upload_id": looked_at(page)})
        page = await settled(olga)
        assert "prepare it again" in page.text and listed(made, 12125550109) and not listed(made, 12125550101)
        gone = await olga.post(f"{URL}/confirm", data={"upload_id": "tmpwrong"})
        assert gone.status_code == 409 and "look again" in gone.text
        page = await bring(olga, FIRST)  # the place is free again
        await olga.post(f"{URL}/discard", data={"upload_id": looked_at(page)})
        assert 'name="upload_id"' not in (await olga.get(URL)).text and not listed(made, 12125550101)

    run(story, tmp_path)


def bomb(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("2026_212.txt", b"2125550101\n" * 4_000_000)
    return path.read_bytes()


def traversal(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../../../outside.txt", FIRST)
    return path.read_bytes()


_XXE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><list>&e;</list>'


def test_bad_files_become_no_version(tmp_path):
    world = bare_world(tmp_path / "w")
    lists = RegistryStore(world.workspace.registries_dir)
    whole, packed = tmp_path / "whole.txt", bomb(tmp_path / "b.zip")
    whole.write_text("".join(f"21255501{n:02}\n" for n in range(100)))
    assert lists.import_file(whole, "us_ndnc.flat_full_10").accepted
    for number, (content, form) in enumerate(
        (
            (packed, "us_ndnc"),
            (packed[: len(packed) // 2], "us_ndnc"),
            (b"<!doctype html><html><body>Sign in</body></html>", "us_ndnc"),
            (_XXE.encode(), "us_ndnc.xml_full"),
            (FIRST.encode(), "us_ndnc.flat_full_10"),  # a list that shrinks from 100 to 2
            (traversal(tmp_path / "t.zip"), "us_ndnc"),
        )
    ):
        file, staged = tmp_path / f"file{number}", tmp_path / f"staged{number}"
        file.write_bytes(content)
        found = prepare(lambda *_: None, world.root, file, Asked(form), staged)
        assert not found.report.accepted and found.report.warnings and "\n" not in found.report.warnings[0]
        assert found.staged is None and not staged.exists()
    assert not list(tmp_path.rglob("outside.txt"))
    assert RegistryStore(world.workspace.registries_dir).current("US.ndnc").manifest.rows == 100


def test_a_refused_file_is_told_with_its_bad_lines_and_cannot_be_made_live(tmp_path):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        page = await bring(olga, "212,555,0101,extra\n=cmd|1\n", "../../bad.txt", format_name="us_ndnc.flat_full")
        assert "Refused; the version in use stays" in page.text and "Make it live" not in page.text
        assert "bad.txt" in page.text and "../" not in page.text
        file = (await olga.get(f"{URL}/rejects")).text
        assert file.startswith("member,line,reason,text") and "\n=" not in file and ",=" not in file
        confirmed = await olga.post(f"{URL}/confirm", data={"upload_id": looked_at(page)})
        assert confirmed.status_code == 409 and lists(made).current("US.ndnc") is None
        await olga.post(f"{URL}/discard", data={"upload_id": looked_at(page)})
        assert (await bring(olga, "")).json() == {"why": "the file is empty"}
        assert (await bring(olga, FIRST, format_name="leads")).status_code == 422
        assert (await olga.get(f"{URL}/rejects")).status_code == 404

    run(story, tmp_path)


def test_a_file_larger_than_the_bound_is_cut_off_and_those_of_one_client_bring_none(tmp_path, monkeypatch):
    async def story(made: Office) -> None:
        olga = await made.signed_in("olga", "compliance")
        monkeypatch.setattr("dialer.web.pages.registries.LARGEST", 10)
        answer = await bring(olga, FIRST)
        assert answer.status_code == 422 and "larger than" in answer.json()["why"]
        assert not list((made.world.workspace.registries_dir / ".incoming").iterdir())
        bound = await made.signed_in("otto", "compliance", "evergreen")
        assert (await bring(bound, FIRST)).status_code == 403
        manager = await made.signed_in("max", "manager")
        assert (await bring(manager, FIRST)).status_code == 403 and (await manager.get(URL)).status_code == 200

    run(story, tmp_path)
