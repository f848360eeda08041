"""Every case worked by hand."""

from __future__ import annotations

from hand_amounts import LOCALITY, STATES, UNITS
from hand_answers import ANSWERS, CLAIM_LEVEL, ROLES
from hand_base import JANUARY, Case
from hand_breakdowns import DIAGNOSES, OVERTURNED, OWN_RULES, PROCEDURES, TREND
from hand_histories import HISTORIES
from hand_lives import INFERRED, NAMES, VERSIONS
from hand_money import COLLECTIONS, THEMES
from hand_repeats import REPEATED

CASES = [
    *LOCALITY,
    *VERSIONS,
    *NAMES,
    *INFERRED,
    *ANSWERS,
    *CLAIM_LEVEL,
    *ROLES,
    *STATES,
    *UNITS,
    *COLLECTIONS,
    *THEMES,
    *PROCEDURES,
    *DIAGNOSES,
    *OVERTURNED,
    *TREND,
    *OWN_RULES,
    *HISTORIES,
    *REPEATED,
]

__all__ = ["CASES", "JANUARY", "Case"]
