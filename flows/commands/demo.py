"""`cpt01939 demo`."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.console import Common, say
from flows.commands.run_once import Plain, finish, nightly_outcome
from flows.errors import DONE, DOUBTS, ProductError

if TYPE_CHECKING:
    from flows.settings import Settings
    from flows.store.objects import ObjectPath
    from flows.store.place import Place

KEY_FILE = "demo.key"
DELIVERED = "landing.delivered"
"""In an object store: written when all files of the demo are there."""
AFTERWARDS = """
The demo contains bad rows and bad files on purpose. The lines above count them.
`f:` and 12 characters is the short name of a file, because file names may contain names of people.
tables: {tables} (start with data_dictionary.md){page}
Try next:{key}
  {program} status --data {data}
  {program} describe payment
  {program} explain near_scope_code"""


def demo(
    *,
    cases: Annotated[int, Parameter(help="How many synthetic cases to make.")] = 3100,
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
    _deliver(folder, cases)
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


def _deliver(folder: Place, cases: int) -> None:
    """Put made-up files into the landing folder, once: all of them or none."""
    from flows.commands.demo_files import write_landing
    from flows.store.objects import ObjectPath, put_all

    landing = folder / "landing"
    told = f"making {cases:,} synthetic cases in {landing}"
    if isinstance(folder, ObjectPath):
        delivered = folder / DELIVERED
        if delivered.is_file():
            return
        say(told)
        with tempfile.TemporaryDirectory(prefix="cpt01939-demo-") as scratch:
            write_landing(Path(scratch), cases=cases)
            made = (path for path in Path(scratch).rglob("*") if path.is_file())
            put_all({folder / "landing" / path.relative_to(scratch).as_posix(): path for path in made})
        delivered.put(b"")
    elif not landing.is_dir():
        say(told)
        draft = folder / "landing.new"
        draft.mkdir(mode=0o700, exist_ok=True)
        write_landing(draft, cases=cases)
        draft.rename(folder / "landing")


def _afterwards(settings: Settings, audience: str) -> str:
    """Where everything is, and what to try next."""
    benchmarks = settings.data / "benchmarks"
    tables = " and ".join(str(benchmarks / each) for each in settings.audiences)
    page = f"\npage to open: {benchmarks / audience / 'report/index.html'}" if settings.publication else ""
    key_file = settings.data / KEY_FILE
    key = f'\n  export CPT01939_HMAC_KEY="$(cat {key_file})"' if isinstance(key_file, Path) else ""
    program = "cpt01939" if shutil.which("cpt01939") else sys.argv[0]
    return AFTERWARDS.format(tables=tables, page=page, data=settings.data, key=key, program=program)


def demo_key(folder: Place) -> str:
    """The demo's own key, made once, mode 0600.

    E_DEMO_FOLDER when the folder holds what the demo did not make.
    """
    from flows.store.objects import ObjectPath

    if isinstance(folder, ObjectPath):
        return _key_in_store(folder)
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


def _key_in_store(folder: ObjectPath) -> str:
    path = folder / KEY_FILE
    if not path.is_file():
        if any((folder / name).is_dir() for name in ("store", "landing")):
            raise ProductError("E_DEMO_FOLDER")
        path.put_if(secrets.token_hex(32).encode(), None)
    return path.read_bytes().decode("ascii")
