"""The one question the store asks, in words that every engine understands.

Two tables: `source_rows` (blind, by_name, dated, sheet, row_no, part, body_at, body_size), one row for each way a
delivered row may be found, and `wanted` (person, blind, as_of). The text quotes nothing and calls no function, orders
by columns that are never null, and gives each parameter as a column of `wanted`; so the engine of a province that
outgrew one machine runs it unchanged (decision 0043; `tests/sources/store/test_second_engine.py` does).
"""

from __future__ import annotations

MATCH = """SELECT w.person, r.by_name, r.sheet, r.row_no, r.part, r.dated, r.body_at, r.body_size
FROM source_rows AS r INNER JOIN wanted AS w ON r.blind = w.blind
WHERE w.as_of IS NULL OR r.dated IS NULL OR r.dated <= w.as_of
ORDER BY w.person, r.sheet, r.row_no, r.part, r.by_name"""

# The name of a column, the type DuckDB reads its text as, and how the text becomes it.
COLUMNS = (
    ("blind", "VARCHAR", "from_base64(blind)"),
    ("by_name", "BOOLEAN", "by_name"),
    ("dated", "VARCHAR", "CAST(dated AS DATE)"),
    ("sheet", "INTEGER", "sheet"),
    ("row_no", "BIGINT", "row_no"),
    ("part", "INTEGER", "part"),
    ("body_at", "BIGINT", "body_at"),
    ("body_size", "INTEGER", "body_size"),
)
