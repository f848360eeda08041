"""What the machine ran out of or refused, told from an error of any library, in the words of the catalogue.

The text of an error is looked at and never shown: it may hold a file's name or a value.
"""

from __future__ import annotations

import errno
import re
import shutil
from typing import Final

from flows.errors import ProductError
from flows.store.objects import store_error
from flows.store.place import Place, private_room

SYSTEM_NUMBER: Final = re.compile(r"\(os error (\d+)\)")
REFUSALS: Final = {
    errno.ENOSPC: "E_DISK_FULL",
    errno.EDQUOT: "E_DISK_FULL",
    errno.EACCES: "E_PERMISSION",
    errno.EPERM: "E_PERMISSION",
}
"""What the system refuses for a reason of its own; everything else is E_DISK."""
OF_AN_OBJECT_STORE: Final = "object-store error"
"""What the text of every error begins with that Polars met in an object store."""
WORDS_OF_MEMORY: Final = ("can't start new thread", "cannot allocate memory", "failed to map segment")
"""Threads and libraries that find no memory say so in an error of another kind."""


def errno_of(error: BaseException) -> int | None:
    """The system's number of an error. Polars tells it in the text only."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    told = SYSTEM_NUMBER.search(str(error))
    return int(told[1]) if told else None


def shortage(error: BaseException) -> str | None:
    """E_MEMORY or E_OPEN_FILES where the machine has no more of it to give; None for every other error.

    Such an error tells nothing of the file that was being read.
    """
    number = errno_of(error)
    if number in (errno.EMFILE, errno.ENFILE):
        return "E_OPEN_FILES"
    text = str(error).lower()
    is_memory = isinstance(error, MemoryError) or number == errno.ENOMEM
    return "E_MEMORY" if is_memory or any(words in text for words in WORDS_OF_MEMORY) else None


def object_store_error(error: BaseException) -> ProductError | None:
    """E_OBJECT_STORE where Polars got no answer of an object store, or a refusal; None for every other error.

    An object that is not there is none: what that means depends on who names it.
    """
    is_told = OF_AN_OBJECT_STORE in str(error) and not isinstance(error, FileNotFoundError)
    return store_error(error) if is_told else None


def machine_error(error: BaseException, where: str, data: Place) -> ProductError | None:
    """E_MEMORY, E_OPEN_FILES; E_DISK_FULL, E_PERMISSION or E_DISK with the kind of error and the free space;
    None: a defect.
    """
    if code := shortage(error):
        return ProductError(code, where)
    if told := object_store_error(error):
        return told
    if not isinstance(error, OSError):
        return None
    number = errno_of(error) or 0
    kind = errno.errorcode.get(number, type(error).__name__)
    try:
        room = f"{shutil.disk_usage(private_room(data)).free / 1e6:,.0f} MB free"
    except OSError:
        room = "free space unknown"
    return ProductError(REFUSALS.get(number, "E_DISK"), f"{where}: {kind}, {room}")
