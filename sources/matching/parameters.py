"""The parameters of the rules, as an office writes them (JSON). Every fault is named with its place and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from domain.errors import Conflict
from domain.text import Text
from domain.text import gettext as _

MOST_BYTES = 1 << 20
_AMOUNT = _("an amount in yuan, 0 or more")
_WAN = _("an amount in ten thousand yuan, 0 or more")
_COUNT = _("a whole number, 1 or more")
_SHARE = _("a share from 0 to 1")
_WORDS = _("a list of texts")
_STANDARDS = _("an object of amounts in yuan by kind of assistance")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the rules are given.

    standards: yuan a head and month, by the declared word for the kind of assistance; values: every parameter, as
    the decision model reads it (numbers are Decimal).
    """

    standards: Mapping[str, Decimal]
    values: Mapping[str, object]

    def canonical(self) -> bytes:
        """The same parameters give the same bytes, however the file was laid out."""
        return json.dumps(self.values, ensure_ascii=False, sort_keys=True, default=str).encode()


def read(content: bytes) -> Parameters:
    """Parameters out of a JSON file: the object itself, or a file that holds it under "rules".

    Raises:
        Conflict: not JSON, a parameter that is unknown, missing, written twice or of another kind.
    """
    found = _parsed(content)
    inner = found.get("rules")
    if isinstance(inner, dict) and not _KINDS.keys() & found.keys():
        found = inner
    unknown = [name for name in found if name not in _KINDS]
    if unknown:
        raise Conflict(
            _(
                "The rules have a parameter “%(name)s”, which no rule uses. Correct or remove it; parameters are"
                " %(names)s.",
                name=unknown[0],
                names=", ".join(_KINDS),
            )
        )
    missing = [name for name in _KINDS if name not in found]
    if missing:
        raise Conflict(
            _(
                "The rules lack the parameter “%(name)s”. Add it: %(kind)s.",
                name=missing[0],
                kind=_KINDS[missing[0]][0],
            )
        )
    values = {name: check(found[name], name, kind) for name, (kind, check) in _KINDS.items()}
    return Parameters(_standards(found["standard_month"], "standard_month", _STANDARDS), values)


def _parsed(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content[: MOST_BYTES + 1].decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal,
                           parse_constant=_no_constant, object_pairs_hook=_once)  # fmt: skip
    except (ValueError, RecursionError, InvalidOperation) as problem:
        where = str(problem.lineno) if isinstance(problem, json.JSONDecodeError) else "1"
        raise Conflict(_("The rules are not JSON (line %(line)s). Correct the file.", line=where)) from None
    if not isinstance(found, dict):
        raise Conflict(_("The rules must be one JSON object with the parameters %(names)s.", names=", ".join(_KINDS)))
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, _value in pairs if [n for n, _v in pairs].count(name) > 1)
        raise Conflict(_("The rules name “%(name)s” twice. Remove one of the two.", name=twice[:80]))
    return found


def _no_constant(_word: str) -> object:
    raise ValueError("NaN and infinities are no numbers of JSON")


def _broken(place: str, kind: Text) -> Conflict:
    return Conflict(_("The parameter “%(name)s” of the rules must be %(kind)s. Correct it.", name=place, kind=kind))


def _amount(value: object, place: str, kind: Text) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value < 10**15:
        raise _broken(place, kind)
    return value


def _count(value: object, place: str, kind: Text) -> Decimal:
    number = _amount(value, place, kind)
    if number < 1 or number != number.to_integral_value():
        raise _broken(place, kind)
    return number


def _share(value: object, place: str, kind: Text) -> Decimal:
    number = _amount(value, place, kind)
    if number > 1:
        raise _broken(place, kind)
    return number


def _words(value: object, place: str, kind: Text) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _broken(place, kind)
    return [str(word) for word in value]


def _standards(value: object, place: str, kind: Text) -> dict[str, Decimal]:
    if not isinstance(value, dict):
        raise _broken(place, kind)
    return {word: _amount(amount, f"{place}.{word}", _AMOUNT) for word, amount in value.items()}


_KINDS: dict[str, tuple[Text, Callable[[object, str, Text], object]]] = {
    "standard_month": (_STANDARDS, _standards),
    "deposit_limit_per_head": (_AMOUNT, _amount),
    "property_limit": (_COUNT, _count),
    "income_tolerance": (_SHARE, _share),
    "vehicle_exempt": (_WORDS, _words),
    "capital_limit_wan": (_WAN, _amount),
}
