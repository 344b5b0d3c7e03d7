"""Promise: what people hear is in the campaign's words of today, and is there before anybody listens."""

import json
import wave

import pytest

from campaigns.workspace import Workspace, init_workspace
from dialer.voice import PROMPTS, PromptLibrary, VoiceError, prompt_texts
from dialer.voice.speech import _spoken, available

needs_speech = pytest.mark.skipif(not available(), reason="espeak-ng is not installed")


@pytest.fixture
def campaign(tmp_path):
    init_workspace(tmp_path)
    return Workspace.load(tmp_path).campaign("telemarketing")


def sound(path, seconds=1.0, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * channels * int(8000 * seconds))
    return path


@needs_speech
def test_every_prompt_is_rendered_once_and_complete(campaign, tmp_path):
    library = PromptLibrary(tmp_path / "prompts")
    with pytest.raises(VoiceError, match=r"the prompt message is not there \(and 5 more\).*dialer carrier prompts"):
        library.complete(campaign)
    made = library.render(campaign)
    assert [prompt.name for prompt in made] == list(PROMPTS)
    assert set(library.complete(campaign)) == set(PROMPTS)
    assert library.render(campaign) == []
    message = library.complete(campaign)["message"]
    assert 5.0 < message.seconds < 30.0
    assert library.path(campaign.name, message.file).read_bytes()[:4] == b"RIFF"


@needs_speech
def test_a_message_changed_in_the_campaign_file_is_never_played_in_its_old_wording(campaign, tmp_path):
    library = PromptLibrary(tmp_path / "prompts")
    library.render(campaign)
    seller = campaign.seller.model_copy(update={"message": campaign.seller.message + " Thank you."})
    changed = campaign.model_copy(update={"seller": seller})
    with pytest.raises(VoiceError, match="message speaks other words than the campaign file"):
        library.complete(changed)
    assert "message" not in library.current(changed)
    library.render(changed)
    assert library.complete(changed)["message"].file != ""


def test_an_own_recording_is_kept_and_bound_to_its_words(campaign, tmp_path):
    library = PromptLibrary(tmp_path / "prompts")
    prompt = library.record(campaign, "hold", sound(tmp_path / "mine.wav"))
    assert prompt.source == "recorded"
    assert library.current(campaign) == {"hold": prompt}


def test_a_damaged_file_is_not_played(campaign, tmp_path):
    library = PromptLibrary(tmp_path / "prompts")
    prompt = library.record(campaign, "hold", sound(tmp_path / "mine.wav"))
    library.path(campaign.name, prompt.file).write_bytes(b"RIFF")
    assert library.current(campaign) == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"not audio at all"), "is no WAV file"),
        (lambda path: sound(path, seconds=0.1), "lasts 0.1 s"),
        (lambda path: sound(path, seconds=181), "lasts 181.0 s"),
        (lambda path: sound(path, channels=2), "has 2 channels"),
        (lambda path: None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_usable_audio_is_refused_in_one_line(campaign, tmp_path, make, said):
    file = tmp_path / "mine.wav"
    make(file)
    with pytest.raises(VoiceError, match=said):
        PromptLibrary(tmp_path / "prompts").record(campaign, "hold", file)
    assert not (tmp_path / "prompts").exists()


def test_only_files_of_the_manifest_are_served(campaign, tmp_path):
    library = PromptLibrary(tmp_path / "prompts")
    library.record(campaign, "hold", sound(tmp_path / "mine.wav"))
    assert library.path(campaign.name, "manifest.json") is None
    assert library.path(campaign.name, "../telemarketing.toml") is None
    assert library.path("../prompts/telemarketing", "x") is None


def test_a_broken_manifest_is_one_clear_line(campaign, tmp_path):
    folder = tmp_path / "prompts" / campaign.name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps([{"name": "hold"}]))
    with pytest.raises(VoiceError, match="render the prompts again"):
        PromptLibrary(tmp_path / "prompts").current(campaign)


@pytest.mark.parametrize("language", ["en", "id", "es-US", "fr"])
def test_every_language_of_the_catalogue_has_every_prompt(campaign, language):
    texts = prompt_texts(campaign.model_copy(update={"language": language}))
    assert tuple(texts) == PROMPTS
    assert all(texts.values())
    assert campaign.seller.name in texts["return_call"]


def test_a_language_without_words_needs_recordings(campaign, tmp_path):
    foreign = campaign.model_copy(update={"language": "xx"})
    assert prompt_texts(foreign)["hold"] is None
    if available():
        with pytest.raises(VoiceError, match=r"xx|no words"):
            PromptLibrary(tmp_path / "prompts").render(foreign)


def test_telephone_numbers_are_spoken_digit_by_digit():
    assert _spoken("call 212-555-0100 or press 9") == "call 2 1 2, 5 5 5, 0 1 0 0 or press 9"
