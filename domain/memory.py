"""What a process has loaded when it is ready stays: the garbage collector need not go through it again and again."""

from __future__ import annotations

import gc


def settle() -> None:
    """Before a process serves or works: leave everything there is out of later collections.

    Some 150,000 objects of modules, mappings and templates. Each full collection stopped whoever was in the middle of
    a request for a tenth of a second, most often a step of a case of a thousand items, which makes many objects.
    """
    gc.collect()
    gc.freeze()
