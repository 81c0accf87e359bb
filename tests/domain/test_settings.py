"""Settings that contradict each other are refused before anything is opened."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from domain.settings import TABLE, BadSetting, Settings, without_password

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
        {"HEDUI_HOME": "/srv/hedui", "HEDUI_KEYS": "/etc/keys", "HEDUI_DATABASE_URL": "postgresql+psycopg://h/d"}
    )
    assert (other.keys, other.url) == (Path("/etc/keys"), "postgresql+psycopg://h/d")


def test_the_databases_address_with_its_password_is_never_shown():
    made = Settings.from_env({"HEDUI_DATABASE_URL": "postgresql+psycopg://hedui:secret@db/hedui?password=secret"})
    assert "secret" not in repr(made)
    assert "secret" not in str(made.table())


def test_the_table_and_the_settings_name_the_same_things_with_the_same_defaults():
    named = [one.name for one in TABLE]
    attributes = [one.name for one in fields(Settings) if one.name not in ("given", "unknown")]
    assert named == attributes
    made = Settings.from_env({})
    for one in fields(Settings):
        if one.default is not MISSING and one.name not in ("given", "unknown"):
            assert getattr(made, one.name) == one.default, one.name
    assert len({one.variable for one in TABLE}) == len(TABLE)
    assert all(str(one.explanation).endswith(".") for one in TABLE)


def test_a_setting_says_whether_it_was_given():
    made = Settings.from_env({"PORT": "8100", "HEDUI_HOSTS": ""})
    assert made.given == {"PORT"}
    assert dict(made.table())["PORT"] == "8100"


def test_a_misspelt_variable_is_named_and_those_of_our_own_processes_are_not():
    made = Settings.from_env(
        {"HEDUI_KEYES": "/etc/keys", "HEDUI_LISTEN_FD": "7", "HEDUI_TEST_RUN": "x", "HEDUI_LANG": "en", "PATH": "/bin"}
    )
    assert made.unknown == ("HEDUI_KEYES",)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", ""),
        ("postgresql+psycopg://hedui:p@ss@db:5432/hedui?sslmode=require", "postgresql+psycopg://…@db:5432/hedui"),
        ("postgresql+psycopg:///hedui?host=/run&user=a", "postgresql+psycopg:///hedui"),
        ("hunter2", "…"),
        # a question mark in the password, and an at sign in the query: both are accepted by the database's driver
        ("postgresql+psycopg://hedui:sec?ret@db/hedui", "postgresql+psycopg://…"),
        ("postgresql+psycopg://db/hedui?password=sec@ret", "postgresql+psycopg://…"),
    ],
)
def test_of_the_databases_address_only_the_place_is_shown(address, shown):
    assert without_password(address) == shown


@pytest.mark.parametrize(("given", "kept"), [("debug", "DEBUG"), ("Warning", "WARNING")])
def test_a_choice_is_read_in_any_case(given, kept):
    assert Settings.from_env({"HEDUI_LOG_LEVEL": given}).log_level == kept


def test_another_choice_and_another_database_are_refused():
    with pytest.raises(BadSetting, match="HEDUI_LOG_LEVEL must be one of DEBUG"):
        Settings.from_env({"HEDUI_LOG_LEVEL": "loud"})
    with pytest.raises(BadSetting, match="HEDUI_DATABASE_URL"):
        Settings.from_env({"HEDUI_DATABASE_URL": "mysql://db/hedui"})


def test_settings_that_cannot_work_are_readable_all_the_same():
    made, problems = Settings.read({"PORT": "http", "HEDUI_HOME": "/srv/hedui"})
    assert made.port == 8000 and made.home == Path("/srv/hedui")
    assert len(problems) == 1
