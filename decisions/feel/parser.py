"""FEEL tokens to a tree (grammar of DMN 1.3, 10.3.1.2), by operator precedence.

Names may hold spaces: words that stand side by side are one name. Names that hold operators or keywords are
recognised when they are known, from the caller, or bound in the text.
"""

from __future__ import annotations

from collections.abc import Iterable

from decisions.errors import FeelSyntaxError
from decisions.feel.access import Call, Filter, Path
from decisions.feel.flow import (
    ContextLiteral,
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
from decisions.feel.reading import TokenReader, is_words, joined
from decisions.feel.temporal import read_any
from decisions.feel.tokens import Token, tokenize
from decisions.feel.values import MAX_NESTING

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
STRENGTH = {"or": 1, "and": 2, **dict.fromkeys((*COMPARISONS, "between", "in"), 3), "+": 4, "-": 4, "*": 5, "/": 5}
STRENGTH["**"] = 6
MAX_VARIABLES = 20  # of one iteration
_AFTER_RANGE = frozenset(") ] , } . : and or then else return satisfies in between instance".split())


def parse(text: str, names: Iterable[str] = (), *, unary: bool = False) -> Node:
    """The tree of `text`; `names` are names it may use that are more than plain words.

    Raises:
        FeelSyntaxError: the text is not FEEL, is over 20,000 characters, or nests over 100 deep.
    """
    parser = _Parser(tokenize(text), (name for name in names if not is_words(name)))
    try:
        tree = parser.unary_tests() if unary else parser.expression()
        parser.at_end()
        return tree
    except (TooDeep, RecursionError):
        raise FeelSyntaxError(f"The expression nests deeper than {MAX_NESTING}.", 1, 1, "Split it up.") from None


class _Parser(TokenReader):
    # --- expressions

    def expression(self, strength: int = 0) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise TooDeep
        left = self.operand()
        while True:
            token = self.token
            own = STRENGTH.get(token.text, 0) if token.kind in ("op", "keyword") else 0
            if own <= strength:
                self.depth -= 1
                return left
            left = self.binary(left, token.text, own)

    def binary(self, left: Node, operator: str, strength: int) -> Node:
        if operator in ("or", "and"):
            operands = [left]
            while self.take(operator):
                operands.append(self.expression(strength))
            return Logic(operator == "or", operands)
        if operator == "between":
            return self.between(left)
        if operator == "in":
            self.at += 1
            return In(left, *self.in_tests())
        if operator in COMPARISONS:
            self.at += 1
            return Comparison(operator, left, self.expression(strength))
        operators, operands = [], [left]
        while self.token.kind == "op" and STRENGTH.get(self.token.text) == strength:
            operators.append(self.token.text)
            self.at += 1
            operands.append(self.expression(strength))
        return Arithmetic(operators, operands)

    def between(self, value: Node) -> Node:
        self.at += 1
        low = self.expression(3)
        self.need("and")
        return Between(value, low, self.expression(3))

    def in_tests(self) -> list[Node]:
        if not self.sees("("):
            return [self.test(3)]
        self.at += 1
        first = self.test()
        if self.sees(".."):
            return [self.postfix(self.range_from(first, closed=False))]
        tests = [first]
        while self.take(","):
            tests.append(self.test())
        self.need(")")
        return tests if len(tests) > 1 or isinstance(first, OperatorTest) else [self.postfix(first)]

    def test(self, strength: int = 0) -> Node:
        operator = self.token.text
        if self.token.kind == "op" and operator in COMPARISONS:
            self.at += 1
            return OperatorTest(operator, self.expression(3))
        return self.expression(strength)

    def unary_tests(self) -> Node:
        if self.sees("-") and self.tokens[self.at + 1].kind == "end":
            self.at += 1
            return UnaryTests(False, [])
        negated = self.sees("not") and self.sees("(", 1) and self.closes_at_end()
        self.at += 2 if negated else 0
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        if negated:
            self.need(")")
        return UnaryTests(negated, tests)

    def closes_at_end(self) -> bool:
        """Whether the bracket after `not` closes at the very end, so that it negates all tests."""
        level = 0
        for index in range(self.at + 1, len(self.tokens)):
            token = self.tokens[index]
            level += (token.kind == "op") * ((token.text == "(") - (token.text == ")"))
            if level == 0:
                return self.tokens[index + 1].kind == "end"
        return False

    def operand(self) -> Node:
        negations = 0
        while self.take("-"):
            negations += 1
            if negations > MAX_NESTING:
                raise TooDeep
        value = self.postfix(self.primary())
        for _ in range(negations):
            value = Negation(value)
        if self.sees("instance") and self.sees("of", 1):
            self.at += 2
            value = InstanceOf(value, self.type_name())
        return value

    def postfix(self, value: Node) -> Node:
        while self.token.kind == "op":
            if self.take("."):
                value = Path(value, self.name())
            elif self.sees("[") and not self.closes_range():
                self.at += 1
                value = Filter(value, self.expression())
                self.need("]")
            elif self.sees("("):
                value = self.call(value)
            else:
                break
        return value

    def closes_range(self) -> bool:
        """Whether the `[` here ends a range such as [1..10[: then nothing that starts an expression follows."""
        after = self.tokens[self.at + 1]
        if after.kind == "end" or after.text in _AFTER_RANGE:
            return True
        return after.kind in ("op", "keyword") and (after.text in COMPARISONS or after.text in ("*", "/", "+", "**"))

    def call(self, function: Node) -> Node:
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
            arguments.append(self.test())
        if names and len(names) != len(arguments):
            self.fail("Parameters are either all given by name or all by position.")
        if len(set(names)) != len(names):
            self.fail("A parameter is given twice.")
        return Call(function, arguments, names)

    def primary(self) -> Node:
        token = self.token
        if token.kind in ("number", "string", "at"):
            return self.literal(token)
        if token.kind == "name" or self.known.match(self.tokens, self.at):
            return Name(self.name())
        if token.kind == "keyword":
            return self.keyword(token)
        if token.text in ("(", "[", "]"):
            return self.bracket()
        if token.text == "{":
            return self.context()
        if token.text == "?":
            self.at += 1
            return Name("?")
        if token.text in COMPARISONS:
            return self.test()
        return self.refuse(token)

    def literal(self, token: Token) -> Node:
        self.at += 1
        value = read_any(str(token.value)) if token.kind == "at" else token.value
        return Const(value) if value is not None else self.refuse(token)

    def refuse(self, token: Token) -> Node:
        what = f"'{token.text}' is not expected" if token.kind != "end" else "The expression ends too early"
        raise FeelSyntaxError(f"{what} here.", token.line, token.column)

    def keyword(self, token: Token) -> Node:
        if token.text in ("true", "false", "null"):
            self.at += 1
            return Const({"true": True, "false": False, "null": None}[token.text])
        if token.text == "not" and self.sees("(", 1):
            self.at += 1
            return Name("not")
        if token.text == "if":
            return self.conditional()
        if token.text in ("for", "some", "every"):
            return self.iteration(token.text)
        if token.text == "function":
            return self.function()
        return self.refuse(token)

    def conditional(self) -> Node:
        self.need("if")
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return If(condition, then, self.expression())

    def iteration(self, word: str) -> Node:
        self.at += 1
        variables, lists = [], []
        while True:
            variables.append(self.binder("in"))
            items = self.expression()
            if self.take(".."):
                items = Steps(items, self.expression())
            lists.append(items)
            if not self.take(",") or len(lists) >= MAX_VARIABLES:
                break
        self.need("return" if word == "for" else "satisfies")
        body = self.expression()
        return For(variables, lists, body) if word == "for" else Quantified(word == "some", variables, lists, body)

    def function(self) -> Node:
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
            types.append(self.type_name() if self.take(":") else None)
        if self.sees("external"):
            self.fail("External functions are not run. Write the function in FEEL.")
        return FunctionLiteral(names, types, self.expression())

    def bracket(self) -> Node:
        opening = self.token.text
        self.at += 1
        if opening == "[" and self.take("]"):
            return ListLiteral()
        first = self.test()
        if self.sees("..") or opening == "]":
            return self.range_from(first, closed=opening == "[")
        if opening == "(":
            self.need(")")
            return first
        items = [first]
        while self.take(","):
            items.append(self.test())
        self.need("]")
        return ListLiteral(*items)

    def range_from(self, low: Node, *, closed: bool) -> Node:
        self.need("..")
        high = self.expression()
        closing = self.token.text
        if closing not in ("]", "[", ")"):
            self.fail("A range ends with ']', '[' or ')'.")
        self.at += 1
        return RangeLiteral(low, high, closed, closing == "]")

    def context(self) -> Node:
        self.need("{")
        names: list[str] = []
        values: list[Node] = []
        while not self.take("}"):
            if names:
                self.need(",")
            names.append(self.key())
            self.need(":")
            values.append(self.expression())
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
