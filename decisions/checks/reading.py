"""A FEEL text read so that every construct of its tree can be pointed at and quoted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from decisions.errors import FeelSyntaxError
from decisions.feel.access import Filter
from decisions.feel.nodes import Node, TooDeep
from decisions.feel.parser import _Parser
from decisions.feel.reading import Reading, drive
from decisions.feel.tokens import Token, tokenize
from decisions.feel.values import MAX_NESTING

QUOTED_AT_MOST = 60


class Span(NamedTuple):
    """From token `start` up to, not including, token `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its tree and where each node of it stands."""

    text: str
    tree: Node
    tokens: Sequence[Token]
    spans: dict[int, Span] = field(repr=False)

    def span(self, node: Node) -> Span:
        """Where `node` stands. As deep as the tree is high."""
        if id(node) in self.spans or not node.parts:
            return self.spans.get(id(node), Span(0, len(self.tokens) - 1))
        # one of a chain such as a[1].b, which the reader keeps as a whole only
        first = self.span(node.parts[0])
        end = first.end
        while self.tokens[end].text == ")":
            end += 1
        if not isinstance(node, Filter):
            return Span(first.start, min(end + 2, len(self.tokens) - 1))
        level = 1
        while level and end < len(self.tokens) - 2:
            end += 1
            level += {"[": 1, "]": -1}.get(self.tokens[end].text, 0)
        return Span(first.start, end + 1)

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column of `node` in the text, from 1."""
        token = self.tokens[self.span(node).start]
        return token.line, token.column

    def quote(self, node: Node) -> str:
        """`node` as its author wrote it, on one line, shortened."""
        span = self.span(node)
        first, last = self.offset(span.start), self.offset(span.end - 1) + len(self.tokens[span.end - 1].text)
        return shortened(self.text[first:last])

    def offset(self, index: int) -> int:
        token = self.tokens[index]
        start = 0
        for _ in range(token.line - 1):
            start = self.text.index("\n", start) + 1
        return start + token.column - 1


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTED_AT_MOST else line[: QUOTED_AT_MOST - 3] + "..."


def read_text(text: str, names: Iterable[str] = (), *, unary: bool = False) -> Written:
    """`text` read as `parser.parse` reads it.

    Raises:
        FeelSyntaxError: the text is not FEEL, too long or too deep.
    """
    parser = _Placing(tokenize(text), names)
    try:
        tree: Node = drive(parser.unary_tests() if unary else parser.expression())
    except TooDeep:
        at, sentence = parser.token, f"The expression nests deeper than {MAX_NESTING}."
        raise FeelSyntaxError(sentence, at.line, at.column, "Split it up.", limit="depth") from None
    parser.at_end()
    return Written(text, tree, parser.tokens, parser.spans)


class _Placing(_Parser):
    """The parser, keeping which tokens each node was made of."""

    def __init__(self, tokens: list[Token], names: Iterable[str]) -> None:
        super().__init__(tokens, names)
        self.spans: dict[int, Span] = {}
        self._alive: list[Node] = []  # an id means one node only as long as no node is thrown away
        self._begun: list[int] = [0]  # where the expressions and operands that are being read begin
        self._primary = 0

    def _keep(self, node: Node, start: int) -> Node:
        if id(node) not in self.spans:
            self._alive.append(node)
            self.spans[id(node)] = Span(start, self.at)
        return node

    def expression(self, strength: int = 0) -> Reading:
        start = self.at
        self._begun.append(start)
        node = yield from super().expression(strength)
        self._begun.pop()
        return self._keep(node, start)

    def binary(self, left: Node, operator: str, strength: int) -> Reading:
        return self._keep((yield from super().binary(left, operator, strength)), self._begun[-1])

    def operand(self) -> Reading:
        start = self.at
        return self._keep((yield from super().operand()), start)

    def atom(self) -> Node | None:
        start = self.at
        node = super().atom()
        self._primary = start
        return None if node is None else self._keep(node, start)

    def compound(self) -> Reading:
        start = self.at
        node = yield from super().compound()
        self._primary = start
        return self._keep(node, start)

    def postfix(self, value: Node) -> Reading:
        start = self._primary
        self._begun.append(start)
        node = yield from super().postfix(value)
        self._begun.pop()
        return self._keep(node, start)

    def call(self, function: Node) -> Reading:
        return self._keep((yield from super().call(function)), self._begun[-1])

    def test(self, strength: int = 0) -> Reading:
        start = self.at
        return self._keep((yield from super().test(strength)), start)

    def range_from(self, low: Node, *, closed: bool) -> Reading:
        start = self.spans[id(low)].start - 1 if id(low) in self.spans else self.at
        return self._keep((yield from super().range_from(low, closed=closed)), max(start, 0))
