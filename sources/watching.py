"""Watching a reading child from outside: what it takes of memory and time, and ending it when it is too much.

The child's own limits are the second wall; this one knows why it ended a child, and can say what to do instead.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from domain.text import Text
from domain.text import gettext as _

TOO_MUCH_MEMORY = _("The file needs more memory than allowed. Save it as CSV, or split it, and send that.")
STOPPED = _("The file took too much time or memory to read. Split it, or save it again as CSV, and send that.")
_EVERY = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost.

    bytes: of the file; inflated: bytes inside an archive; memory: resident bytes of the child, and what it may write
    to; address_space: bytes it may map; seconds of the processor and of the clock, to begin with and more for each
    MiB of the file.
    """

    bytes: int = 16 << 30  # a hundred million rows of text
    inflated: int = 600 << 20
    memory: int = 256 << 20
    address_space: int = 1 << 30
    cpu_seconds: float = 120.0
    cpu_per_mib: float = 6.0
    wall_seconds: float = 300.0
    wall_per_mib: float = 20.0

    @property
    def most_cpu(self) -> int:
        """Seconds of the processor that the largest file may take."""
        return int(self.cpu_seconds + self.cpu_per_mib * (self.bytes >> 20)) + 1


class Watch(threading.Thread):
    """Looks at a child every 50 ms until `over` is set or it is too much.

    fed: bytes given to the child so far, told by whoever feeds it; peak: most resident bytes seen; why: the sentence
    for which the child was ended, None while it was not.
    """

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits) -> None:
        super().__init__(daemon=True)
        self.fed = 0
        self.peak = 0
        self.why: Text | None = None
        self.over = threading.Event()
        self._child = child
        self._limits = limits
        self._began = time.monotonic()

    def run(self) -> None:
        """Until it is over."""
        while self.why is None and not self.over.wait(_EVERY):
            self.why = self._too_much()
        if self.why is not None:
            self._child.kill()

    def _too_much(self) -> Text | None:
        memory, cpu = _taken(self._child.pid)
        self.peak = max(self.peak, memory)
        if memory > self._limits.memory:
            return TOO_MUCH_MEMORY
        mib = self.fed / (1 << 20)
        late = time.monotonic() - self._began > self._limits.wall_seconds + self._limits.wall_per_mib * mib
        return STOPPED if late or cpu > self._limits.cpu_seconds + self._limits.cpu_per_mib * mib else None


def _taken(pid: int) -> tuple[int, float]:
    """Resident bytes and seconds of the processor of a process; zeros when it has ended (proc(5))."""
    with suppress(OSError, ValueError, IndexError):
        place = Path(f"/proc/{pid}")
        pages = int(place.joinpath("statm").read_text().split()[1])
        fields = place.joinpath("stat").read_text().rpartition(")")[2].split()
        return pages * _PAGE, (int(fields[11]) + int(fields[12])) / _TICKS
    return 0, 0.0
