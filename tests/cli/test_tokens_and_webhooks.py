"""`dialer tokens` and `dialer webhooks`: secrets are shown once, each act is written down."""

import json

from world import World

from dialer.store import accounts, api_tokens, outgoing


def acts_of(world: World) -> list[str]:
    with world.store() as store, store.reading() as tx:
        return [each.act for each in reversed(accounts.administered(tx))]


def test_a_token_from_its_beginning_to_its_end(dialer, bare: World):
    at = ("--dir", bare.root, "tokens")
    scopes = ("--scope", "leads:write", "--scope", "dnc:read")
    assert dialer(*at, "add", "crm", "--client", "nobody", *scopes).code == 1
    assert "leads:write" in dialer(*at, "add", "crm", "--client", "evergreen", "--scope", "all").err
    assert dialer(*at, "add", "", "--client", "evergreen", *scopes).code == 2
    assert dialer(*at, "add", "crm", "--client", "evergreen", *scopes, "--expires", "2020-01-01").code == 2
    made = dialer(*at, "add", "crm", "--client", "Evergreen", *scopes)
    token = made.out.strip()
    assert made.code == 0 and "shown this once" in made.err
    with bare.store() as store, store.reading() as tx:
        found = api_tokens.find(tx, token)
    assert found is not None and (found.client, found.scopes) == ("evergreen", ("dnc:read", "leads:write"))
    listed = dialer(*at, "list")
    assert "in force" in listed.out and "never used" in listed.out and token not in listed.out
    assert dialer(*at, "revoke", found.token_id).code == 0
    assert dialer(*at, "revoke", found.token_id).code == 1
    (row,) = json.loads(dialer(*at, "list", "--json").out)
    assert row["standing"] == "revoked" and "secret" not in str(row)
    until = json.loads(
        dialer(*at, "add", "bi", "--client", "evergreen", *scopes, "--expires", "2190-01-01", "--json").out
    )
    assert until["token"].startswith(f"dlr_{until['token_id']}_") and "until 2190-01-01" in dialer(*at, "list").out
    assert acts_of(bare) == ["add_token", "revoke_token", "add_token"]


def test_a_webhook_from_its_beginning_to_its_end(dialer, bare: World, monkeypatch):
    at = ("--dir", bare.root, "webhooks")
    url = "https://crm.example/dialer"
    for wrong in (
        (url, "--client", "nobody"),
        ("http://crm.example/", "--client", "evergreen"),
        (url, "--client", "evergreen", "--event", "call.began"),
        (url, "--client", "evergreen", "--secret-env", "no name"),
    ):
        assert dialer(*at, "add", *wrong).code in (1, 2), wrong
    made = dialer(*at, "add", url, "--client", "evergreen", "--event", "opt_out.added")
    secret = made.out.strip()
    assert made.code == 0 and secret.startswith("whsec_")
    monkeypatch.setenv("CRM_SECRET", "too short")
    assert dialer(*at, "add", url, "--client", "evergreen", "--secret-env", "CRM_SECRET").code == 2
    monkeypatch.setenv("CRM_SECRET", secret)
    named = dialer(*at, "add", url, "--client", "evergreen", "--secret-env", "CRM_SECRET", "--json")
    assert json.loads(named.out) == {"webhook_id": 2, "secret": None, "secret_env": "CRM_SECRET"}
    assert secret not in dialer(*at, "list").out + dialer(*at, "list", "--json").out
    assert dialer(*at, "retry", 1).code == 4 and dialer(*at, "retry", 7).code == 1
    assert (
        dialer("--dir", bare.root, "dnc", "add", "+12125550142", "--reason", "asked", "--client", "evergreen").code == 0
    )
    assert [each["waiting"] for each in json.loads(dialer(*at, "list", "--json").out)] == [1, 1]
    assert "1 events" in dialer(*at, "retry", 1).out
    assert dialer(*at, "remove", 1).code == 0 and dialer(*at, "remove", 1).code == 1
    with bare.store() as store, store.reading() as tx:
        assert [each.webhook_id for each in outgoing.webhooks(tx)] == [2]
    assert acts_of(bare)[:2] == ["add_webhook", "add_webhook"] and acts_of(bare)[-1] == "remove_webhook"
