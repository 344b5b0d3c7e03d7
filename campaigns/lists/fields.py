"""The columns of contact lists: ours, the names others use for them, and VICIdial's order.

| field | meaning |
|---|---|
| `external_id` | the person's or account's id in the system the list came from |
| `phone`, `phone2` .. `phone10` | numbers, in the order to try them |
| `phone_type`, `phone2_type` .. `phone10_type` | what kind each is: home, work, mobile |
| `phone_code` | the country calling code of the numbers (VICIdial), used to read them |
| `first_name`, `last_name`, `email` | the person |
| `address`, `city`, `state`, `postal_code`, `country` | where the person lives; `province` fills an empty `state` |
| `timezone` | an IANA name; it narrows the places the person may be, and an offset is refused |
| `language`, `priority`, `owner` | language tag; whole number, higher first; the agent who owns the lead |
| `consent_basis`, `consent_at`, `consent_ref` | pewc, express, explicit, none; when (ISO 8601); the proof |
| `last_transaction`, `last_inquiry` | dates (ISO 8601) of the last purchase and application (16 CFR 310.2(q)) |
| `household_id` | who lives together: never called at the same time, and counted as one person by caps |
| `account_id`, `debt_id`, `creditor`, `balance`, `currency`, `due_date` | collections |
| `attorney`, `cease` | any entry but a clear no: represented by an attorney; asked that contact cease |

Every other column is kept as a custom field under its own name, for scripts: `{column}`.
"""

from __future__ import annotations

import re

__all__ = ["ALIASES", "FIELDS", "PHONES", "VICIDIAL", "field_of", "normal_name"]

#: The phone columns in the order they are tried, and the types' columns beside them.
PHONES: tuple[str, ...] = ("phone", *(f"phone{n}" for n in range(2, 11)))

#: Every field a column can be read as.
FIELDS: tuple[str, ...] = (
    "external_id", *PHONES, *(f"{phone}_type" for phone in PHONES), "phone_code", "first_name", "last_name", "email",
    "address", "city", "state", "province", "postal_code", "country", "timezone", "language", "priority", "owner",
    "consent_basis", "consent_at", "consent_ref", "last_transaction", "last_inquiry", "household_id", "account_id",
    "debt_id", "creditor", "balance", "currency", "due_date", "attorney", "cease",
)  # fmt: skip

#: Names that other systems use, normalised, and our field.
ALIASES: dict[str, str] = {
    "lead_id": "external_id", "vendor_lead_code": "external_id", "customer_id": "external_id", "id": "external_id",
    "phone_number": "phone", "phone1": "phone", "telephone": "phone", "tel": "phone", "primary_phone": "phone",
    "phone_1": "phone", "alt_phone": "phone2", "alternate_phone": "phone2", "phone1_type": "phone_type",
    "dial_code": "phone_code",
    "firstname": "first_name", "forename": "first_name", "lastname": "last_name", "surname": "last_name",
    "email_address": "email", "address1": "address", "street": "address", "address_1": "address", "town": "city",
    "region": "state", "zip": "postal_code", "zip_code": "postal_code", "zipcode": "postal_code",
    "postcode": "postal_code", "postalcode": "postal_code", "country_code": "country", "tz": "timezone",
    "time_zone": "timezone", "lang": "language", "rank": "priority", "agent": "owner",
    "consent_type": "consent_basis", "consent": "consent_basis", "consent_date": "consent_at",
    "consent_time": "consent_at", "consent_timestamp": "consent_at", "consent_reference": "consent_ref",
    "last_transaction_date": "last_transaction", "transaction_date": "last_transaction",
    "last_purchase": "last_transaction", "last_purchase_date": "last_transaction", "last_order": "last_transaction",
    "last_order_date": "last_transaction", "last_inquiry_date": "last_inquiry", "inquiry_date": "last_inquiry",
    "last_enquiry": "last_inquiry", "last_enquiry_date": "last_inquiry", "enquiry_date": "last_inquiry",
    "last_application": "last_inquiry", "last_application_date": "last_inquiry",
    "household": "household_id", "account": "account_id", "account_number": "account_id",
    "account_no": "account_id", "debt": "debt_id",
    "original_creditor": "creditor", "amount_due": "balance", "balance_due": "balance",
    "attorney_represented": "attorney", "represented": "attorney", "cease_and_desist": "cease",
    "cease_contact": "cease",
    **{f"phone_{n}": f"phone{n}" for n in range(2, 11)},
    **{f"phone_{n}_type": f"phone{n}_type" for n in range(2, 11)},
}  # fmt: skip

#: VICIdial's standard lead columns in the order of its files without a header line.
VICIDIAL: tuple[str, ...] = (
    "vendor_lead_code", "source_id", "list_id", "phone_code", "phone_number", "title", "first_name",
    "middle_initial", "last_name", "address1", "address2", "address3", "city", "state", "province", "postal_code",
    "country_code", "gender", "date_of_birth", "alt_phone", "email", "security_phrase", "comments", "rank", "owner",
)  # fmt: skip


def normal_name(name: str) -> str:
    """A column's name in lower case with `_` for spaces, hyphens and dots."""
    return re.sub(r"[\s\-./]+", "_", name.strip().strip("\ufeff").lower()).strip("_")


def field_of(name: str) -> str | None:
    """The field that a column of this name is read as; None for a custom column."""
    normal = normal_name(name)
    return normal if normal in FIELDS else ALIASES.get(normal)
