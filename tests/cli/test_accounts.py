"""`dialer accounts`: no password is ever printed, each act is written down."""

import json

from world import World

from dialer.store import accounts
from dialer.web.accounts_secrets import choose_password, knows_password

PASSWORD = "correct horse battery"


def test_an_account_from_its_beginning_to_its_end(dialer, bare: World):
    at = ("--dir", bare.root, "accounts")
    assert dialer(*at, "add", "maria", "--role", "agent").code == 2
    assert "dialer agents add" in dialer(*at, "add", "maria", "--role", "agent").err
    assert dialer(*at, "add", "no spaces", "--role", "admin").code == 2
    made = dialer(*at, "add", "maria", "--role", "supervisor", "--client", "evergreen", "--json")
    code = json.loads(made.out)["code"]
    assert dialer(*at, "add", "maria", "--role", "admin").code == 1
    (listed,) = json.loads(dialer(*at, "list", "--json").out)
    assert listed["role"] == "supervisor" and listed["clients"] == ["evergreen"]
    assert listed["standing"] == "has a one-time code"
    with bare.store() as store:
        with store.reading() as tx:
            now = accounts.every(tx)[0].created_at
        assert choose_password(store, "maria", code, PASSWORD, now)
        assert knows_password(store, "maria", PASSWORD)
    assert "may sign in" in dialer(*at, "list").out
    again = dialer(*at, "reset", "maria")
    assert "/office/welcome?account=maria" in again.out and code not in again.out
    with bare.store() as store:
        assert knows_password(store, "maria", PASSWORD) is None
        assert choose_password(store, "maria", code, PASSWORD, now) is None
    assert dialer(*at, "remove", "maria").code == 0
    assert dialer(*at, "remove", "nobody").code == 1 and dialer(*at, "reset", "nobody").code == 1
    assert json.loads(dialer(*at, "list", "--json").out)[0]["standing"] == "closed"
    acts = json.loads(dialer(*at, "acts", "--json").out)
    assert [each["act"] for each in reversed(acts)] == [
        "add_account", "choose_password", "reset_account", "remove_account"
    ]  # fmt: skip
    assert "remove_account maria" in dialer(*at, "acts", "--count", "1").out
