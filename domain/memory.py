"""What a process has loaded when it is ready stays: the garbage collector need not go through it again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled() -> Iterator[None]:
    """While a process serves or works: leave everything there was before out of collections.

    Some 150,000 objects of modules, mappings and templates. Each full collection stopped whoever was in the middle of
    a request for a tenth of a second, most often a step of a case of a thousand items, which makes many objects. At
    the end they are given back: libraries in C complain of what is left when a process ends.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
