"""Text to an audio file by espeak-ng, a kept speech synthesiser that Debian packages and that needs no network."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

__all__ = ["SpeechError", "available", "render"]

PROGRAM = "espeak-ng"
#: Words a minute: slower than the program's 175, because people hear the seller and the number once.
_SPEED = 150
#: The program's name of a language where it is not ours.
_VOICES = {"en": "en-us", "en-GB": "en-gb", "fr": "fr-fr", "es-US": "es-419", "es-MX": "es-419", "pt-BR": "pt-br"}


class SpeechError(Exception):
    """The text could not be spoken."""


def available() -> bool:
    """Whether the synthesiser is installed."""
    return shutil.which(PROGRAM) is not None


def render(text: str, language: str, target: Path) -> None:
    """Speak `text` into a WAV file (one channel, 16 bits, 22.05 kHz).

    Raises:
        SpeechError: the program is missing, does not know the language, or failed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise SpeechError(f"{PROGRAM} is not installed: install Debian's package {PROGRAM}, or record the prompts")
    family = language.partition("-")[0]
    voice = _VOICES.get(language) or _VOICES.get(family) or family
    try:
        # The text goes in by standard input: it can be no option, whatever it begins with.
        run = subprocess.run(  # noqa: S603  # a fixed program, no shell
            [program, "-v", voice, "-s", str(_SPEED), "-w", str(target), "--stdin", "-b", "1"],
            input=_spoken(text).encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechError(f"{PROGRAM} could not be run: {error}") from error
    if run.returncode or not target.is_file() or target.stat().st_size < 1000:
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise SpeechError(f"{PROGRAM} could not speak language {language!r}: {said[-1] if said else 'no reason given'}")


def _spoken(text: str) -> str:
    """Telephone numbers digit by digit: "212-555-0100" is no subtraction."""
    return re.sub(
        r"\+?\d[\d().-]*\d{3,}[\d().-]*|\d{3,}",
        lambda found: ", ".join(" ".join(part) for part in re.findall(r"\d+", found[0])),
        text,
    )
