"""The words of each prompt, by language. The safe-harbour message is the campaign's own; the rest is ours."""

from __future__ import annotations

from campaigns.files import Campaign

__all__ = ["OWN_PROMPTS", "PROMPTS", "prompt_texts", "prompts_of"]

#: Every campaign needs these: the message of an abandoned call, what confirms an opt-out, what is heard when
#: an agent's line breaks, on hold, before a recording, and when somebody rings back.
PROMPTS = ("message", "opted_out", "apology", "hold", "recording_notice", "return_call")

#: Only the user's own recording, and only where there is one: what an agent leaves on an answering machine.
OWN_PROMPTS = ("voicemail",)

#: What an agentless campaign says besides, in its own words: to people, and on machines.
_ANNOUNCEMENT, _VOICEMAIL = "announcement", "voicemail"

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "opted_out": "Thank you. We will not call this number again. Good bye.",
        "apology": "We are sorry, the connection to our agent was lost. {message}",
        "hold": "Please hold the line.",
        "recording_notice": "This call is recorded.",
        "return_call": (
            "You have reached {seller}. We tried to call you. "
            "To be put on our Do Not Call list, press {key}. To speak with us, stay on the line."
        ),
    },
    "id": {
        "opted_out": "Terima kasih. Kami tidak akan menelepon nomor ini lagi. Selamat tinggal.",
        "apology": "Mohon maaf, sambungan dengan petugas kami terputus. {message}",
        "hold": "Mohon tunggu sebentar.",
        "recording_notice": "Panggilan ini direkam.",
        "return_call": (
            "Anda menghubungi {seller}. Kami tadi mencoba menelepon Anda. "
            "Agar tidak kami telepon lagi, tekan {key}. Untuk berbicara dengan kami, tetaplah di telepon."
        ),
    },
    "es": {
        "opted_out": "Gracias. No volveremos a llamar a este número. Adiós.",
        "apology": "Lo sentimos, se ha perdido la conexión con nuestro agente. {message}",
        "hold": "Por favor, espere un momento.",
        "recording_notice": "Esta llamada se graba.",
        "return_call": (
            "Ha llamado a {seller}. Hemos intentado llamarle. "
            "Para que no le llamemos más, pulse {key}. Para hablar con nosotros, no cuelgue."
        ),
    },
    "fr": {
        "opted_out": "Merci. Nous n'appellerons plus ce numéro. Au revoir.",
        "apology": "Nous sommes désolés, la communication avec notre conseiller a été coupée. {message}",
        "hold": "Veuillez patienter.",
        "recording_notice": "Cet appel est enregistré.",
        "return_call": (
            "Vous êtes en relation avec {seller}. Nous avons essayé de vous joindre. "
            "Pour ne plus être appelé, appuyez sur {key}. Pour nous parler, restez en ligne."
        ),
    },
}


def prompts_of(campaign: Campaign) -> tuple[str, ...]:
    """The prompts that a campaign cannot be dialed without."""
    said = campaign.message
    if said is None:
        return PROMPTS
    return (*PROMPTS, _ANNOUNCEMENT, *([_VOICEMAIL] if said.on_machine == "leave_message" else []))


def prompt_texts(campaign: Campaign) -> dict[str, str | None]:
    """Give the words of every prompt of a campaign; None where its language has none and a recording is needed.

    Args:
        campaign: its language, seller, message and opt-out key.
    """
    words = _WORDS.get(campaign.language.split("-")[0], {})
    message = " ".join(campaign.seller.message.split())
    said = {"message": message, "seller": campaign.seller.name, "key": campaign.seller.opt_out_key}
    texts: dict[str, str | None] = {"message": message}
    for name in PROMPTS[1:]:
        template = words.get(name)
        texts[name] = None if template is None else template.format(**said)
    own = campaign.message
    if own is not None:
        texts[_ANNOUNCEMENT] = " ".join(own.text.split())
        if own.on_machine == "leave_message":
            texts[_VOICEMAIL] = " ".join(own.voicemail.split())
    return texts
