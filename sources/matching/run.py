"""Matching folders of files: every row judged, every household held against the rules, interruptible at any moment.

The result is a function of the inputs alone: files are taken in the order of their names, rows in theirs, households
as they were declared. What was done stands in a checkpoint beside the result, and the same order goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.clock import ticks
from domain.errors import Conflict
from domain.text import Text
from domain.text import gettext as _
from sources.faults import Refusal
from sources.matching import checkpoint, facts, parameters, people, results
from sources.matching.checkpoint import State
from sources.matching.facts import Row
from sources.matching.files import FileMatcher, Judgement, PlainRows, dates
from sources.matching.people import Declared
from sources.matching.rules import Rules
from sources.matching.scratch import FACTS, RESULT, Buckets, Growing, Line, Scratch

KEEP_SECONDS = 5.0  # of work lost at most
RULES = ""  # the step that is no file
LOOK_ROWS = 1000  # rows between two looks at the clock


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be matched: folders, the parameters' file, the two results, the day (None: the files say it)."""

    files: Path
    declared: Path
    rules: Path
    out: Path
    doubts: Path
    as_of: date | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of it: the day the files speak of, counts by verdict, files refused with the sentence that says why."""

    on: date
    counts: Counter[str]
    households: int
    doubts: int
    refused: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: the file in hand, rows judged of it so far, files done and to do."""

    file: str
    rows: int
    done: int
    files: int


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of the work: sentences worth reading, progress; `stop` is asked now and then whether to end."""

    say: Callable[[Text], None]
    step: Callable[[Step], None]
    stop: Callable[[], bool] = lambda: False


class Interrupted(Exception):
    """The listener asked to stop; everything done so far is kept, and the same order goes on from there."""


def match(order: Order, listener: Listener) -> Matched:
    """Match, from the beginning or from where an interrupted run stood.

    Raises:
        Conflict: parameters, folders or places for the results that cannot be used; the sentence says what to do.
        Interrupted: the listener asked to stop.
    """
    _must_have_places(order)
    given = parameters.read(_content(order.rules))
    ours = frozenset((order.out.resolve(), order.doubts.resolve()))
    files = people.files_of(order.files, ours)
    said_in = people.declared_files(order.declared, ours)
    inputs = [*said_in, *files]
    texts = (given.canonical(), str(order.as_of).encode(), str(order.demonstration).encode())
    digest = checkpoint.digest_of(inputs, texts)
    with Scratch(order.out) as scratch:
        state = _state(scratch, digest, listener)
        reader = people.Reader(order.declared, said_in, listener.say, demonstration=order.demonstration)
        with _buckets(scratch, "declared", reader.households(), []) as said:
            declared = reader.rest(said)
            matching = _Matching(order, scratch, digest, state, declared, files, listener)
            on = matching.read_files()
            found = matching.judge_households(Rules(given, on), given, said, on)
            scratch.forget()
            results.publish(matching.doubts, order.doubts)
            results.publish(matching.result, order.out)
        scratch.remove()
    refused = tuple((name, Text.unpacked(sentence)) for name, sentence in state.refused)
    return Matched(on, state.counts, len(declared.households), found, refused)


def _state(scratch: Scratch, digest: str, listener: Listener) -> State:
    kept = scratch.kept(digest)
    if kept is None:
        return State()
    state = State.unpacked(kept)
    if not scratch.holds(state.marks.result, state.marks.facts):
        return State()
    listener.say(_("An earlier run was interrupted; it goes on where it stood."))
    return state


def _must_have_places(order: Order) -> None:
    places = {order.out.absolute(), order.doubts.absolute()}
    for path in places:
        results.must_be_writable(path)
    if len(places) == 1:
        raise Conflict(_("Verdicts and doubts cannot go into the same file. Name two files."))


@contextmanager
def _buckets(scratch: Scratch, stem: str, households: int, lengths: list[int]) -> Iterator[Buckets]:
    made = Buckets(scratch.folder, stem, households, lengths)
    try:
        yield made
    finally:
        made.close()


class _Matching:
    """One run: the files that grow, where it stands, and when that was last kept."""

    def __init__(
        self, order: Order, scratch: Scratch, digest: str, state: State, declared: Declared, files: list[Path],
        listener: Listener,
    ) -> None:  # fmt: skip
        self._order = order
        self._scratch = scratch
        self._digest = digest
        self._state = state
        self._declared = declared
        self._files = files
        self._listener = listener
        self._kept_at = ticks()
        self.result = scratch.folder / RESULT
        self.doubts = order.doubts.with_name(f".{order.doubts.name}.match")  # beside its place: moved there in one step

    def read_files(self) -> date:
        """Judge every row of every file; the day they speak of."""
        state, households = self._state, len(self._declared.households)
        matcher = FileMatcher(self._declared.known, demonstration=self._order.demonstration)
        self._result = Growing(self.result, state.marks.result)
        with _buckets(self._scratch, FACTS, households, state.marks.facts) as self._found:
            try:
                if not state.marks.result:
                    self._result.add(results.csv_line(results.RESULT_COLUMNS))
                    state.begin(0, self._result.length, self._found.settle())
                for index in range(state.file, len(self._files)):
                    self._read_file(index, matcher)
            finally:
                self._result.close()
        if matcher.unread:
            self._listener.say(_("Cells that could not be read and count as empty: %(count)s.", count=matcher.unread))
        return self._order.as_of or facts.reference_day(state.seen)

    def _read_file(self, index: int, matcher: FileMatcher) -> None:
        state, path = self._state, self._files[index]
        rows = 0
        try:
            for judged in matcher.together(path, state.judged):
                looked_at = rows // LOOK_ROWS
                rows += self._take(path.name, judged)
                if rows // LOOK_ROWS > looked_at:
                    self._look(path.name, rows, index)
        except Refusal as refusal:
            state.take_back()
            self._result.cut(state.begun.result)
            self._found.cut(state.begun.facts)
            state.refused.append([path.name, refusal.text.packed()])
            self._listener.say(_("%(file)s: %(why)s", file=path.name, why=refusal.text))
        self._listener.step(Step(path.name, rows, index + 1, len(self._files)))
        state.begin(index + 1, self._result.length, self._found.settle())
        self._keep()
        self._must_go_on()

    def _take(self, name: str, judged: Judgement | PlainRows) -> int:
        """Write down what became of a row, or of several at once; how many there were."""
        state = self._state
        if isinstance(judged, PlainRows):
            dates(judged.dated, state.seen)
            last = self._take_plain(name, judged)
            count = len(judged.rows)
        else:
            if judged.dated is not None:
                dates([judged.dated], state.seen)
            self._take_one(name, judged)
            last, count = judged.row, 1
        for number, row in judged.found:
            line: Line = [number, row.category, row.values, row.other_number, row.other_name]
            for household in self._declared.homes.get(number, ()):
                self._found.add(household, line)
        state.counts["rows"] += count
        state.sheet, state.row = judged.sheet, last
        return count

    def _take_one(self, name: str, judgement: Judgement) -> None:
        where = results.place(judgement.sheet, judgement.row)
        for column, verdict, number in judgement.verdicts:
            shown = "" if column is None else str(column)
            self._result.add(results.csv_line((name, where, shown, verdict, number)))
            self._state.counts[verdict] += 1

    def _take_plain(self, name: str, judged: PlainRows) -> int:
        """The last of the rows."""
        lines, counts = results.plain_lines(name, judged.sheet, judged.column), self._state.counts
        self._result.add("".join([lines(row, verdict, number) for row, verdict, number in judged.rows]))
        for verdict, count in Counter(verdict for _row, verdict, _number in judged.rows).items():
            counts[verdict] += count
        return judged.rows[-1][0]

    def _look(self, name: str, rows: int, index: int) -> None:
        self._listener.step(Step(name, rows, index, len(self._files)))
        if ticks() - self._kept_at >= KEEP_SECONDS:
            self._keep()
        self._must_go_on()

    def _must_go_on(self) -> None:
        if self._listener.stop():
            self._keep()
            raise Interrupted

    def _keep(self) -> None:
        """Put on the disk what was done, then say so in the checkpoint."""
        self._result.settle()
        self._state.marks = checkpoint.Marks(self._result.length, self._found.settle())
        self._scratch.keep(self._digest, self._state.packed())
        self._kept_at = ticks()

    def judge_households(self, rules: Rules, given: parameters.Parameters, said: Buckets, on: date) -> int:
        """Hold every household against the rules and write the doubts; how many there are."""
        doubts = Growing(self.doubts)
        doubts.add(results.csv_line(results.DOUBT_COLUMNS))
        without: Counter[str] = Counter()
        count = 0
        lengths = self._state.marks.facts
        with _buckets(self._scratch, FACTS, len(self._declared.households), lengths) as found:
            for bucket, ordinals in enumerate(said.ranges()):
                for household in self._households(said, found, bucket, ordinals):
                    if household.programme not in given.standards:
                        without[household.programme] += 1
                    codes = rules.doubts(facts.facts_of(household, given.standards, on))
                    count += len(codes)
                    for code in codes:
                        doubts.add(results.csv_line((household.code, code)))
                self._listener.step(Step(RULES, 0, bucket + 1, len(said.ranges())))
                if self._listener.stop():
                    raise Interrupted
        doubts.close()
        self._tell_missing(without)
        return count

    def _tell_missing(self, without: Counter[str]) -> None:
        for word, times in sorted(without.items()):
            self._listener.say(
                _(
                    "The rules have no standard_month for “%(word)s” (%(count)s households): rule R11 was not looked at"
                    " there. Add it and match again.",
                    word=word,
                    count=times,
                )
            )

    def _households(self, said: Buckets, found: Buckets, bucket: int, ordinals: range) -> Iterator[facts.Household]:
        lines: dict[int, list[Line]] = {}
        for line in said.lines(bucket):
            lines.setdefault(line[0], []).append(line)
        rows: dict[tuple[int, str], list[Row]] = {}
        for household, number, kind, values, *other in found.lines(bucket):
            rows.setdefault((household, number), []).append(Row(kind, values, *other))
        for ordinal in ordinals:
            if ordinal in lines:
                made = facts.household_of(self._declared.households[ordinal], lines[ordinal], self._declared.homes)
                for member in made.members:
                    member.rows = rows.get((ordinal, member.number), []) if member.number else []
                yield made


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(parameters.MOST_BYTES + 1)
    except OSError as problem:
        raise Conflict(
            _("The rules %(path)s cannot be read (%(why)s). Check the path.", path=path, why=problem.strerror)
        ) from problem
