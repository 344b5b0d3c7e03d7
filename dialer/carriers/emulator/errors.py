"""Errors in the carrier's form: a number, a sentence, a status of HTTP.

Numbers and sentences are of Twilio's error and warning dictionary (www.twilio.com/docs/api/errors) and of answers
seen in the wild. Where the dictionary does not give the status of HTTP it is the one of its kind: 429 for too much,
403 for an account that may not, 400 for a request that cannot be carried out.
"""

from __future__ import annotations

__all__ = ["ApiError", "is_known"]

_TABLE: dict[int, tuple[int, str]] = {
    10001: (403, "Account is not active"),
    10004: (429, "Call concurrency limit exceeded"),
    13223: (400, "Dial: Invalid phone number format"),
    13224: (400, "Dial: Twilio does not support calling this number or the number is invalid"),
    13225: (400, "Dial: Forbidden phone number"),
    13226: (400, "Dial: Invalid country code"),
    13227: (400, "Dial: No International Authorization"),
    16020: (400, "Conference is full"),
    16022: (404, "Conference does not exist or is completed"),
    16025: (400, "Participant label already exists in the conference"),
    16028: (400, "Participant to be whispered is not present in the conference"),
    20001: (400, "Unknown parameters: {}"),
    20002: (400, "Invalid value: {}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20005: (403, "Account not active"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url parameter is required."),
    21210: (
        400,
        "The source phone number provided, {}, is not yet verified for your account. You may only make calls from "
        "phone numbers that you've verified or purchased from Twilio.",
    ),
    21211: (400, "The phone number you are attempting to call, {}, is not valid."),
    21212: (400, "From is not a valid phone number: {}"),
    21213: (400, "No 'From' number is specified"),
    21214: (400, "The phone number you are attempting to call, {}, cannot be reached."),
    21215: (
        400,
        "Account not authorized to call {}. Perhaps you need to enable some international permissions: "
        "https://www.twilio.com/console/voice/calls/geo-permissions/low-risk",
    ),
    21216: (400, "Account not allowed to call {}"),
    21217: (400, "Phone number does not appear to be valid: {}"),
    21218: (400, "Invalid ApplicationSid"),
    21219: (400, "The number {} is unverified. Trial accounts may only make calls to verified numbers."),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21264: (400, "'From' phone number not verified: {}"),
    21626: (400, "Invalid StatusCallbackEvent: {}"),
    22005: (429, "Call Queue Full"),
}


def is_known(code: int) -> bool:
    """Whether the carrier has such an error."""
    return code in _TABLE


class ApiError(Exception):
    """A request refused in the carrier's words.

    Args:
        code: the carrier's number.
        about: what the sentence is about: a number, a path, a parameter.
        retry_after: s, told in the header.
    """

    def __init__(self, code: int, about: str = "", retry_after: float | None = None) -> None:
        self.code = code
        self.status, sentence = _TABLE[code]
        self.message = sentence.format(about)
        self.retry_after = retry_after
        super().__init__(f"{code}: {self.message}")

    def body(self) -> dict[str, object]:
        """The JSON document of the refusal."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
