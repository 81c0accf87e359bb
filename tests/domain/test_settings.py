"""Settings that contradict each other are refused before anything is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.settings import BadSetting, Settings

OUTSIDE = {"HEDUI_LISTEN": "0.0.0.0", "HEDUI_HOSTS": "hedui.benxi.example"}
TLS = {"HEDUI_TLS_CERT": "a.pem", "HEDUI_TLS_KEY": "a.key"}
PROXY = {"HEDUI_TRUSTED_PROXIES": "1"}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_nothing_more(address):
    made = Settings.from_env({"HEDUI_LISTEN": address})
    assert made.loopback
    assert not made.https


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.4", "hedui.benxi.example", "::ffff:10.0.0.1"])
def test_another_address_is_opened_only_with_encryption_and_a_list_of_names(address):
    with pytest.raises(BadSetting) as refusal:
        Settings.from_env({"HEDUI_LISTEN": address})
    assert "HEDUI_TLS_CERT" in refusal.value.message
    assert "HEDUI_HOSTS" in refusal.value.message

    for encrypted in (TLS, PROXY):
        made = Settings.from_env({**OUTSIDE, **encrypted, "HEDUI_LISTEN": address})
        assert made.https, "cookies must be secure there"
        assert made.hosts == ("hedui.benxi.example",)


def test_encryption_without_names_or_names_without_encryption_open_nothing():
    with pytest.raises(BadSetting, match="HEDUI_HOSTS"):
        Settings.from_env({"HEDUI_LISTEN": "0.0.0.0", **TLS})
    with pytest.raises(BadSetting, match="HEDUI_TLS_CERT"):
        Settings.from_env(OUTSIDE)
    with pytest.raises(BadSetting, match="HEDUI_HOSTS"):
        Settings.from_env({**OUTSIDE, **TLS, "HEDUI_HOSTS": " , "})


@pytest.mark.parametrize("half", ["HEDUI_TLS_CERT", "HEDUI_TLS_KEY"])
def test_a_certificate_and_its_key_go_together(half):
    with pytest.raises(BadSetting, match="go together"):
        Settings.from_env({half: "a.pem"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("HEDUI_TRUSTED_PROXIES", "yes"),
        ("HEDUI_UPLOAD_LIMIT", "5MB"),
    ],
)
def test_a_number_that_is_none_is_named(name, value):
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({name: value})


def test_every_mistake_is_told_at_once():
    with pytest.raises(BadSetting) as refusal:
        Settings.from_env({"PORT": "x", "HEDUI_LISTEN": "0.0.0.0", "HEDUI_TLS_KEY": "a"})
    assert all(name in refusal.value.message for name in ("PORT", "HEDUI_HOSTS", "HEDUI_TLS_CERT"))


def test_an_empty_variable_is_one_that_is_not_set():
    empty = dict.fromkeys(
        ("HEDUI_HOME", "HEDUI_KEYS", "HEDUI_DATABASE_URL", "HEDUI_LISTEN", "PORT", "HEDUI_LOG_LEVEL"), ""
    )
    assert Settings.from_env(empty) == Settings.from_env({})


def test_database_and_keys_lie_in_the_home_unless_named():
    made = Settings.from_env({"HEDUI_HOME": "/srv/hedui"})
    assert (made.keys, made.url) == (Path("/srv/hedui/keys"), "sqlite:////srv/hedui/hedui.db")
    other = Settings.from_env(
        {"HEDUI_HOME": "/srv/hedui", "HEDUI_KEYS": "/etc/keys", "HEDUI_DATABASE_URL": "postgresql://h/d"}
    )
    assert (other.keys, other.url) == (Path("/etc/keys"), "postgresql://h/d")


def test_the_databases_address_with_its_password_is_never_shown():
    made = Settings.from_env({"HEDUI_DATABASE_URL": "postgresql://hedui:secret@db/hedui"})
    assert "secret" not in repr(made)
    assert "secret" not in str(made.table())
