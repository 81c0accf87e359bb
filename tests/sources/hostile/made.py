"""Files made byte by byte, good and bad; all of them speak of deaths."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain import identity
from domain.text import Text
from sources import child
from sources.reading import Limits, ReadReport, report_of, row_of
from sources.rows import SourceRow

ONE = identity.make_demonstration(date(1960, 1, 2), 11)
TWO = identity.make_demonstration(date(1962, 3, 4), 22)
HEADINGS = ["姓名", "身份证号", "死亡日期"]
HEAD = ",".join(HEADINGS) + "\n"
ROW = f"江白露,{ONE},2025-02-08\n"
GOOD = HEAD + ROW
TABLE = [HEADINGS, ["江白露", ONE, "2025-02-08"]]
TYPES = "[Content_Types].xml"


@dataclass(frozen=True)
class Told:
    """What the reader said of a file: its rows and report, or why it was refused."""

    rows: list[SourceRow]
    report: ReadReport | None
    refusal: str


def read(content: bytes | str, category: str = "DEATH", limits: Limits | None = None) -> Told:
    """Read as the child does, here and without its limits; whatever else it raises is a fault of ours."""
    data = content.encode() if isinstance(content, str) else content
    limits = limits or Limits()
    said: list[dict[str, Any]] = []
    order = {"category": category, "demonstration": True, "bytes": limits.bytes, "inflated": limits.inflated}
    child.read(io.BytesIO(data), order, said.append)
    assert [next(iter(one)) for one in said if "refused" in one or "report" in one] == [next(iter(said[-1]))]
    rows = [row_of(row) for message in said for row in message.get("rows", ())]
    if "refused" in said[-1]:
        return Told([], None, str(Text(*said[-1]["refused"])))
    return Told(rows, report_of(category, said[-1]["report"]), "")


# ---------------------------------------------------------------- archives


def packed(entries: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


def raw_packed(members: Sequence[tuple[bytes, bytes]], **directory: int) -> bytes:
    """A stored archive written by hand, so that names and fields can be what no library writes.

    directory: flags, attributes, crc_off (added to the check sums), at (offset claimed for every member).
    """
    out, listed = bytearray(), bytearray()
    for name, content in members:
        at = directory.get("at", len(out))
        crc = (zlib.crc32(content) + directory.get("crc_off", 0)) & 0xFFFFFFFF
        common = struct.pack(
            "<HHHHHIIIHH", 20, directory.get("flags", 0), 0, 0, 0x21, crc, len(content), len(content), len(name), 0
        )
        out += b"PK\x03\x04" + common + name + content
        listed += b"PK\x01\x02" + struct.pack("<H", 20) + common
        listed += struct.pack("<HHHII", 0, 0, 0, directory.get("attributes", 0), at) + name
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(listed), len(out), 0)
    return bytes(out + listed + b"PK\x05\x06" + end)


# ---------------------------------------------------------------- XLSX


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_of(rows: Sequence[Sequence[str]]) -> str:
    """`sheetData` of rows of text written into the cells."""
    written = []
    for number, cells in enumerate(rows, 1):
        inner = "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for at, cell in enumerate(cells)
        )
        written.append(f'<row r="{number}">{inner}</row>')
    return "".join(written)


def parts(*sheets: str, states: Sequence[str] = (), before: str = "", more: dict[str, str] | None = None) -> dict:
    """The parts of a workbook whose sheets have these `sheetData`. before: stands before each sheet's root."""
    listed = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{(states or ["visible"] * 99)[n - 1]}" r:id="r{n}"/>'
        for n in range(1, len(sheets) + 1)
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    made: dict[str, str | bytes] = {
        TYPES: "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}</Relationships>",
    }
    for number, rows in enumerate(sheets, 1):
        made[f"xl/worksheets/sheet{number}.xml"] = (
            f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return made | (more or {})


def workbook(*sheets: str, **given: Any) -> bytes:
    """A whole XLSX; see `parts`."""
    return packed(parts(*sheets, **given))


# ---------------------------------------------------------------- ODS


def ods(rows: str, *, hidden: bool = False, before: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    """An ODS with one table whose rows are this XML."""
    style = (
        '<office:automatic-styles><style:style style:name="ta1" style:family="table">'
        f'<style:table-properties table:display="{"false" if hidden else "true"}"/></style:style>'
        "</office:automatic-styles>"
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content {spaces}>{style}<office:body><office:spreadsheet>'
        f'<table:table table:name="T" table:style-name="ta1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    made: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content,
        "META-INF/manifest.xml": "<manifest/>",
    }
    return packed(made | (more or {}))


def ods_rows(rows: Sequence[Sequence[str]], repeat: int = 1) -> str:
    """Rows of text as ODS writes them, the last cell of each repeated."""
    written = ""
    for cells in rows:
        for at, cell in enumerate(cells):
            many = f' table:number-columns-repeated="{repeat}"' if at == len(cells) - 1 and repeat > 1 else ""
            cell_xml = f'<table:table-cell office:value-type="string"{many}><text:p>{cell}</text:p></table:table-cell>'
            written += ("<table:table-row>" if at == 0 else "") + cell_xml
        written += "</table:table-row>"
    return written


# ---------------------------------------------------------------- XLS


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(rows: Sequence[Sequence[str]], *, hidden: bool = False) -> bytes:
    """An XLS with one sheet of text: BIFF8 records ([MS-XLS]) in a compound file ([MS-CFB])."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    globe = _record(0x0809, begin)
    name = struct.pack("<BBBB", 1 if hidden else 0, 0, 1, 1) + "S".encode("utf-16-le")
    bound = struct.pack("<I", len(globe) + 4 + 4 + len(name) + 4) + name  # where the sheet begins
    globe += _record(0x0085, bound) + _record(0x000A, b"")
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    width = max(map(len, rows))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            head = struct.pack("<HHHHB", number, column, 0, len(cell), 1)
            sheet += _record(0x0204, head + cell.encode("utf-16-le"))
    return compound(globe + sheet + _record(0x000A, b""), "Workbook")


def compound(stream: bytes, name: str) -> bytes:
    """A compound file with one stream."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    sectors = len(stream) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    assert len(fat) <= 128
    fat += [0xFFFFFFFF] * (128 - len(fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    entries = _directory("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _directory(name, 2, 0xFFFFFFFF, 2, len(stream))
    entries += (bytes(66) + b"\0\0" + struct.pack("<III", *[0xFFFFFFFF] * 3) + bytes(48)) * 2
    return head + struct.pack("<128I", *fat) + entries + stream


def _directory(name: str, kind: int, below: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le").ljust(64, b"\0")
    return (
        written
        + struct.pack("<HBBIII", len(name) * 2 + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, below)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
