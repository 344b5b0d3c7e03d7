"""Agents, prompts, fallback documents, and steering a floor: what they print, and one line for each mistake."""

from __future__ import annotations

import json
import socket
import wave
from pathlib import Path

import pytest

TWILIO = """
carrier = "twilio"

[twilio]
account_sid = "AC00000000000000000000000000000001"
public_url = "https://dialer.example"
"""


@pytest.fixture
def recordings(bare, dialer, tmp_path):
    """All prompts of the campaign, as the user's own recordings."""
    file = tmp_path / "voice.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000)
    names = ("message", "opted_out", "apology", "hold", "recording_notice", "return_call")
    words = [word for name in names for word in ("--recording", f"{name}={file}")]
    said = dialer("--dir", bare.root, "carrier", "prompts", "day", *words)
    assert said.code == 0, said.err
    return said.out


def test_an_agent_is_added_listed_and_removed_and_the_secret_is_shown_once(bare, dialer):
    def agents(*words):
        return dialer("--dir", bare.root, "agents", *words)

    added = json.loads(agents("add", "maria", "--name", "Maria Lopez", "--json").out)
    assert added["new"] and len(added["secret"]) >= 12
    again = json.loads(agents("add", "maria", "--json").out)
    assert not again["new"] and again["secret"] != added["secret"]
    listed = agents("list").out
    assert "maria" in listed and "may sign in" in listed and again["secret"] not in listed
    assert agents("remove", "maria").code == 0
    assert "no secret" in agents("list").out
    nobody = agents("remove", "nobody")
    assert (nobody.code, nobody.err.count("\n")) == (1, 1)
    strange = agents("add", "maria lopez")
    assert (strange.code, strange.err.count("\n")) == (2, 1)


def test_own_recordings_are_taken_and_a_strange_one_is_refused(recordings, bare, dialer, tmp_path):
    assert recordings.count("recorded") == 6
    (tmp_path / "no.wav").write_text("no sound")
    for words in (("nonsense=x.wav",), (f"message={tmp_path / 'no.wav'}",), (f"message={tmp_path / 'absent.wav'}",)):
        said = dialer("--dir", bare.root, "carrier", "prompts", "day", "--recording", *words)
        assert (said.code, said.err.count("\n")) == (1, 1), said.err


def test_the_fallback_is_a_document_and_its_sound_at_the_other_address(recordings, bare, dialer, tmp_path, monkeypatch):
    monkeypatch.setenv("DIALER_TWILIO_AUTH_TOKEN", "0" * 32)
    (bare.root / "dialer.toml").write_text(TWILIO)
    out = tmp_path / "out"
    said = dialer("--dir", bare.root, "carrier", "export-fallback", out, "--url", "https://static.example/dialer/")
    assert said.code == 0, said.err
    document = (out / "day.xml").read_text()
    (sound,) = out.glob("day-message-*.wav")
    assert f"https://static.example/dialer/{sound.name}" in document
    assert 'action="https://dialer.example/carrier/twilio/optout"' in document
    assert sound.read_bytes() == next(Path(bare.root / "prompts" / "day").glob("message-*.wav")).read_bytes()


def test_without_prompts_or_secret_the_fallback_is_refused_in_one_line(bare, dialer, tmp_path, monkeypatch):
    (bare.root / "dialer.toml").write_text(TWILIO)
    monkeypatch.delenv("DIALER_TWILIO_AUTH_TOKEN", raising=False)
    words = ("--dir", bare.root, "carrier", "export-fallback", tmp_path / "out", "--url", "https://static.example")
    said = dialer(*words)
    assert said.code == 1 and "DIALER_TWILIO_AUTH_TOKEN" in said.err and said.err.count("\n") == 1
    monkeypatch.setenv("DIALER_TWILIO_AUTH_TOKEN", "0" * 32)
    said = dialer(*words)
    assert said.code == 1 and "dialer carrier prompts day" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize("act", ["pause", "resume", "stop"])
def test_without_a_floor_there_is_nothing_to_steer(bare, dialer, act):
    said = dialer("--dir", bare.root, "campaigns", act, "day")
    assert said.code == 1 and "dialer serve" in said.err and said.err.count("\n") == 1


def test_a_port_that_is_taken_is_said_in_one_line_and_is_a_failure(bare, dialer):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = dialer("--dir", bare.root, "serve", "--port", taken.getsockname()[1])
    assert said.code == 1 and "choose another --port" in said.err and said.err.count("\n") == 1
    assert not (bare.root / ".floor.json").exists()
