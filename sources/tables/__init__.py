"""Tables out of delivered bytes: CSV, XLSX, XLS, ODS and ZIP archives of them.

Runs in the limited child only: hostile files meet this code first. `detect` says what a file is; each kind has a
module. Every one of them yields `Sheet`s whose rows stand where a spreadsheet shows them, or raises `Refusal`.
"""

from sources.tables.detect import Caps, Delivered
from sources.tables.sheet import CHUNK, Sheet

__all__ = ["CHUNK", "Caps", "Delivered", "Sheet"]
