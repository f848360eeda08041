"""Memory that is free in this process goes back to the machine."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache


def give_back() -> None:
    """Give memory that is free back to the machine.

    The C library keeps what numpy and Python have freed: a step that needed much would weigh on all that
    follow. Where the library has no such function, nothing happens.
    """
    _trim()(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], object]:
    if sys.platform == "linux":
        found = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return lambda _: None
