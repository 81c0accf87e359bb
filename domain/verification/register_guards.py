"""What the database itself holds of the registers: what was written stays, and nothing is done without its proof.

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import DELETE, INSERT, UPDATE, Guard, changed, unchangeable

# those of `domain.oversight.register_kinds` that ask for a paper; a test holds the two together
WITH_EVIDENCE = ("READINESS", "TRAINING", "BUDGET", "RECTIFICATION")
_PAPER = ",".join(f"'{one}'" for one in WITH_EVIDENCE)
_OF_ENTRY = "SELECT 1 FROM register_line l WHERE l.entry_id = NEW.id AND l.kind = NEW.state"

REGISTERS = [
    Guard("register_entry", INSERT, "open", "NEW.state <> 'OPEN'", "BX-32: an entry of a register begins open"),
    Guard(
        "register_entry",
        UPDATE,
        "frozen",
        changed("ref", "register", "org_id", "by_org_id", "person_id", "detail", "said", "opened_by", "opened_at")
        + " OR (NEW.one_of IS DISTINCT FROM OLD.one_of AND NEW.state <> 'DROPPED')",
        "BX-32: what an entry of a register says does not change",
    ),
    Guard(
        "register_entry",
        UPDATE,
        "said",
        f"NEW.state <> OLD.state AND NEW.state <> 'OPEN' AND NOT EXISTS ({_OF_ENTRY})",
        "BX-32: an entry of a register is closed with a word of why",
    ),
    Guard(
        "register_entry",
        UPDATE,
        "proved",
        f"NEW.state = 'DONE' AND OLD.state = 'OPEN' AND NEW.register IN ({_PAPER})"
        f" AND NOT EXISTS ({_OF_ENTRY} AND l.file_id IS NOT NULL)",
        "BX-03: what this register calls done needs the paper that shows it",
    ),
    Guard("register_entry", DELETE, "never", "TRUE", "BX-32: an entry of a register is kept"),
    Guard(
        "register_line",
        INSERT,
        "open",
        "NEW.kind <> 'REOPENED' AND EXISTS (SELECT 1 FROM register_entry e WHERE e.id = NEW.entry_id"
        " AND e.state <> 'OPEN')",
        "BX-32: nothing is written to an entry that is closed",
    ),
    *unchangeable("register_line", "BX-32: what was written to an entry stays as it was written"),
]
