"""What `decisions` says of a table or an expression, in the reader's language.

That room is pure and speaks English; its sentences are known here by their shape. One that is not known is shown as
it was said.
"""

from __future__ import annotations

import re
from functools import lru_cache

from domain.text import Joined, Text
from domain.text import gettext as _
from workflows.check_words import CHECKED
from workflows.reason_words import KINDS, REASONS

NO_RULE = _("No rule of the table '%(name)s' matches and it has no default.")

SAID: tuple[Text, ...] = (
    NO_RULE,
    _("%(why)s (line %(line)s, column %(column)s)"),
    _("The expression is longer than %(most)s characters."),
    _("The character %(text)s is not expected here."),
    _("The expression has over %(most)s words and signs."),
    _("The number is too large."),
    _("A string holds half of a surrogate pair."),
    _("The expression nests deeper than %(most)s."),
    _("Parameters are either all given by name or all by position."),
    _("A parameter is given twice."),
    _("The expression ends too early here."),
    _("A parameter's name is expected here."),
    _("External functions are not run. Write the function in FEEL."),
    _("A range ends with ']', '[' or ')'."),
    _("A context has the same entry twice."),
    _("The name of an entry is expected here."),
    _("'%(text)s' is expected here, not '%(found)s'."),
    _("'%(text)s' is not expected here."),
    _("A name is expected here."),
    _("A name followed by '%(text)s' is expected here."),
    _("The name of a type is expected here."),
    _("The type '%(name)s' takes one type."),
    _("The file is larger than 2 MB."),
    _("The file is not well-formed XML."),
    _("The file has a DOCTYPE."),
    _("The file is not a DMN 1.2 to 1.5 model."),
    _("The model has too many elements or nests too deeply."),
    _("The model is not written in FEEL."),
    _("The element '%(name)s' is not evaluated."),
    _("The element has no name, or an id used twice."),
    _("The name '%(name)s' is used twice."),
    _("'%(name)s' has no output decision."),
    _("There is no element '%(name)s'."),
    _("'%(name)s' requires itself in a circle."),
    _("'%(name)s' has no logic."),
    _("'%(name)s' uses the unknown name '%(other)s'."),
    _("'%(name)s' nests too deeply."),
    _("The expression is not written in FEEL."),
    _("The expression is empty."),
    _("Imported values are not read."),
    _("'%(name)s' has an entry twice."),
    _("The invocation names no function."),
    _("The row does not fit the columns."),
    _("'%(name)s' is a function outside FEEL."),
    _("'%(name)s' lacks its part '%(other)s'."),
    _("The hit policy '%(name)s' does not exist."),
    _("The aggregation does not fit the table."),
    _("The output values are not ordered."),
    _("The table has no output."),
    _("An output has no name."),
    _("Rule %(number)s does not fit the columns."),
    _("The cell is not written in FEEL."),
    _("The type '%(name)s' is defined by itself."),
    _("The type '%(name)s' is not defined."),
    _("The type is not written in FEEL."),
    _("Only DMN models can be imported."),
    _("The imported model is not at hand."),
    _("The requirement points into a model not imported."),
    _("The models import one another in a circle."),
    # what to do
    _("Remove the import."),
    _("Add it to the bundle."),
    _("Import that model."),
    _("Split it up."),
    _("Correct the expression."),
    _("Split the model."),
    _("Export it again from the editor."),
    _("Remove it: a decision model needs none."),
    _("Export it as DMN 1.3."),
    _("Choose FEEL as its expression language."),
    _("Remove it."),
    _("Name it, renew its id."),
    _("Rename one of the two."),
    _("Choose one."),
    _("Draw the requirement again."),
    _("Break the circle."),
    _("Give it a function."),
    _("Correct it, or draw the requirement."),
    _("Give it a decision table or an expression."),
    _("Split it into several decisions."),
    _("Write it in FEEL."),
    _("Write an expression, or null."),
    _("Write the expression here."),
    _("Rename one of them."),
    _("Name the knowledge model to invoke."),
    _("Give every row one cell a column."),
    _("Complete the expression."),
    _("Choose one of U, A, P, F, R, O, C."),
    _("Aggregate one output of a table that collects."),
    _("List the output values, highest first."),
    _("Add one."),
    _("Name every output of a table that has several."),
    _("Give every rule one cell a column."),
    _("Define it or choose another."),
    _("Choose FEEL as its language."),
    _("Correct the unary tests."),
)
# what a step or a message of a case failed for (spiff_feel, step_failures, decision_results, tasks.messages), kept in
# an incident as it was said
TOLD: tuple[Text, ...] = (
    _("“%(text)s” has no value: %(why)s"),
    _(
        "Cases that wait for the message %(message)s: %(count)s. It has no key, so nobody can tell whom it is for."
        " Draw a key at the events that throw and catch it, or a signal where all are meant."
    ),
    _("“%(text)s” is neither true nor false."),
    _("“%(text)s” is no line of the form name = expression."),
    _("A function cannot be kept as a value."),
    _("The timer's expression gives no time of its kind."),
    _("What the step is repeated for is no list, or no whole number."),
    _("The step would be repeated more than 1,000 times."),
    _("No way leads on: no condition holds and there is no default."),
    _("The table %(table)s has no answer: %(why)s"),
    _("The table %(table)s gives several results, the step keeps one."),
    _("The table %(table)s has several outputs, the step keeps one."),
)
# parts of sentences, which would fit others too
LAST: tuple[Text, ...] = (_("'%(text)s': %(why)s"), _("No rule matches %(text)s."))
UNKNOWN = "%(said)s"


_AROUND = re.compile(r"(?:'(?P<text>.*)'|“(?P<said>.*)” has no value): (?P<why>.*?)", re.DOTALL)
_KIND = frozenset({"kind", "than"})
_BETWEEN = re.compile(r", | or a ")
_WORDS = {one.source: one for one in KINDS}


@lru_cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    known = (*SAID, *TOLD, *CHECKED, *REASONS, *LAST)
    # of two shapes that fit, the one with more words of its own knows more of the sentence
    ordered = sorted(known, key=lambda one: -len(re.sub(r"%\(\w+\)s", "", one.source)))
    return tuple((_shape(one.source), one.source) for one in ordered)


def _shape(source: str) -> re.Pattern[str]:
    parts, at = [], 0
    for place in re.finditer(r"%\((\w+)\)s", source):
        parts += [re.escape(source[at : place.start()]), f"(?P<{place[1]}>.*?)"]
        at = place.end()
    return re.compile("".join([*parts, re.escape(source[at:])]), re.DOTALL)


def said(sentence: str) -> Text:
    """The sentence as one that is translated when it is read."""
    around = _AROUND.fullmatch(sentence)
    if around is not None:  # it may hold other sentences, so it is asked first and believed only when it does
        why = said(around["why"])
        if why.source != UNKNOWN:
            quoted = around["text"] is not None
            source = "'%(text)s': %(why)s" if quoted else "“%(text)s” has no value: %(why)s"
            return Text(source, {"text": around["text"] if quoted else around["said"], "why": why})
    for shape, source in _shapes():
        found = shape.fullmatch(sentence)
        if found is not None:
            return Text(source, {name: _value(name, value) for name, value in found.groupdict().items()})
    return Text(UNKNOWN, {"said": sentence})


def is_known(sentence: str) -> bool:
    """Whether the sentence, and every other inside it, is one that can be translated."""
    return _known(said(sentence))


def _known(text: Text) -> bool:
    return text.source != UNKNOWN and all(_known(one) for one in text.values.values() if isinstance(one, Text))


def _value(name: str, value: str) -> object:
    if name == "why":
        return said(value)
    if name in _KIND:
        return _WORDS.get(value, value)
    if name == "kinds":
        return Joined(_(", "), [_WORDS.get(one, one) for one in _BETWEEN.split(value)])
    return value
