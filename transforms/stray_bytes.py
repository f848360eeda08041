"""Bytes that are no UTF-8 in text that is: characters of Windows (cp1252), Latin-1 where it has none."""

from __future__ import annotations

import codecs
from typing import Final

WINDOWS: Final = "stray_windows_bytes"
"""Name of the error handler that decodes them."""


def _windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    stray = error.object[error.start : error.end]
    try:
        return stray.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return stray.decode("latin-1"), error.end


codecs.register_error(WINDOWS, _windows)


def stray_bytes(data: bytes) -> int:
    """How many bytes of a text are no UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return len(data) - len(data.decode("utf-8", "ignore").encode("utf-8"))
    return 0
