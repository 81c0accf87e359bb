"""The fonts of every printed page, and the promise that each character has a glyph in one of them.

Fonts come from packages of the lock, never from the machine, so a page looks the same everywhere. A character is
taken from the first font of the chain that has it. A character that none has is refused before issue: a legal
document never shows a box where a name should stand.
"""

from __future__ import annotations

import importlib.util
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path

import typst
from fontTools.ttLib import TTFont

from documents.canonical import texts
from domain.errors import Conflict
from domain.text import gettext as _

_SERIF = ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf")
# package, file: the same order as `serif` in templates/house.typ
_CHAIN = (
    _SERIF,
    ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    ("mpl_font", "fonts/noto/NotoSansCJKsc-Regular.otf"),
)
_LAYOUT = frozenset("\n")


class MissingGlyph(Conflict):
    """A character has no glyph in any font of the chain. `character`, `code` ("U+2BBBB"), `field`."""

    def __init__(self, character: str, field: str) -> None:
        code = f"U+{ord(character):04X}"
        super().__init__(
            _(
                "The character %(character)s (%(code)s) in “%(field)s” cannot be printed: no font holds it. "
                "Replace it by the character on the identity card, or ask the administrator for a font that has it.",
                character=character if character.isprintable() else "",
                code=code,
                field=field,
            ),
            code=code,
            field=field,
        )
        self.character, self.code, self.field = character, code, field


def check_glyphs(document: object, field: str = "text") -> None:
    """Make sure that a text, or every text of a document, can be printed without a box.

    Invisible and direction-changing characters have no glyph either and are refused, since a reader cannot see them.

    Raises MissingGlyph for the first character that no font holds, naming it and its field.
    """
    printable = _printable()
    named = texts(document) if is_dataclass(document) else [(field, str(document))]
    for name, text in named:
        missing = next((one for one in text if ord(one) not in printable and one not in _LAYOUT), None)
        if missing is not None:
            raise MissingGlyph(missing, name)


def beyond_serif(text: str) -> str:
    """The characters of `text` that the serif font lacks, each once: a name with one of them is set in the sans font
    as a whole, so that it does not change face in the middle.
    """
    return "".join(sorted({one for one in text if ord(one) not in _characters(*_SERIF) and one not in _LAYOUT}))


def missing() -> list[str]:
    """Font files of the chain that are not there; empty when every page can be set."""
    gone = []
    for package, file in _CHAIN:
        try:
            found = _path(package, file).is_file()
        except RuntimeError:  # the whole package is missing
            found = False
        if not found:
            gone.append(Path(file).name)
    return gone


@cache
def faces() -> typst.Fonts:
    """The faces Typst may use: those of the packages and no other."""
    folders = sorted({str(_path(package, file).parent) for package, file in _CHAIN})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


@cache
def _printable() -> frozenset[int]:
    return frozenset().union(*(_characters(package, file) for package, file in _CHAIN))


@cache
def _characters(package: str, file: str) -> frozenset[int]:
    with TTFont(_path(package, file), lazy=True) as font:
        return frozenset(font.getBestCmap()) - _INVISIBLE


def _path(package: str, file: str) -> Path:
    # found, not imported: one of the packages would pull a plotting library into the process
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the font package {package} is not installed")
    return Path(spec.submodule_search_locations[0]) / file


# control, zero-width and direction characters that some fonts map to an empty glyph
_INVISIBLE = frozenset([*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x34F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164])
_INVISIBLE |= frozenset(
    [*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)]
)
_INVISIBLE |= frozenset([*range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFE), *range(0xE0000, 0xE1000)])
