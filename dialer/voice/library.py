"""The audio files of all campaigns, with a manifest that says what each one speaks.

`prompts/<campaign>/` holds the files and `manifest.json`. A file is *current* when the words in the manifest are
the campaign's words of today and the file is the one the manifest speaks of. A missing or stale file is never
played and never replaced in silence by another: the campaign cannot be dialed with a real carrier until it is
rendered or recorded anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import wave
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from campaigns.files import Campaign
from dialer.voice.speech import SpeechError, render
from dialer.voice.texts import OWN_PROMPTS, prompt_texts, prompts_of

__all__ = ["Prompt", "PromptLibrary", "VoiceError"]

_MANIFEST = "manifest.json"
#: A recording longer than this is a mistake, s.
_LONGEST = 180.0
_LARGEST = 16 << 20


class VoiceError(Exception):
    """A prompt is missing, stale or no usable audio file; one line for the operator."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One audio file and what it speaks.

    Attributes:
        name: one of `PROMPTS` or `OWN_PROMPTS`.
        file: its name in the campaign's folder, with a part of its hash: no cache serves an old one.
        sha256: of the file.
        text_sha256: of the words.
        source: rendered by the synthesiser, or the user's own recording.
        seconds: its length.
    """

    name: str
    file: str
    sha256: str
    text_sha256: str
    source: Literal["rendered", "recorded"]
    seconds: float


class PromptLibrary:
    """All prompts below one folder.

    Args:
        folder: such as the workspace's `prompts`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self, campaign: Campaign) -> dict[str, Prompt]:
        """The prompts that may be played now, by name; what is missing or stale is not among them."""
        texts, prompts = dict.fromkeys(OWN_PROMPTS) | prompt_texts(campaign), self._manifest(campaign.name)
        return {
            name: prompt
            for name, prompt in prompts.items()
            if name in texts and prompt.text_sha256 == _hash(texts[name]) and self._is_whole(campaign.name, prompt)
        }

    def complete(self, campaign: Campaign) -> dict[str, Prompt]:
        """All prompts of a campaign.

        Raises:
            VoiceError: one is missing or speaks other words than the campaign file has today.
        """
        current, known = self.current(campaign), self._manifest(campaign.name)
        missing = [name for name in prompts_of(campaign) if name not in current]
        if missing:
            how = "speaks other words than the campaign file" if missing[0] in known else "is not there"
            raise VoiceError(
                f"{campaign.name}: the prompt {missing[0]} {how}"
                + (f" (and {len(missing) - 1} more)" if len(missing) > 1 else "")
                + f": run dialer carrier prompts {campaign.name}"
            )
        said = campaign.message
        for name in ("announcement", "voicemail") if said is not None else ():
            prompt = current.get(name)
            times = 1 + said.replays if said is not None and name == "announcement" else 1
            if said is not None and prompt is not None and prompt.seconds * times > said.max_seconds:
                raise VoiceError(
                    f"{campaign.name}: the prompt {name} lasts {prompt.seconds * times:.0f} s, longer than "
                    f"message.max_seconds, {said.max_seconds:g}: shorten it, or raise that"
                )
        return current

    def render(self, campaign: Campaign, again: bool = False) -> list[Prompt]:
        """Speak every prompt that is not current; with `again`, all but own recordings that are. Returns the new ones.

        Raises:
            VoiceError: a text is missing in the campaign's language, or the synthesiser failed.
        """
        current, made = self.current(campaign), []
        for name, text in prompt_texts(campaign).items():
            kept = current.get(name)
            if kept is not None and (kept.source == "recorded" or not again):
                continue
            if text is None:
                raise VoiceError(
                    f"{campaign.name}: there are no words for {name} in language {campaign.language!r}: "
                    f"record it and give it with --recording {name}=FILE.wav"
                )
            with tempfile.TemporaryDirectory() as scratch:
                spoken = Path(scratch) / "spoken.wav"
                try:
                    render(text, campaign.language, spoken)
                except SpeechError as error:
                    raise VoiceError(f"{campaign.name}: {name}: {error}") from error
                made.append(self._keep(campaign, name, spoken, "rendered"))
        return made

    def record(self, campaign: Campaign, name: str, recording: Path) -> Prompt:
        """Take the user's own recording of a prompt's present words.

        Raises:
            VoiceError: there is no such prompt, or the file is no WAV file of usable length.
        """
        known = dict.fromkeys((*prompts_of(campaign), *OWN_PROMPTS))
        if name not in known:
            raise VoiceError(f"there is no prompt {name!r}: use one of {', '.join(known)}")
        return self._keep(campaign, name, recording, "recorded")

    def path(self, campaign: str, file: str) -> Path | None:
        """The audio file of that name, if the manifest knows it: nothing else below the folder is ever served."""
        if not campaign.replace("-", "").replace("_", "").isalnum():
            return None
        if any(prompt.file == file for prompt in self._manifest(campaign).values()):
            return self.folder / campaign / file
        return None

    def _keep(self, campaign: Campaign, name: str, audio: Path, source: Literal["rendered", "recorded"]) -> Prompt:
        seconds = _length(audio)
        data = audio.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        words = _hash(prompt_texts(campaign).get(name))
        prompt = Prompt(name, f"{name}-{digest[:12]}.wav", digest, words, source, round(seconds, 2))
        folder = self.folder / campaign.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / prompt.file, data)
            manifest = {**self._manifest(campaign.name), name: prompt}
            text = json.dumps([asdict(each) for each in manifest.values()], indent=1)
            _write(folder / _MANIFEST, text.encode())
        except OSError as error:
            raise VoiceError(f"{folder}: cannot be written: {error.strerror}") from error
        return prompt

    def _manifest(self, campaign: str) -> dict[str, Prompt]:
        file = self.folder / campaign / _MANIFEST
        try:
            rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
            return {row["name"]: Prompt(**row) for row in rows}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise VoiceError(f"{file}: cannot be read ({error}): remove it and render the prompts again") from error

    def _is_whole(self, campaign: str, prompt: Prompt) -> bool:
        try:
            data = (self.folder / campaign / prompt.file).read_bytes()
        except OSError:
            return False
        return hashlib.sha256(data).hexdigest() == prompt.sha256


def _length(audio: Path) -> float:
    """Seconds of a WAV file. Raises `VoiceError` when it is none, is empty, or is too long."""
    try:
        if audio.stat().st_size > _LARGEST:
            raise VoiceError(f"{audio}: larger than {_LARGEST >> 20} MiB; record in one channel at 8 or 16 kHz")
        with wave.open(str(audio), "rb") as sound:
            seconds = sound.getnframes() / sound.getframerate()
            channels = sound.getnchannels()
    except OSError as error:
        raise VoiceError(f"{audio}: cannot be read: {error.strerror}") from error
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise VoiceError(f"{audio}: is no WAV file of linear samples ({error}); convert it to 16-bit PCM") from error
    if channels != 1:
        raise VoiceError(f"{audio}: has {channels} channels; telephones have one")
    if not 0.2 <= seconds <= _LONGEST:
        raise VoiceError(f"{audio}: lasts {seconds:.1f} s; a prompt lasts 0.2 to {_LONGEST:.0f} s")
    return seconds


def _hash(text: str | None) -> str:
    return hashlib.sha256((text or "").encode()).hexdigest()


def _write(target: Path, data: bytes) -> None:
    """Put a whole file in place, or none."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
