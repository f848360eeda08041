"""Why a file is refused as a whole, or left for the next run."""

from __future__ import annotations

from typing import Final

REJECTIONS: Final[dict[str, tuple[str, str]]] = {
    "file_empty": ("The file is empty.", "Deliver it again."),
    "file_not_regular": ("It is a link, a device or a pipe.", "Deliver a regular file."),
    "file_truncated": ("Compressed data ends early or fails its checksum.", "Deliver it again."),
    "file_trailing_bytes": ("Bytes follow the compressed data.", "Compress and deliver it again."),
    "file_expands_too_much": (
        "It expands beyond the limit (maximum_expansion, maximum_file_megabytes).",
        "Deliver it in parts, or raise the limit if it can be trusted.",
    ),
    "file_utf16": ("It is X12 as UTF-16 text.", "Deliver it as ASCII or UTF-8."),
    "file_encoding": ("The text breaks the encoding that it begins with.", "Export it again, as UTF-8."),
    "file_nul_bytes": ("Text with NUL bytes.", "Export it again."),
    "file_archive": (
        "It is a ZIP file, or an Office file other than a workbook (.xlsx).",
        "Deliver the workbook, CSV, Parquet, NDJSON or X12 itself.",
    ),
    "file_html": ("It is a web page, perhaps an error page.", "Download it again."),
    "file_unknown_kind": ("It is no kind of file that the pipeline reads.", "See docs/inbound.md."),
    "file_carriage_returns": ("Lines end in CR alone.", "Export it with LF or CRLF."),
    "file_quotes_unbalanced": ("A quote is opened and not closed.", "Export it again."),
    "file_wrong_delimiter": (
        "Its fields are separated by none of comma, semicolon, tab and pipe.",
        "Export it with commas.",
    ),
    "file_header_missing": (
        "No row at its head is a header that fits a layout.",
        "Deliver the header, or add a layout.",
    ),
    "file_duplicate_column": ("A column is in the header twice.", "Name each column once."),
    "file_column_missing": (
        "Required columns are missing from the header.",
        "Deliver them, or add a layout.",
    ),
    "file_header_twice": ("The header comes again among the rows.", "Deliver each file by itself."),
    "file_unreadable": ("It can't be read to its end.", "Deliver it again."),
    "file_document_large": (
        "A JSON document is larger than 32 MB: one document is held in memory as a whole.",
        "Deliver one document a line, in parts.",
    ),
    "file_bad_rows": ("More rows are bad than the ceiling allows (file_ceiling).", "Mend the export."),
}
"""Why a file is rejected as a whole: code -> what happened, what to do."""


class Rejected(Exception):
    """The file can't be trusted as a whole; `code` says why, `where` names a column or position, never a
    value.
    """

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}".strip())
        self.code = code
        self.where = where


class Growing(Exception):
    """The file changed while it was read: it is left for the next run."""
