"""Why a price or a statistic of a published row is null: the values of column `withheld`, explained."""

from __future__ import annotations

from typing import Final

WITHHELD_REASONS: Final[dict[str, tuple[str, str]]] = {
    "few_lines": (
        "Value of the column withheld: a price or statistic of the row is not shown. It rests on "
        "fewer lines than the audience's minimum (11; 30 for a 10th or 90th percentile), or its mean "
        "would reveal the number of lines.",
        "Use a longer period, a total over payers, or a table with fewer breakdowns. The audience "
        "`internal` sees every number. The settings minimum_priced_lines and minimum_tail_lines can "
        "only be raised.",
    ),
    "few_providers": (
        "Value of the column withheld: a price of the row is not shown. It rests on too few billing "
        "providers (3 are needed, 5 for `shared`), so it could be the contract of one practice.",
        "Use a total over payers, or a longer period. In config/provider_groups.csv you can say "
        "which providers have one owner. The setting minimum_providers can only be raised.",
    ),
    "dominant_provider": (
        "Value of the column withheld: a price of the row is not shown. One billing provider has "
        "more than half of its priced lines (for `shared`: more than a quarter of the lines or "
        "dollars), or two have more than 90 %.",
        "Use a total over payers, or a longer period. The setting dominance can only be lowered.",
    ),
}
"""Reason -> what it means, what to do (contract of the published tables, prices of an audience)."""
