"""Canonical bytes of a document: what is signed, hashed, stored, printed and sent as structured data (LF-20)."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints


class Document(Protocol):
    """A frozen dataclass of texts, whole numbers, days, codes and tuples of further frozen dataclasses.

    KIND names the document and the revision of its shape ("report/1"). Money and quantities are texts as printed,
    so that paper and structured data cannot differ by rounding. A field that came after the first signed document of
    its KIND carries LATER: left None it is not written, so that what was signed before keeps its bytes and digest.
    """

    KIND: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=Document)
LATER: Mapping[str, bool] = MappingProxyType({"later": True})


def canonical_bytes(document: Document) -> bytes:
    """UTF-8 JSON of the document: sorted keys, no spaces, every text in NFC, days as YYYY-MM-DD.

    Two documents that say the same have the same bytes. The key "document" carries the document's KIND.

    Raises TypeError where a field holds what cannot be written exactly (a fraction, a moment, a mapping).
    """
    plain = {"document": document.KIND, **_plain_fields(document)}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(document: Document) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal characters: the content hash printed on every page."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def from_canonical(shape: type[D], stored: bytes) -> D:
    """The document that `canonical_bytes` wrote, so that a later job prints exactly what was signed.

    Raises ValueError where the bytes hold another kind, or fields that this shape does not know.
    """
    plain = json.loads(stored)
    if plain.pop("document", None) != shape.KIND:
        raise ValueError(f"these bytes are no {shape.KIND}")
    made: D = _revive(shape, plain)
    return made


def texts(document: object, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the document with its field, e.g. ("members[2].name", "梁谷雨"); days as they are stored."""
    if isinstance(document, str):
        yield field, str(document)
    elif isinstance(document, tuple | list):
        for place, part in enumerate(document, start=1):
            yield from texts(part, f"{field}[{place}]")
    elif is_dataclass(document):
        for known in fields(document):
            yield from texts(getattr(document, known.name), f"{field}.{known.name}" if field else known.name)


def _plain_fields(document: Any) -> dict[str, object]:
    held = ((known, getattr(document, known.name)) for known in fields(document))
    return {known.name: _plain(value) for known, value in held if value is not None or "later" not in known.metadata}


def _plain(part: object) -> object:
    if isinstance(part, str):
        return unicodedata.normalize("NFC", str(part))
    if part is None or isinstance(part, bool | int):
        return part
    if isinstance(part, date) and not isinstance(part, datetime):
        return part.isoformat()
    if isinstance(part, tuple):
        return [_plain(one) for one in part]
    if is_dataclass(part):
        return _plain_fields(part)
    raise TypeError(f"a document cannot hold {type(part).__name__}")


def _revive(shape: Any, plain: Any) -> Any:
    if plain is None:
        return None
    if get_origin(shape) is tuple:
        return tuple(_revive(get_args(shape)[0], one) for one in plain)
    choices = [one for one in get_args(shape) if one is not type(None)]
    if choices:
        return _revive(choices[0], plain)
    if is_dataclass(shape):
        return _revive_fields(shape, plain)
    if shape is date:
        return date.fromisoformat(plain)
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        return shape(plain)
    return plain


def _revive_fields(shape: Any, plain: dict[str, Any]) -> Any:
    hints = get_type_hints(shape)
    unknown = set(plain) - {known.name for known in fields(shape)}
    if unknown:
        raise ValueError(f"{shape.__name__} has no {', '.join(sorted(unknown))}")
    return shape(**{name: _revive(hints[name], value) for name, value in plain.items()})
