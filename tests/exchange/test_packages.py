"""Packages: every kind in both suites there and back; what is altered or from a stranger is refused by its code."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidAnswers
from domain.wire import kinds, refusals
from domain.wire.refusals import Refused
from exchange import certificates, packages, suites
from exchange.packages import Letter
from tests.exchange.said import BODIES, HERE, NOW, REF, THERE, device

SENDER, RECIPIENT, STRANGER = device(HERE), device(THERE), device(HERE)
BOTH = pytest.mark.parametrize("suite", suites.SUITES.values(), ids=list(suites.SUITES))


def sealed(kind: str, body: dict[str, Any], suite: suites.Suite = suites.AES) -> bytes:
    return packages.seal(Letter(REF, kind, body, NOW), SENDER, RECIPIENT.device, suite)


def opened(data: bytes) -> dict[str, object]:
    return packages.unseal(packages.look(data), SENDER.device, RECIPIENT)


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        opened(data)
    return refused.value.code


def changed(data: bytes, **fields: object) -> bytes:
    return packages.canonical({**json.loads(data), **fields})


@BOTH
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_goes_there_and_back_in_both_suites(kind: str, suite: suites.Suite):
    data = sealed(kind, BODIES[kind], suite)
    assert opened(data) == BODIES[kind]
    assert "王芳".encode() not in data and b"210502198001011234" not in data


# a package as it stands in docs/exchange.md would differ each time: the suites are held to published vectors instead
def test_the_suites_are_the_published_ones():
    # RFC 8998, appendix A.1: SM4-GCM
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex("a" * 16 + "b" * 16 + "c" * 16 + "d" * 16 + "e" * 16 + "f" * 16 + "e" * 16 + "a" * 16)
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    wanted = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert suites.SM4.seal(key, nonce, plain, bound).hex() == wanted
    # GB/T 32905, appendix A.1 and FIPS 180-2, B.1: the hashes of "abc"
    assert suites.SM4.digest(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert suites.AES.digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hashes.SM3().digest_size == hashes.SHA256().digest_size


@settings(max_examples=300, deadline=None)
@given(data=st.data(), suite=st.sampled_from(list(suites.SUITES.values())))
def test_whatever_byte_is_altered_the_package_is_refused(data: st.DataObject, suite: suites.Suite):
    whole = bytearray(sealed(kinds.PROBE, BODIES[kinds.PROBE], suite))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    assert code_of(bytes(whole)) in refusals.SENTENCES


@settings(max_examples=100, deadline=None)
@given(junk=st.one_of(st.binary(max_size=400), st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda one: st.one_of(st.lists(one, max_size=3), st.dictionaries(st.sampled_from([*packages.FORMS, "x"]), one)),
    max_leaves=20,
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_nothing_but_a_refusal_comes_of_what_is_no_package(junk: bytes):
    with pytest.raises(Refused):
        packages.look(junk)


def test_a_field_that_is_not_the_senders_is_found_by_the_signature():
    data = sealed(kinds.PROBE, BODIES[kinds.PROBE])
    for name, value in (
        ("from", THERE), ("to", HERE), ("ref", "z" * 26), ("answers", "z" * 26), ("kind", kinds.RECEIPT),
        ("made_at", "2027-03-11T00:00:00Z"), ("nonce", "0" * 24), ("ephemeral", "1" * 64), ("hash", "0" * 64),
        ("device", "0" * 64), ("suite", suites.SM4.name), ("signature", "0" * 128), ("body", "AAAA"),
    ):  # fmt: skip
        assert code_of(changed(data, **{name: value})) == refusals.ALTERED, name


def test_a_version_a_suite_and_a_kind_that_nobody_knows_have_their_own_codes():
    data = sealed(kinds.PROBE, BODIES[kinds.PROBE])
    assert opened(data)
    assert code_of(changed(data, schema="hedui-exchange/2")) == refusals.UNKNOWN_VERSION
    assert code_of(changed(data, suite="ROT13")) == refusals.UNKNOWN_SUITE
    assert code_of(changed(data, kind="decision")) == refusals.UNKNOWN_KIND
    assert code_of(changed(data, more="x")) == refusals.NOT_A_PACKAGE
    assert code_of(data.replace(b'":"', b'": "', 1)) == refusals.NOT_A_PACKAGE
    assert code_of(b"[" * 100_000) == refusals.NOT_A_PACKAGE
    assert code_of(b"x" * (packages.LARGEST + 1)) == refusals.TOO_LARGE


def test_only_the_named_sender_can_have_signed_and_only_the_named_recipient_reads():
    data = sealed(kinds.PROBE, BODIES[kinds.PROBE])
    with pytest.raises(Refused) as other_sender:
        packages.unseal(packages.look(data), STRANGER.device, RECIPIENT)
    with pytest.raises(Refused) as other_reader:
        packages.unseal(packages.look(data), SENDER.device, STRANGER)
    assert (other_sender.value.code, other_reader.value.code) == (refusals.ALTERED, refusals.NOT_READABLE)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_body_that_is_not_of_its_kind_is_refused_before_it_leaves(kind: str):
    whole = BODIES[kind]
    for one in kinds.KINDS[kind]:
        less, wrong = copy.deepcopy(whole), copy.deepcopy(whole)
        less.pop(one.name, None)
        wrong[one.name] = 7
        for body, refused in ((less, one.required), (wrong, True), ({**whole, "more": "x"}, True)):
            if refused:
                with pytest.raises(Refused) as found:
                    sealed(kind, body)
                assert found.value.code == refusals.BAD_BODY
    kinds.check(kind, whole)


def test_a_refusal_names_the_place_and_never_the_value():
    body = copy.deepcopy(BODIES[kinds.ASSIST_REQUEST])
    body["persons"] = [{"person": REF, "name": "王芳", "idno": "2" * 40}]
    with pytest.raises(Refused) as found:
        kinds.check(kinds.ASSIST_REQUEST, body)
    assert found.value.place == "persons[0].idno" and "2222" not in str(found.value.ids)


def test_a_certificate_says_whose_device_it_is_and_from_when_until_when():
    read = certificates.read(SENDER.device.pem)
    assert (read.home_ref, read.office) == (HERE, "BX-CITY-AGENCY") and read.fingerprint == SENDER.device.fingerprint
    assert read.valid(NOW) and not read.valid(NOW + timedelta(days=30)) and not read.valid(NOW - timedelta(days=1))
    assert certificates.own(read.pem, SENDER.secret).device == read


@pytest.mark.parametrize(
    "pem",
    [
        "", "x" * 30_000, SENDER.device.pem.partition("-----END CERTIFICATE-----\n")[0],
        # the certificate to encrypt for is another's: somebody else would read what is meant for this device
        SENDER.device.pem[: len(SENDER.device.pem) // 2] + STRANGER.device.pem[len(STRANGER.device.pem) // 2 :],
    ],
)  # fmt: skip
def test_what_is_no_pair_of_certificates_is_refused(pem: str):
    with pytest.raises(InvalidAnswers) as refused:
        certificates.read(pem)
    assert refused.value.fields.keys() == {"certificate"}
    with pytest.raises(InvalidAnswers):
        certificates.own(SENDER.device.pem, STRANGER.secret)


def test_the_document_says_what_the_program_checks():
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
    for kind in kinds.KINDS:
        assert "\n".join([f"### `{kind}`", "", *kinds.table(kind)]) in text, kind
    for code in refusals.SENTENCES:
        assert f"| `{code}` |" in text, code
    for name in (*packages.FORMS, *suites.SUITES):
        assert f"`{name}`" in text, name
