"""FEEL tokens to a tree (grammar of DMN 1.3, 10.3.1.2), by operator precedence.

What reads a construct with others inside is a generator: it yields the reading of a part and is sent the part's tree.
`drive` keeps the readings under way in a list, so that the nesting of a text never stands on the host's stack.

Names may hold spaces: words that stand side by side are one name. Names that hold operators or keywords are
recognised when they are known, from the caller, or bound in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from decisions.errors import FeelSyntaxError
from decisions.feel.access import Call, Filter, Path
from decisions.feel.flow import (
    ContextLiteral,
    ExternalFunction,
    For,
    FunctionLiteral,
    If,
    Quantified,
    Steps,
    UnaryTests,
    WrittenType,
)
from decisions.feel.nodes import (
    Arithmetic,
    Between,
    Comparison,
    Const,
    In,
    InstanceOf,
    ListLiteral,
    Logic,
    Name,
    Negation,
    Node,
    OperatorTest,
    RangeLiteral,
    TooDeep,
)
from decisions.feel.reading import Reading, TokenReader, drive, is_words, joined
from decisions.feel.temporal import read_any
from decisions.feel.tokens import Token, tokenize
from decisions.feel.values import MAX_NESTING

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
STRENGTH = {"or": 1, "and": 2, **dict.fromkeys((*COMPARISONS, "between", "in"), 3), "+": 4, "-": 4, "*": 5, "/": 5}
STRENGTH["**"] = 6
CONSTANTS = {"true": True, "false": False, "null": None}
MAX_VARIABLES = 20  # of one iteration
_AFTER_RANGE = frozenset(") ] , } . : and or then else return satisfies in between instance".split())


def parse(text: str, names: Iterable[str] = (), *, unary: bool = False, external: bool = False) -> Node:
    """The tree of `text`; `names` are names it may use that are more than plain words.

    `external` lets functions of other languages stand in it, though they are never run: they are null.

    Raises:
        FeelSyntaxError: the text is not FEEL, is over 20,000 characters, or nests over 100 deep.
    """
    parser = _Parser(tokenize(text), (name for name in names if not is_words(name)))
    parser.external = external
    try:
        tree: Node = drive(parser.unary_tests() if unary else parser.expression())
    except TooDeep:
        at = parser.token
        sentence = f"The expression nests deeper than {MAX_NESTING}."
        raise FeelSyntaxError(sentence, at.line, at.column, "Split it up.", limit="depth") from None
    parser.at_end()
    return tree


class _Parser(TokenReader):
    external = False

    # --- expressions

    def expression(self, strength: int = 0) -> Reading:
        self.deepen()
        left = yield self.operand()
        while True:
            token = self.token
            own = STRENGTH.get(token.text, 0) if token.kind in ("op", "keyword") else 0
            if own <= strength:
                self.depth -= 1
                return left
            left = yield self.binary(left, token.text, own)

    def binary(self, left: Node, operator: str, strength: int) -> Reading:
        if operator == "between":
            return (yield self.between(left))
        if operator == "in":
            self.at += 1
            return In(left, *(yield self.in_tests()))
        if operator in COMPARISONS:
            self.at += 1
            return Comparison(operator, left, (yield self.expression(strength)))
        operators, operands = [], [left]
        while self.token.kind in ("op", "keyword") and STRENGTH.get(self.token.text) == strength:
            operators.append(self.token.text)
            self.at += 1
            operands.append((yield self.expression(strength)))
        return Logic(operator == "or", operands) if operator in ("or", "and") else Arithmetic(operators, operands)

    def between(self, value: Node) -> Reading:
        self.at += 1
        low = yield self.expression(3)
        self.need("and")
        return Between(value, low, (yield self.expression(3)))

    def in_tests(self) -> Reading:
        if not self.sees("("):
            return [(yield self.test(3))]
        self.at += 1
        first = yield self.test()
        if self.sees(".."):
            return [(yield self.postfix((yield self.range_from(first, closed=False))))]
        tests = [first]
        while self.take(","):
            tests.append((yield self.test()))
        self.need(")")
        return tests if len(tests) > 1 or isinstance(first, OperatorTest) else [(yield self.postfix(first))]

    def test(self, strength: int = 0) -> Reading:
        operator = self.token.text
        if self.token.kind == "op" and operator in COMPARISONS:
            self.at += 1
            return OperatorTest(operator, (yield self.expression(3)))
        return (yield self.expression(strength))

    def unary_tests(self) -> Reading:
        if self.sees("-") and self.tokens[self.at + 1].kind == "end":
            self.at += 1
            return UnaryTests(False, [])
        negates = self.sees("not")
        tests = [(yield self.test())]
        while self.take(","):
            tests.append((yield self.test()))
        if negates and len(tests) == 1 and _is_negation(tests[0]):
            return UnaryTests(True, tests[0].parts[1:])
        return UnaryTests(False, tests)

    def operand(self) -> Reading:
        negations = 0
        while self.take("-"):
            negations += 1
            if negations > MAX_NESTING:
                raise TooDeep
        value = self.atom() or (yield self.compound())
        if self.token.kind == "op":
            value = yield self.postfix(value)
        for _ in range(negations):
            value = Negation(value)
        if self.sees("instance") and self.sees("of", 1):
            self.at += 2
            value = InstanceOf(value, (yield self.type_name()))
        return value

    def postfix(self, value: Node) -> Reading:
        while self.token.kind == "op":
            if self.take("."):
                value = Path(value, self.name())
            elif self.sees("[") and not self.closes_range():
                self.at += 1
                value = Filter(value, (yield self.expression()))
                self.need("]")
            elif self.sees("("):
                value = yield self.call(value)
            else:
                break
        return value

    def closes_range(self) -> bool:
        """Whether the `[` here ends a range such as [1..10[: then nothing that starts an expression follows."""
        after = self.tokens[self.at + 1]
        if self.known.match(self.tokens, self.at + 1):
            return False
        if after.kind == "end" or after.text in _AFTER_RANGE:
            return True
        return after.kind in ("op", "keyword") and (after.text in COMPARISONS or after.text in ("*", "/", "+", "**"))

    def call(self, function: Node) -> Reading:
        self.need("(")
        arguments: list[Node] = []
        names: list[str] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            length = self.binder_length(":")
            if length:
                names.append(joined(self.tokens[self.at : self.at + length]))
                self.at += length + 1
            arguments.append((yield self.test()))
        if names and len(names) != len(arguments):
            self.fail("Parameters are either all given by name or all by position.")
        if len(set(names)) != len(names):
            self.fail("A parameter is given twice.")
        return Call(function, arguments, names)

    # --- operands

    def atom(self) -> Node | None:
        """An operand with nothing inside: a literal or a name. None when another stands here."""
        token = self.token
        if token.kind in ("number", "string", "at"):
            self.at += 1
            value = read_any(str(token.value)) if token.kind == "at" else token.value
            return Const(value) if value is not None else self.refuse(token)
        if token.kind == "name" or self.known.match(self.tokens, self.at):
            return Name(self.name())
        if token.text in CONSTANTS and token.kind == "keyword":
            self.at += 1
            return Const(CONSTANTS[token.text])
        if token.text == "?" or (token.text == "not" and self.sees("(", 1)):
            self.at += 1
            return Name(token.text)
        return None

    def compound(self) -> Reading:
        """An operand with others inside."""
        token = self.token
        if token.kind not in ("op", "keyword"):
            self.refuse(token)
        if token.text in ("(", "[", "]"):
            return self.bracket()
        if token.text in COMPARISONS:
            return self.test()
        if token.text in ("for", "some", "every"):
            return self.iteration(token.text)
        readings = {"{": self.context, "if": self.conditional, "function": self.function}
        return readings[token.text]() if token.text in readings else self.refuse(token)

    def refuse(self, token: Token) -> NoReturn:
        what = f"'{token.text}' is not expected" if token.kind != "end" else "The expression ends too early"
        raise FeelSyntaxError(f"{what} here.", token.line, token.column)

    def conditional(self) -> Reading:
        self.need("if")
        condition = yield self.expression()
        self.need("then")
        then = yield self.expression()
        self.need("else")
        return If(condition, then, (yield self.expression()))

    def iteration(self, word: str) -> Reading:
        self.at += 1
        variables, lists = [], []
        while True:
            variables.append(self.binder("in"))
            items = yield self.expression()
            if self.take(".."):
                items = Steps(items, (yield self.expression()))
            lists.append(items)
            if not self.take(",") or len(lists) >= MAX_VARIABLES:
                break
        self.need("return" if word == "for" else "satisfies")
        body = yield self.expression()
        return For(variables, lists, body) if word == "for" else Quantified(word == "some", variables, lists, body)

    def function(self) -> Reading:
        self.need("function")
        self.need("(")
        names: list[str] = []
        types: list[WrittenType | None] = []
        while not self.take(")"):
            if names:
                self.need(",")
            length = self.binder_length(":", ",", ")")
            if not length:
                self.fail("A parameter's name is expected here.")
            names.append(self.bind(length))
            types.append((yield self.type_name()) if self.take(":") else None)
        if not self.take("external"):
            return FunctionLiteral(names, types, (yield self.expression()))
        if not self.external:
            self.fail("External functions are not run. Write the function in FEEL.")
        return ExternalFunction(names, types, (yield self.expression()))

    def bracket(self) -> Reading:
        opening = self.token.text
        self.at += 1
        if opening == "[" and self.take("]"):
            return ListLiteral()
        first = yield self.test()
        if self.sees("..") or opening == "]":
            return (yield self.range_from(first, closed=opening == "["))
        if opening == "(":
            self.need(")")
            return first
        items = [first]
        while self.take(","):
            items.append((yield self.test()))
        self.need("]")
        return ListLiteral(*items)

    def range_from(self, low: Node, *, closed: bool) -> Reading:
        self.need("..")
        high = yield self.expression()
        closing = self.token.text
        if closing not in ("]", "[", ")"):
            self.fail("A range ends with ']', '[' or ')'.")
        self.at += 1
        return RangeLiteral(low, high, closed, closing == "]")

    def context(self) -> Reading:
        self.need("{")
        names: list[str] = []
        values: list[Node] = []
        while not self.take("}"):
            if names:
                self.need(",")
            names.append(self.key())
            self.need(":")
            values.append((yield self.expression()))
        if len(set(names)) != len(names):
            self.fail("A context has the same entry twice.")
        return ContextLiteral(names, values)

    def key(self) -> str:
        token = self.token
        if token.kind == "string":
            self.at += 1
            return str(token.value)
        length = self.binder_length(":")
        if not length:
            self.fail("The name of an entry is expected here.")
        return self.bind(length)


def _is_negation(test: Node) -> bool:
    """Whether what was read is an invocation of not() and nothing more: in a cell it negates all its tests."""
    if not isinstance(test, Call) or test.names or len(test.parts) < 2:
        return False
    return isinstance(test.parts[0], Name) and test.parts[0].name == "not"
