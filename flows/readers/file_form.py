"""What the content of a file is, by its first bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, Literal

from flows.readers.rejections import Rejected
from transforms.x12.delimiters import starts_interchange

Form = Literal["csv", "parquet", "ndjson", "x12", "workbook"]
ZIP: Final = b"PK\x03\x04"
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_WORKBOOK: Final = "xl/workbook.xml"


def form_of(head: bytes) -> Form:
    """What the first bytes (text: as UTF-8) say the content is; Rejected for what is none of ours.

    A ZIP file is taken for a workbook until its directory is looked at.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(ZIP):
        return "workbook"
    if head.startswith(OLD_OFFICE):
        raise Rejected("file_archive")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<":
        raise Rejected("file_html")
    if text[:1] == b"{" or (text[:1] == b"[" and text[1:].lstrip()[:1] == b"{"):
        return "ndjson"
    if starts_interchange(head) or text[:3] in (b"ST*", b"GS*"):
        return "x12"
    if b"\0" not in head and text:
        return "csv"
    first = text.split(b"\n", 1)[0]
    is_text = b"," in first and not any(byte < 32 for byte in first.rstrip(b"\r"))
    raise Rejected("file_nul_bytes" if is_text else "file_unknown_kind")


def check_workbook(path: Path, largest_bytes: int, largest_ratio: int) -> None:
    """Rejected where a ZIP file is no workbook, or expands beyond the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Rejected("file_truncated") from None
    if _WORKBOOK not in {entry.filename for entry in entries}:
        raise Rejected("file_archive")
    packed = max(path.stat().st_size, 1)
    if sum(entry.file_size for entry in entries) > min(largest_bytes, max(packed * largest_ratio, 64 << 20)):
        raise Rejected("file_expands_too_much")
