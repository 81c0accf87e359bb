"""What a child process that reads other people's files may cost."""

from __future__ import annotations

import resource


def limit(memory: int, cpu: int) -> None:
    """From now on: so many bytes of memory and seconds of the processor; no file is written, no core left."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(what, (most, most))
