"""What a decision model or a FEEL text is refused for, said so that its owner can repair it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, what is wrong, what to do.

    `where` is the id of the element, or "line:column" inside a FEEL text. `line` counts from 1 in the file
    (or in the text), None when unknown. Neither sentence ever holds a value that was evaluated.

    `severity` is "error" (the model cannot be used) or "warning". `code` names the kind of fault for programs
    (kebab-case, such as "gap"). In a table `table` is its decision's name, `rule` the row's number counted from 1 and
    `column` the label of its column. `example` is an input that shows the fault: label of the input -> FEEL literal.
    """

    where: str
    line: int | None
    sentence: str
    remedy: str
    severity: str = "error"
    code: str = ""
    table: str = ""
    rule: int | None = None
    column: str = ""
    example: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        at = f"{self.where} (line {self.line})" if self.line else self.where
        return f"{at}: {self.sentence} {self.remedy}"


class DecisionError(Exception):
    """A decision model or expression cannot be used. `findings` lists every fault that was found."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class FeelSyntaxError(DecisionError):
    """A FEEL text cannot be read. `line` and `column` count from 1 in the text.

    `limit` is "size" or "depth" when the text was given up for that, "" when it is not FEEL.
    """

    def __init__(
        self, sentence: str, line: int, column: int, remedy: str = "Correct the expression.", *, limit: str = ""
    ) -> None:
        super().__init__(
            f"{sentence} (line {line}, column {column})", [Finding(f"{line}:{column}", line, sentence, remedy)]
        )
        self.line = line
        self.column = column
        self.limit = limit
