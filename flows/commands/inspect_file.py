"""`cpt01939 inspect`."""

from __future__ import annotations

from pathlib import Path

from flows.commands.console import Common, show, show_json
from flows.errors import DONE, FAILED, ProductError


def inspect_file(file: Path, /, *, common: Common = Common()) -> int:  # noqa: B008
    """What a raw X12 file holds: envelopes, sets, counts and findings, without a value of a claim.

    Example: cpt01939 inspect /srv/anesthesia/landing/claims.x12
    """
    if not file.is_file():
        raise ProductError("E_INSPECT", "no such file")
    from flows.readers.inspect_x12 import inspect_x12

    report = inspect_x12(file)
    if common.json:
        show_json(report.as_dict())
    else:
        show(report.text())
    return FAILED if report.refused else DONE
