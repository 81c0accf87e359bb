"""No box ever stands where a name should: looked for in the picture of the page, not only in its text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from documents.fonts import MissingGlyph, check_glyphs, faces
from documents.report import check_report, render_report
from documents.typesetting import TEMPLATES
from tests.documents.samples import RARE_NAMES, a_report

RARE = "䶮㛃𠮷𬭚·𡈁"
NOWHERE = "\U0010fffd"
_ALONE = """#set page(width: 40pt, height: 40pt, margin: 0pt)
#set text(font: ("Noto Serif SC", "Noto Sans SC", "Noto Sans CJK SC"), fallback: false, size: 24pt)
#place(center + horizon, sys.inputs.text)"""


def alone(tmp_path: Path, character: str) -> Image.Image:
    """One character in the middle of a small page, by the house's fonts and without its checks."""
    source = tmp_path / "alone.typ"
    source.write_text(_ALONE, encoding="utf-8")
    pdf = typst.compile(str(source), font_paths=faces(), ignore_system_fonts=True, sys_inputs={"text": character})
    return pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil().convert("L")


def blank(picture: Image.Image) -> bool:
    return min(picture.tobytes()) > 200


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None


@pytest.mark.parametrize("character", RARE)
def test_a_rare_character_is_drawn_and_is_not_the_box(tmp_path: Path, character: str) -> None:
    drawn, box = alone(tmp_path, character), alone(tmp_path, NOWHERE)
    assert not blank(drawn)
    assert not same(drawn, box)
    check_glyphs(character)


def test_the_picture_test_would_see_a_box(tmp_path: Path) -> None:
    box = alone(tmp_path, NOWHERE)
    assert same(box, alone(tmp_path, "\U0010fffc"))


def ink(picture: Image.Image) -> Image.Image:
    """The drawn part alone, brought to one size, so that shapes of different faces and sizes can be compared."""
    return picture.crop(ImageChops.invert(picture.point(lambda shade: 255 if shade > 160 else 0)).getbbox()).resize(
        (32, 32)
    )


def unlikeness(one: Image.Image, other: Image.Image) -> float:
    """0 for the same shape, 255 for black against white."""
    difference = ImageChops.difference(ink(one), ink(other)).tobytes()
    return sum(difference) / len(difference)


def boxes_of(words: pypdfium2.PdfTextPage, name: str) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top in points of each character of the first place where the page says `name`."""
    codes = [pypdfium2.raw.FPDFText_GetUnicode(words, place) for place in range(words.count_chars())]
    # pdfium counts UTF-16 halves and gives both halves of a rare character the same box
    wanted = memoryview(name.encode("utf-16-le")).cast("H").tolist()
    first = next(place for place in range(len(codes)) if codes[place : place + len(wanted)] == wanted)
    places = [first + step for step, half in enumerate(wanted) if not 0xDC00 <= half < 0xE000]
    return [words.get_charbox(place, loose=True) for place in places]


def test_the_names_in_the_rendered_report_are_drawn_where_the_text_says_they_are(tmp_path: Path) -> None:
    page = pypdfium2.PdfDocument(render_report(a_report()))[0]
    words, height = page.get_textpage(), page.get_height()
    picture = page.render(scale=6).to_pil().convert("L")
    box = alone(tmp_path, NOWHERE)
    assert unlikeness(box, box) == 0
    for name in RARE_NAMES:
        for letter, (left, bottom, right, top) in zip(name, boxes_of(words, name), strict=True):
            part = picture.crop((int(left * 6), int((height - top) * 6), int(right * 6), int((height - bottom) * 6)))
            assert not blank(part), f"{letter} in {name}"
            assert unlikeness(part, box) > 40, f"{letter} in {name}"


@pytest.mark.parametrize(
    ("character", "code"),
    [
        ("\ue815", "U+E815"),
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("\x00", "U+0000"),
        ("😀", "U+1F600"),
        ("ཀ", "U+0F40"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_issue_with_character_and_field(character: str, code: str) -> None:
    data = a_report()
    odd = replace(data.members[1], name=f"梁{character}")
    with pytest.raises(MissingGlyph) as refused:
        check_report(a_report(members=(data.members[0], odd)))
    assert refused.value.code == code
    assert refused.value.field == "members[2].name"
    assert code in str(refused.value)
    assert "梁" not in f"{refused.value} {refused.value.ids}"


def test_a_watermark_is_held_to_the_same_rule() -> None:
    with pytest.raises(MissingGlyph) as refused:
        render_report(a_report(), watermark="下载人 \ue815")
    assert refused.value.field == "watermark"


def test_every_fixed_word_of_the_templates_has_a_glyph() -> None:
    for template in sorted(TEMPLATES.glob("*.typ")):
        check_glyphs(template.read_text(encoding="utf-8"), template.name)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=12))
def test_a_text_that_passes_the_check_is_printed_by_a_compiler_that_refuses_boxes(text: str) -> None:
    try:
        check_glyphs(text)
    except MissingGlyph:
        return
    # PDF/A forbids a missing glyph, so the compiler is a second judge
    typst.compile(
        b'#set document(title: "t")\n#set text(font: ("Noto Serif SC", "Noto Sans SC", "Noto Sans CJK SC"),'
        b" fallback: false)\n#sys.inputs.text",
        font_paths=faces(),
        ignore_system_fonts=True,
        sys_inputs={"text": text},
        pdf_standards=["a-3a"],
    )
