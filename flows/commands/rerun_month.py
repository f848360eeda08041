"""`cpt01939 rerun`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.console import Common
from flows.commands.run_once import Plain, finish


def rerun_command(
    *,
    payer: Annotated[str, Parameter(help="aetna, bcbs, cigna, uhc, medicare or other.")],
    month: Annotated[str, Parameter(help="Month of service, YYYY-MM.")],
    from_landing: Annotated[
        bool, Parameter(help="First read the source files in landing/ again.", negative=())
    ] = False,
    plain: Plain = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Rebuild one payer and service month from what was taken in, under today's rules; publish.

    Example: cpt01939 rerun --payer aetna --month 2025-03
    """
    from flows.parameters import checked
    from flows.settings import load_settings
    from flows.store.known import known_partition

    partition = checked(payer, month)
    common.choose_data()
    settings = load_settings()
    settings.key  # noqa: B018  (without a key nothing is started)
    known_partition(settings.data, (partition[0].value, month))
    if plain:
        from flows.dag import rerun_run
        from flows.run import InProcess, open_run
        from flows.telling import on_stderr

        with open_run(settings, "rerun", on_stderr()) as this_run:
            summary = rerun_run(this_run, InProcess(), (partition[0].value, month), from_landing)
        outcome = summary.outcome()
    else:
        from flows.commands.with_prefect import run_flow

        outcome = run_flow("rerun", payer=partition[0], month=month, from_landing=from_landing)
    return finish(outcome, common)
