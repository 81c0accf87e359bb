"""What the database itself holds of papers given out: a row stays, and tells of what was really signed.

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import INSERT, Guard, unchangeable


def _as_signed(table: str) -> Guard:
    own = f"NEW.{table}_id"
    return Guard(
        "issued_document",
        INSERT,
        f"as_signed_{table}",
        f"{own} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} s WHERE s.id = {own}"  # noqa: S608  names of ours
        " AND s.canonical IS NOT NULL AND s.digest = NEW.digest AND s.number = NEW.number AND s.ref = NEW.about)",
        "LF-20: a paper that was given out carries the number and the digest of what was signed",
    )


ISSUED = [
    _as_signed("report"),
    _as_signed("notice"),
    _as_signed("breach"),
    *unchangeable("issued_document", "LF-20: a paper that was given out stays as it was given out"),
]
