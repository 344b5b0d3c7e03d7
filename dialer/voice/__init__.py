"""What people hear from the dialer itself: prerendered audio files, one set per campaign.

Nothing is synthesised while somebody listens: the safe-harbour message must begin at once, also when this
process is gone. Each file stands beside a manifest that says which words it speaks, so that a message changed
in the campaign file is never played in its old wording.
"""

from dialer.voice.library import Prompt, PromptLibrary, VoiceError
from dialer.voice.texts import PROMPTS, prompt_texts

__all__ = ["PROMPTS", "Prompt", "PromptLibrary", "VoiceError", "prompt_texts"]
