"""Parameters of a rerun: one of six payers and a month; checked before a path or a run exists."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from flows.errors import ProductError

MONTH_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class Payer(StrEnum):
    """The five named payers and the rest."""

    AETNA = "aetna"
    BCBS = "bcbs"
    CIGNA = "cigna"
    UHC = "uhc"
    MEDICARE = "medicare"
    OTHER = "other"


Month = Annotated[str, Field(pattern=MONTH_PATTERN, description="Month of service, YYYY-MM")]


def checked(payer: str, month: str) -> tuple[Payer, str]:
    """The parameters, E_PARAMETER when one does not exist; the message never repeats what was given."""
    if payer not in set(Payer):
        raise ProductError("E_PARAMETER", "payer")
    if not re.fullmatch(MONTH_PATTERN, month) or not month.isascii():
        raise ProductError("E_PARAMETER", "month")
    return Payer(payer), month
