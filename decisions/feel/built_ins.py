"""All built-in functions of FEEL by name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from decisions.errors import FeelSyntaxError
from decisions.feel import built_in_lists, built_in_numbers, built_in_text, built_in_time
from decisions.feel.access import Call as CallNode
from decisions.feel.nodes import Const, Name, Negation, Node, RangeLiteral, Scope
from decisions.feel.parser import parse
from decisions.feel.signatures import Form, Unfit
from decisions.feel.values import Function, Range, State, Value, compare

_OPEN_START = re.compile(r"\s*[(\]]\s*\.\.(.+)([)\]\[])\s*", re.DOTALL)
_OPEN_END = re.compile(r"\s*([(\[\]])(.+)\.\.\s*[)\[]\s*", re.DOTALL)
_OWN = built_in_lists.LIBRARY


@_OWN.add("range", "from:string")
def _range(state: State, text: str) -> Range:
    """A range from its literal (grammar rules 66, 67): the ends are literals, so nothing else is evaluated."""
    state.tick(len(text) // 10)
    start, end = _OPEN_START.fullmatch(text), _OPEN_END.fullmatch(text)
    if start:
        return Range(None, _endpoint(start[1], state), False, start[2] == "]")
    if end:
        return Range(_endpoint(end[2], state), None, end[1] == "[", False)
    tree = _read(text)
    if not isinstance(tree, RangeLiteral) or not all(map(_is_literal, tree.parts)):
        raise Unfit("the text is not a range of literals.")
    value = tree.evaluate(state, Scope({}))
    if type(value) is not Range or compare(value.low, value.high) == 1:
        raise Unfit("the text is not a range from low to high.")
    return value


def _endpoint(text: str, state: State) -> Value:
    tree = _read(text)
    value = tree.evaluate(state, Scope({})) if _is_literal(tree) else None
    if compare(value, value) is None:
        raise Unfit("the text is not a range of literals.")
    return value


def _read(text: str) -> Node:
    try:
        return parse(text)
    except FeelSyntaxError:
        raise Unfit("the text is not a range of literals.") from None


def _is_literal(node: Node) -> bool:
    if isinstance(node, CallNode):
        function = node.parts[0]
        named = isinstance(function, Name) and function.name in ("date", "time", "date and time", "duration")
        return named and all(isinstance(part, Const) for part in node.parts[1:])
    if isinstance(node, Negation):
        return _is_literal(node.parts[0])
    return isinstance(node, Const)


BUILT_INS: Mapping[str, Function] = {
    **built_in_numbers.LIBRARY.functions,
    **built_in_text.LIBRARY.functions,
    **_OWN.functions,
    **built_in_time.LIBRARY.functions,
}


def forms_of(name: str) -> tuple[Form, ...]:
    """The forms a built-in function can be invoked in; none when there is no such function."""
    libraries = (built_in_numbers.LIBRARY, built_in_text.LIBRARY, _OWN, built_in_time.LIBRARY)
    return tuple(form for library in libraries for form in library.forms(name))
