"""`cpt01939 demo`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.console import Common, say
from flows.commands.run import Plain, finish, nightly_outcome
from flows.errors import DONE, DOUBTS, ProductError

if TYPE_CHECKING:
    from flows.settings import Settings

KEY_FILE = "demo.key"
AFTERWARDS = """
The landing folder holds bad rows and bad files on purpose: what was rejected and quarantined is above.
tables: {tables} (start with data_dictionary.md){page}
Try next:
  cpt01939 status --data {data}
  cpt01939 describe payment
  cpt01939 explain near_scope_code"""


def demo(
    *,
    cases: Annotated[int, Parameter(help="Cases to make up.")] = 3100,
    plain: Plain = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Make synthetic claims and remittances in DIR/demo/landing and run the nightly flow on them.

    Example: cpt01939 demo
    """
    common.choose_data()
    from flows.settings import load_settings

    folder = (load_settings().data / "demo").absolute()
    os.environ["CPT01939_HMAC_KEY"] = demo_key(folder)
    os.environ["CPT01939_DATA"] = str(folder)
    landing = folder / "landing"
    if not landing.is_dir():
        from flows.commands.demo_files import write_landing

        say(f"making up {cases:,} cases in {landing}")
        draft = folder / "landing.new"
        draft.mkdir(mode=0o700, exist_ok=True)
        write_landing(draft, cases=cases)
        draft.rename(landing)
    from flows.commands.demo_table import benchmark_rows, show_benchmark

    outcome = nightly_outcome(plain)
    # the landing folder holds bad rows and files on purpose: that they were found is the demo's success
    if outcome["exit_code"] == DOUBTS:
        outcome["exit_code"] = DONE
    settings = load_settings()
    audience = "standard" if "standard" in settings.audiences else settings.audiences[0]
    rows = benchmark_rows(folder / "benchmarks" / audience, settings.main_code)
    outcome["benchmark"] = rows
    done = finish(outcome, common)
    if not common.json:
        show_benchmark(rows, settings.main_code, audience)
    say(_afterwards(settings, audience))
    return done


def _afterwards(settings: Settings, audience: str) -> str:
    """Where everything is, and what to try next."""
    benchmarks = settings.data / "benchmarks"
    tables = " and ".join(str(benchmarks / each) for each in settings.audiences)
    page = f"\npage to open: {benchmarks / audience / 'report/index.html'}" if settings.publication else ""
    return AFTERWARDS.format(tables=tables, page=page, data=settings.data)


def demo_key(folder: Path) -> str:
    """The demo's own key, made once, mode 0600.

    E_DEMO_FOLDER when the folder holds what the demo did not make.
    """
    path = folder / KEY_FILE
    if path.is_symlink() or (
        not path.is_file() and any((folder / name).exists() for name in ("store", "landing"))
    ):
        raise ProductError("E_DEMO_FOLDER")
    if not path.is_file():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{KEY_FILE}.new"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32), encoding="ascii")
        draft.replace(path)
    return path.read_text(encoding="ascii").strip()
