"""Why a price or a statistic of a published row is null: the values of column `withheld`, explained."""

from __future__ import annotations

from typing import Final

WITHHELD_REASONS: Final[dict[str, tuple[str, str]]] = {
    "few_lines": (
        "Column withheld: fewer lines stand behind a price or statistic of the row than the audience's "
        "minimum (11; 30 for a 10th or 90th percentile), or its mean would tell how many they are.",
        "Take a longer period, a roll-up or a coarser table; `internal` has every cell. The settings "
        "minimum_priced_lines and minimum_tail_lines can only be raised.",
    ),
    "few_providers": (
        "Column withheld: too few billing providers stand behind a price of the row (3 are needed, 5 for "
        "`shared`), so that it could be one practice's contract.",
        "Take a roll-up over payers or a longer period. config/provider_groups.csv joins numbers of one "
        "owner; the setting minimum_providers can only be raised.",
    ),
    "dominant_provider": (
        "Column withheld: one billing provider has more than half of the priced lines of the row (a quarter "
        "of lines or dollars for `shared`), or two have more than nine tenths.",
        "Take a roll-up over payers or a longer period. The setting dominance can only be lowered.",
    ),
}
"""Reason -> what it means, what to do (contract of the published tables, prices of an audience)."""
