"""Tables out of delivered bytes: CSV, XLSX, XLS, ODS and ZIP archives of them.

Runs in the limited child only: hostile files meet this code first. `Delivered` says what a file is and gives its
sheets; each kind has a module. Rows stand where a spreadsheet shows them, and what cannot be read so is a `Refusal`.
"""

from __future__ import annotations

from sources.tables.detect import Caps, Delivered
from sources.tables.sheet import CHUNK, Readable, Sheet

__all__ = ["CHUNK", "Caps", "Delivered", "Readable", "Sheet"]
