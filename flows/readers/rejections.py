"""Why a file is refused as a whole, or left for the next run."""

from __future__ import annotations

from typing import Final

REJECTIONS: Final[dict[str, tuple[str, str]]] = {
    "file_empty": ("The file is empty.", "Ask the sender for the file again."),
    "file_not_regular": ("The path is a link, a device or a pipe.", "Put an ordinary file into landing/."),
    "file_truncated": (
        "The compressed data end early or fail their checksum.",
        "Ask the sender for the file again.",
    ),
    "file_trailing_bytes": (
        "More bytes follow after the end of the compressed data.",
        "Compress the file again, and put it into landing/.",
    ),
    "file_expands_too_much": (
        "The unpacked file is larger than the settings maximum_expansion and maximum_file_megabytes allow.",
        "Split the file into parts. If you trust the file, raise the limit instead.",
    ),
    "file_utf16": ("The file is X12, saved as UTF-16 text.", "Save it as ASCII or UTF-8."),
    "file_encoding": (
        "Some bytes are not valid in the encoding that the file begins with.",
        "Export the file again as UTF-8.",
    ),
    "file_nul_bytes": ("The text contains NUL bytes.", "Export the file again."),
    "file_archive": (
        "The file is a ZIP archive, or an Office file other than a workbook (.xlsx).",
        "Unpack it. Put the workbook, CSV, Parquet, NDJSON or X12 file itself into landing/.",
    ),
    "file_html": ("The file is a web page, perhaps the error page of a portal.", "Download the file again."),
    "file_unknown_kind": (
        "The pipeline does not read files of this kind.",
        "See docs/inbound.md for the kinds of files that it reads.",
    ),
    "file_carriage_returns": (
        "Lines end in a carriage return (CR) without a line feed (LF).",
        "Export the file with LF or CRLF line ends.",
    ),
    "file_quotes_unbalanced": ("A quotation mark is opened and never closed.", "Export the file again."),
    "file_wrong_delimiter": (
        "The fields are not separated by a comma, semicolon, tab or pipe.",
        "Export the file with commas between the fields.",
    ),
    "file_header_missing": (
        "No layout fits the columns of this file: none of its first rows is a header that the "
        "pipeline knows.",
        "`cpt01939 layout new FILE` drafts a layout for it (docs/layouts.md). If the file has no "
        "header row, export it with one, or write a layout that names its columns (`header`, or "
        "`fixed` for fixed width).",
    ),
    "file_duplicate_column": (
        "Two columns of the header have the same name.",
        "Give each column a name of its own.",
    ),
    "file_column_missing": (
        "The header lacks required columns. Their names follow the code.",
        "Export these columns too. If the file has them under other names, add a layout (`cpt01939 "
        "layout new FILE`).",
    ),
    "file_header_twice": (
        "The header row appears a second time among the rows: several exports were joined.",
        "Put each export into landing/ as a file of its own.",
    ),
    "file_unreadable": (
        "The pipeline could not read the file to its end.",
        "Ask the sender for the file again.",
    ),
    "file_document_large": (
        "A JSON document is larger than 32 MB. The pipeline holds one document in memory as a whole.",
        "Split it into smaller documents, one per line.",
    ),
    "file_bad_rows": (
        "The share of bad rows is larger than the setting file_ceiling allows.",
        "Correct the export. `cpt01939 quarantine FILE` lists the rows, rules and columns.",
    ),
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
