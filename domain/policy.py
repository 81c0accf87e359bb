"""Policies: which value of a parameter holds in a jurisdiction on a day, and where it comes from.

Most keys take the nearest jurisdiction's value; protective keys take the strictest of all. A value
that its jurisdiction locked (`overridable = false`) holds below it too. House defaults stand only
where no norm speaks, except for floor keys, which no norm may weaken. A case keeps the snapshot of
its start date (LN-39).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar, overload

from domain.errors import Conflict, Finding
from domain.policy_documents import (
    INTERNAL,
    PolicyDocument,
    PolicyRefused,
    PolicyValue,
    load_document,
)
from domain.policy_keys import policy_key, policy_keys
from domain.policy_keys.terms import QUERY_LIMIT_DEFAULT
from domain.policy_kinds import PolicyKey
from domain.text import gettext as _

__all__ = [
    "Policies",
    "PolicyDocument",
    "PolicyKey",
    "PolicyRefused",
    "PolicySnapshot",
    "PolicyValue",
    "Resolved",
    "load_document",
]

T = TypeVar("T")
SNAPSHOTS = 64  # of chains and days that a process keeps


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """A value in force with its origin.

    source_clause: clause id(s) or "internal". jurisdiction, valid_from: of the document that gave
    it. assumed: that document's day is not in its text. note: what a reader should know.
    """

    key: str
    value: T
    source_clause: str
    jurisdiction: str
    valid_from: date
    assumed: bool
    note: str = ""

    @property
    def internal(self) -> bool:
        """True for the office's own rule, which must never be shown as law."""
        return self.source_clause == INTERNAL


@dataclass(frozen=True, slots=True)
class _Given:
    document: PolicyDocument
    entry: PolicyValue


@dataclass(frozen=True)
class Policies:
    """All documents, and which jurisdiction lies under which (`parents`: id → parent id or None).

    Raises PolicyRefused when two documents of a jurisdiction begin on one day, or when a document
    sets what a jurisdiction above it has already locked (LN-36).
    """

    documents: Sequence[PolicyDocument]
    parents: Mapping[str, str | None] = field(default_factory=dict)
    _kept: dict[tuple[tuple[str, ...], date], dict[str, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        findings = [*self._twins(), *self._overrides_of_locked()]
        if findings:
            raise PolicyRefused(findings)

    def chain(self, jurisdiction: str) -> tuple[str, ...]:
        """`jurisdiction` and everything above it, most specific first."""
        chain: list[str] = []
        step: str | None = jurisdiction
        while step is not None and step not in chain:
            chain.append(step)
            step = self.parents.get(step)
        return tuple(chain)

    def in_force(self, jurisdiction: str, on: date) -> PolicyDocument | None:
        """The document of `jurisdiction` that holds `on`: the latest begun and not ended."""
        begun = [d for d in self.documents if d.jurisdiction == jurisdiction and d.valid_from <= on]
        newest = max(begun, key=lambda document: document.valid_from, default=None)
        return newest if newest is not None and newest.in_force(on) else None

    @overload
    def resolve(self, key: PolicyKey[T], jurisdiction_chain: Sequence[str], on: date) -> Resolved[T]: ...
    @overload
    def resolve(self, key: str, jurisdiction_chain: Sequence[str], on: date) -> Resolved[Any]: ...
    def resolve(self, key: PolicyKey[Any] | str, jurisdiction_chain: Sequence[str], on: date) -> Resolved[Any]:
        """The value of `key` for a chain of jurisdictions, most specific first, on a day.

        Raises NotFound for an unknown key, Conflict when no document in force gives a value.
        """
        known = policy_key(key) if isinstance(key, str) else key
        resolved = self._resolve(known, self._documents(jurisdiction_chain, on))
        if resolved is None and known.name.startswith("query_limit."):
            resolved = self._resolve(QUERY_LIMIT_DEFAULT, self._documents(jurisdiction_chain, on))
        if resolved is None:
            raise Conflict(
                _(
                    "No policy in force on %(day)s gives “%(key)s” for %(place)s. Add it to the policy files.",
                    day=on.isoformat(),
                    key=known.name,
                    place=jurisdiction_chain[0] if jurisdiction_chain else "",
                ),
                policy_key=known.name,
            )
        return resolved

    def snapshot(self, jurisdiction_chain: Sequence[str], on: date) -> dict[str, Any]:
        """Every value in force as one JSON-able dict with a digest; it is kept on the case.

        The digest covers chain and values, not the day: equal rules have equal digests. Not to be changed: whoever
        asks for the same chain and day is given the same one.
        """
        known = (tuple(jurisdiction_chain), on)
        if known not in self._kept:
            if len(self._kept) >= SNAPSHOTS:
                self._kept.clear()
            self._kept[known] = self._snapshot(*known)
        return self._kept[known]

    def _snapshot(self, jurisdiction_chain: Sequence[str], on: date) -> dict[str, Any]:
        documents = self._documents(jurisdiction_chain, on)
        keys = {key.name: key for key in policy_keys()}
        keys.update({name: policy_key(name) for document in documents for name in document.values})
        values = {}
        for name, key in sorted(keys.items()):
            resolved = self._resolve(key, documents)
            if resolved is not None:
                values[name] = _dumped(key, resolved)
        body = {"chain": list(jurisdiction_chain), "values": values}
        return {
            **body,
            "on": on.isoformat(),
            "documents": [
                {"jurisdiction": d.jurisdiction, "valid_from": d.valid_from.isoformat(), "digest": d.digest}
                for d in documents
            ],
            "digest": _digest(body),
        }

    def _documents(self, chain: Sequence[str], on: date) -> list[PolicyDocument]:
        found = (self.in_force(jurisdiction, on) for jurisdiction in chain)
        return [document for document in found if document is not None]

    def _resolve(self, key: PolicyKey[T], documents: Sequence[PolicyDocument]) -> Resolved[T] | None:
        given = [_Given(d, d.values[key.name]) for d in documents if key.name in d.values]
        given = _above_locks(given)
        if not key.floor and any(entry.document.basis == "norm" for entry in given):
            given = [entry for entry in given if entry.document.basis == "norm"]
        if not given:
            return None
        if key.combine == "strictest" and key.stricter is not None:
            return _strictest(key, key.stricter, given)
        return _resolved(key, given[0].entry.value, given[:1])

    def _twins(self) -> Iterable[Finding]:
        seen: dict[tuple[str, date], str] = {}
        for document in self.documents:
            start = (document.jurisdiction, document.valid_from)
            if start in seen:
                sentence = _("%(other)s begins for the same jurisdiction on the same day.", other=seen[start])
                yield Finding(document.file, "valid_from", None, sentence, _("Keep one of the two."))
            seen[start] = document.file

    def _overrides_of_locked(self) -> Iterable[Finding]:
        for document in self.documents:
            for above in self.chain(document.jurisdiction)[1:]:
                locking = self.in_force(above, document.valid_from)
                for name in document.values if locking else ():
                    locked = locking.values.get(name) if locking else None
                    if locked is not None and not locked.overridable:
                        sentence = _(
                            "%(place)s has locked “%(key)s” (%(clause)s).",
                            place=above,
                            key=name,
                            clause=locked.source,
                        )
                        yield Finding(document.file, name, None, sentence, _("Remove the value from this document."))


@dataclass(frozen=True, slots=True)
class PolicySnapshot:
    """The rules a case was started under, read back from what `Policies.snapshot` gave."""

    data: Mapping[str, Any]

    def __post_init__(self) -> None:
        body = {"chain": self.data["chain"], "values": self.data["values"]}
        if _digest(body) != self.data["digest"]:
            raise Conflict(_("The rules kept with this case were changed outside the program. Tell the auditor."))

    def holds(self, key: PolicyKey[Any]) -> bool:
        """Whether the rules kept with the case speak of this key; a key that came later they do not know."""
        return key.name in self.data["values"]

    @overload
    def resolve(self, key: PolicyKey[T]) -> Resolved[T]: ...
    @overload
    def resolve(self, key: str) -> Resolved[Any]: ...
    def resolve(self, key: PolicyKey[Any] | str) -> Resolved[Any]:
        """The value with its origin; raises NotFound for an unknown key, Conflict for one not kept."""
        known = policy_key(key) if isinstance(key, str) else key
        kept = self.data["values"].get(known.name)
        if kept is None and known.name.startswith("query_limit."):
            kept = self.data["values"].get(QUERY_LIMIT_DEFAULT.name)
        if kept is None:
            raise Conflict(
                _("The rules kept with this case say nothing about “%(key)s”.", key=known.name), policy_key=known.name
            )
        return Resolved(
            known.name,
            known.kind.parse(kept["value"]),
            kept["source"],
            kept["jurisdiction"],
            date.fromisoformat(kept["valid_from"]),
            kept["assumed"],
            kept["note"],
        )

    @overload
    def value(self, key: PolicyKey[T]) -> T: ...
    @overload
    def value(self, key: str) -> Any: ...
    def value(self, key: PolicyKey[Any] | str) -> Any:
        """The bare value; raises as `resolve` does."""
        return self.resolve(key).value


def _above_locks(given: list[_Given]) -> list[_Given]:
    """What is left when every locked value silences the jurisdictions below it."""
    for place in range(len(given) - 1, -1, -1):
        if not given[place].entry.overridable:
            return given[place:]
    return given


def _strictest(key: PolicyKey[T], stricter: Callable[[Sequence[T]], T], given: list[_Given]) -> Resolved[T]:
    value = stricter([entry.entry.value for entry in given])
    equal = [entry for entry in given if entry.entry.value == value]
    return _resolved(key, value, equal[:1] or given)


def _resolved(key: PolicyKey[T], value: T, origin: Sequence[_Given]) -> Resolved[T]:
    """`origin`: what gave the value, most specific first; several where lists were combined."""
    first = origin[0].document
    sources = dict.fromkeys(entry.entry.source for entry in origin)
    return Resolved(
        key.name,
        value,
        ", ".join(sources),
        first.jurisdiction,
        first.valid_from,
        any(entry.document.assumed for entry in origin),
        "; ".join(entry.entry.note for entry in origin if entry.entry.note),
    )


def _dumped(key: PolicyKey[T], resolved: Resolved[T]) -> dict[str, Any]:
    return {
        "value": key.kind.dump(resolved.value),
        "source": resolved.source_clause,
        "jurisdiction": resolved.jurisdiction,
        "valid_from": resolved.valid_from.isoformat(),
        "assumed": resolved.assumed,
        "note": resolved.note,
    }


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
