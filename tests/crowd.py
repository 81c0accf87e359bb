"""Several at once, in threads: what one process of a web server does."""

from __future__ import annotations

import threading
from collections.abc import Callable


def at_once(*acts: Callable[[], object]) -> None:
    """Begin every act at the same moment, wait for all, and raise the first failure."""
    together, failures = threading.Barrier(len(acts)), []

    def begin(act: Callable[[], object]) -> None:
        try:
            together.wait()
            act()
        except Exception as problem:  # raised in the test's own thread below
            failures.append(problem)

    threads = [threading.Thread(target=begin, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
