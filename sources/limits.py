"""What a child process that reads other people's files may cost."""

from __future__ import annotations

import resource


def limit(memory: int, cpu: int, *, data: int | None = None) -> None:
    """From now on: so much memory and seconds of the processor; no file is written, no core left.

    memory: bytes of address space; data: bytes of memory written to, None for as much as the address space.
    """
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_DATA, memory if data is None else data),
    ):
        resource.setrlimit(what, (most, most))
