"""A bundle goes out and in as a zip, byte for byte; a zip that was made to hurt is refused with name and remedy."""

from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DefinitionRefused, Finding
from tests.workflows.studio import SHIPPED, shipped
from workflows.bundle_zip import pack, unpack
from workflows.bundles import DRAWING, Bundle

DRAWN = shipped().files[DRAWING]
Entry = tuple[str | zipfile.ZipInfo, bytes]


def zipped(*entries: Entry, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def findings(content: bytes) -> tuple[Finding, ...]:
    with pytest.raises(DefinitionRefused) as refused:
        unpack(content, "key")
    for found in refused.value.findings:
        assert str(found.sentence) and str(found.remedy)
        assert found.file.isprintable()
    return refused.value.findings


# --- out and in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(folder.name for folder in SHIPPED.iterdir()))
def test_a_shipped_bundle_comes_back_byte_for_byte(key: str) -> None:
    bundle = shipped(key)
    packed = pack(bundle)

    back = unpack(packed, key)

    assert dict(back.files) == dict(bundle.files)
    assert (back.key, back.digest) == (key, bundle.digest)
    assert pack(back) == packed


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\\\x00'), max_size=200)
FILES = st.dictionaries(
    NAMES.map(lambda name: f"forms/{name}.form"), TEXTS.map(lambda text: f'{{"a": "{_plain(text)}"}}'.encode())
)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter >= " ")


@settings(max_examples=60)
@given(files=FILES, order=st.randoms(use_true_random=False))
def test_any_bundle_comes_back_byte_for_byte_and_its_zip_does_not_depend_on_the_order(
    files: dict[str, bytes], order: random.Random
) -> None:
    whole = {DRAWING: DRAWN, **files}
    shuffled = list(whole.items())
    order.shuffle(shuffled)

    packed = pack(Bundle("key", whole))

    assert pack(Bundle("key", dict(shuffled))) == packed
    assert dict(unpack(packed, "key").files) == whole
    assert pack(unpack(packed, "key")) == packed


def test_a_folder_that_somebody_zipped_whole_loses_the_folder_alone() -> None:
    content = zipped(("verification/", b""), ("verification/process.bpmn", DRAWN), ("verification/forms/", b""),
                     ("verification/forms/a.form", b"{}"))  # fmt: skip

    assert dict(unpack(content, "key").files) == {DRAWING: DRAWN, "forms/a.form": b"{}"}


def test_a_zip_that_does_not_shrink_is_read_too() -> None:
    content = zipped((DRAWING, DRAWN), ("forms/a.form", b"{}"), how=zipfile.ZIP_STORED)
    assert dict(unpack(content, "key").files) == {DRAWING: DRAWN, "forms/a.form": b"{}"}


# --- zips that were made to hurt ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../process.toml", "forms/../../etc/passwd", "/etc/passwd", "\\\\server\\share.form", "C:\\x.form", "c:x.form",
        "forms\\a.form", "forms/..", "..",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    (found,) = findings(zipped((DRAWING, DRAWN), (name, b"x")))
    assert "leads outside" in str(found.sentence) and found.file == name


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.form", "forms/\x1b[31m.form", "forms/a\nb.form", "forms/\u202egpj.form",
        "forms/é.form", "forms/a b.form", "forms/" + "a" * 300 + ".form", "nested.zip", "__MACOSX/x.form", ".DS_Store",
        "forms/deep/a.form", "forms/a.FORM", "process.bpmn.exe", "forms/.form", "index.html", "a'\"onload=x.dmn",
    ],
)  # fmt: skip
def test_a_name_that_has_no_place_in_a_bundle_is_refused(name: str) -> None:
    assert findings(zipped((DRAWING, DRAWN), (name, b"{}")))


def test_a_name_with_a_zero_byte_is_not_cut_to_a_good_one() -> None:
    content = zipped((DRAWING, DRAWN), ("forms/a.formXevil", b"{}"))
    assert findings(content.replace(b"forms/a.formXevil", b"forms/a.form\x00evil"))


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped((DRAWING, DRAWN), ("process.toml", b"a = 1"), ("process.toml", b"a = 2"))
    (found,) = findings(content)
    assert found.file == "process.toml" and "twice" in str(found.sentence)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_link_or_a_device_is_refused(kind: int) -> None:
    entry = zipfile.ZipInfo("process.toml")
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    (found,) = findings(zipped((DRAWING, DRAWN), (entry, b"/etc/passwd")))
    assert found.file == "process.toml" and "link" in str(found.sentence)


def _flagged(content: bytes, flag: int) -> bytes:
    """Set a flag on every entry, in its own header and in the directory."""
    changed = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            (old,) = struct.unpack_from("<H", changed, at + place)
            struct.pack_into("<H", changed, at + place, old | flag)
            at = changed.find(mark, at + 4)
    return bytes(changed)


@pytest.mark.parametrize("flag", [0x1, 0x41])
def test_an_encrypted_zip_is_refused(flag: int) -> None:
    (found,) = findings(_flagged(zipped((DRAWING, DRAWN)), flag))
    assert "encrypted" in str(found.sentence)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(how: int) -> None:
    (found,) = findings(zipped((DRAWING, DRAWN), how=how))
    assert found.file == DRAWING


def test_more_than_two_hundred_files_are_refused_before_any_is_read() -> None:
    many = zipped((DRAWING, DRAWN), *((f"forms/f{number}.form", b"{}") for number in range(10_000)))
    some = zipped((DRAWING, DRAWN), *((f"forms/f{number}.form", b"{}") for number in range(200)))
    begun = monotonic()
    for content in (many, some):
        (found,) = findings(content)
        assert "200 files" in str(found.sentence)
    assert monotonic() - begun < 2


def test_a_bomb_is_stopped_while_it_is_counted() -> None:
    """Ten megabytes of zeros a file, in a zip of some kilobytes."""
    content = zipped((DRAWING, DRAWN), *((f"forms/b{number}.form", bytes(10_000_000)) for number in range(20)))
    assert len(content) < 300_000
    begun = monotonic()
    (found,) = findings(content)
    assert "4 MB" in str(found.sentence) and found.file == "forms/b0.form"
    assert monotonic() - begun < 2


def test_a_bomb_that_lies_about_its_size_is_refused_too() -> None:
    content = bytearray(zipped((DRAWING, DRAWN), ("forms/b.form", bytes(10_000_000))))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rfind(mark)
        struct.pack_into("<I", content, at + place, 100)
    assert findings(bytes(content))


def test_many_files_that_are_small_each_count_together() -> None:
    noise = random.Random(1)
    rows = [(f"forms/f{n}.form", noise.randbytes(30_000).hex().encode()) for n in range(80)]
    assert any("4 MB" in str(found.sentence) for found in findings(zipped((DRAWING, DRAWN), *rows)))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "no zip": lambda content: b"GIF89a" + content,
    "text": lambda content: b"PK is no zip",
    "cut in half": lambda content: content[: len(content) // 2],
    "cut at the end": lambda content: content[:-10],
    "only the end": lambda content: content[-22:],
    "wrong sum": lambda content: content.replace(content[200:204], b"\x00\xff\x00\xff", 1),
    "wrong offset": lambda content: content[:-6] + b"\xff\xff\xff\x7f" + content[-2:],
    "endless": lambda content: content + bytes(5_000_000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_zip_is_refused(damage: str) -> None:
    assert findings(DAMAGES[damage](zipped((DRAWING, DRAWN), ("forms/a.form", b"{}"))))


@settings(max_examples=200)
@given(at=st.integers(0, 4000), byte=st.integers(0, 255), cut=st.integers(0, 50))
def test_whatever_byte_is_changed_nothing_but_a_refusal_or_the_same_files_comes_of_it(
    at: int, byte: int, cut: int
) -> None:
    files = {DRAWING: b"<a/>", "forms/a.form": b'{"type": "default"}', "process.toml": b'title = "x"\n'}
    content = bytearray(pack(Bundle("key", files)))
    content[at % len(content)] = byte
    try:
        back = unpack(bytes(content[: len(content) - cut]), "key")
    except DefinitionRefused as refused:
        assert refused.findings
    else:
        assert set(back.files.values()) <= set(files.values())


def test_a_zip_without_a_drawing_is_refused() -> None:
    (found,) = findings(zipped(("process.toml", b"a = 1")))
    assert found.file == DRAWING
    assert findings(zipped())


def test_what_lies_in_it_must_be_readable() -> None:
    bad = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    (found,) = findings(zipped((DRAWING, bad)))
    assert found.file == DRAWING and found.line == 1
    (found,) = findings(zipped((DRAWING, DRAWN), ("forms/a.form", b"[" * 100_000)))
    assert found.file == "forms/a.form"
