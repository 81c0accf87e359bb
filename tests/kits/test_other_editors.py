"""Drawings of other editors may be kept in a draft and leave it byte for byte."""

from __future__ import annotations

from pathlib import Path

from workflows import bundles
from workflows.bundle_zip import pack, unpack
from workflows.bundles import DRAWING, Bundle


def test_the_exchange_drawings_may_be_kept_and_come_back_as_they_were(kits: Path) -> None:
    files = sorted((kits / "miwg").glob("*.bpmn"))
    assert files
    for file in files:
        content = file.read_bytes()
        assert bundles.readable(DRAWING, content) == [], file.name
        assert unpack(pack(Bundle("key", {DRAWING: content})), "key").files[DRAWING] == content
