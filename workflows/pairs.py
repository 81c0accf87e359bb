"""Pairs of eyes (`separate-from`, `separation-group`), and what becomes of them across two versions: what was done
under one id binds under the id that follows it.

A pair holds over rows that name steps by id, so a step that is called otherwise in the next version would let go of
who did it. Where the owner says which step it is, the pair goes along; where it may be a new step of the same kind, the
move is refused until the owner says which; where the next version has no such pair, that is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from domain.text import Text
from domain.text import gettext as _
from workflows.definitions import Definition
from workflows.spiff_transplant import MAPPING, Refused
from workflows.steps import others_of
from workflows.version_changes import Changes


def pairs_of(definition: Definition) -> frozenset[tuple[str, str]]:
    """Every pair of a version, both ways round."""
    steps = definition.diagram.steps
    return frozenset((step, other) for step in steps for other in others_of(steps, step))


@dataclass(frozen=True)
class Pairs:
    """The pairs of two versions, worked out once."""

    changes: Changes

    @cached_property
    def renames(self) -> Mapping[str, str]:
        """Old id -> new id of steps that the new version does not have under their old id and the owner mapped."""
        steps = self.changes.new.diagram.steps
        return {old: new for old, new in self.changes.ids.items() if old not in steps and new in steps}

    @cached_property
    def before(self) -> frozenset[tuple[str, str]]:
        return pairs_of(self.changes.old)

    @cached_property
    def after(self) -> frozenset[tuple[str, str]]:
        return pairs_of(self.changes.new)

    @cached_property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """Pairs (old ids: the one that may be done, the other) that the new version does not have as they stand."""
        to = self.changes.to
        return tuple(sorted(pair for pair in self.before if (to(pair[0]), to(pair[1])) not in self.after))

    @property
    def matter(self) -> bool:
        """Whether it makes a difference what a case has done, and not only where it stands."""
        return bool(self.lost) or any(step in self.renames for step, _other in self.before)

    def carried(self, done: Collection[str]) -> tuple[str, ...]:
        """Of the steps done (old ids) those whose pairs go along by the mapping."""
        return tuple(sorted({step for step, _other in self.before if step in done and step in self.renames}))

    def notes(self, done: Collection[str], was_ahead: Collection[str], ahead: Collection[str]) -> Iterator[Text]:
        """What becomes of the pairs of a case. done, was_ahead: old ids of steps done and of those it could come to;
        ahead: new ids of those it can come to now. Raises Refused where the owner must say more.
        """
        changes = self.changes
        for did, other in self.lost:
            bound = changes.to(other)
            if other not in was_ahead and bound not in ahead:
                continue  # what the pair protects is behind it
            # a repair may have moved the case past a step that was never done: that binds as well
            if (did in done or did not in was_ahead) and self._may_be(did):
                raise self._which(did, other)
            if did in done:
                yield from self._let_go(did, other, bound in ahead)

    def _let_go(self, did: str, other: str, ahead: bool) -> Iterator[Text]:
        changes = self.changes
        if ahead:
            yield _("Who did “%(done)s” may do “%(step)s” in the new version; until now somebody else had to.",
                    done=changes.old_name(did), step=changes.new_name(changes.to(other)))  # fmt: skip
        elif not any((changes.to(did), one) in self.after for one in self._may_be(other)):
            yield _("“%(step)s”, which somebody else than who did “%(done)s” had to do, is not ahead of it any more.",
                    done=changes.old_name(did), step=changes.old_name(other))  # fmt: skip

    def _may_be(self, step: str) -> list[str]:
        """New steps with pairs that a step which is gone, and was not mapped, may be."""
        if self.changes.to(step) in self.changes.new.diagram.steps:
            return []
        paired = {one for one, _other in self.after}
        return [one for one in self.changes.choices(step) if one in paired and one not in self.changes.back]

    def _which(self, done: str, other: str) -> Refused:
        changes = self.changes
        sentence = _(
            "Such a case has “%(done)s” behind it, and who did it may not do “%(step)s”. The new version has no step of"
            " that id. Say which step it is now, so that they stay two people.",
            done=changes.old_name(done), step=changes.old_name(other),
        )  # fmt: skip
        return Refused(MAPPING, done, sentence)


__all__ = ["Pairs", "pairs_of"]
