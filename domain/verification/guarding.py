"""What a rule of the database itself is: refused when, on which change of which table, and in whose words."""

from __future__ import annotations

from dataclasses import dataclass

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses `event` on `table` when `refused_when` is true of NEW and OLD.

    Conditions are written in PostgreSQL's words; `_condition` turns the two that SQLite says otherwise.
    `sentence` begins with the clause id. `part` keeps names apart where a table has several rules for an event.
    """

    table: str
    event: str
    part: str
    refused_when: str
    sentence: str

    @property
    def name(self) -> str:
        return f"guard_{self.table}_{self.event.lower()}_{self.part}"


def changed(*columns: str) -> str:
    """A condition: one of these columns is written with another value."""
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


def once(*columns: str) -> str:
    """A column that has its value keeps it."""
    return " OR ".join(f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in columns)


def unchangeable(table: str, sentence: str) -> list[Guard]:
    """Rules for rows that are only added."""
    return [Guard(table, action, "never", "TRUE", sentence) for action in (UPDATE, DELETE)]
