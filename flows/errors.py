"""What can go wrong, as a catalogue: every error has a code, a sentence, a cure and an exit code.

None carries a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
DOUBTS: Final = 3
CONFIGURATION: Final = 6
BUSY: Final = 75


@dataclass(frozen=True)
class Entry:
    """One code of the catalogue: what it means, what to do, the exit code of the command it ends."""

    meaning: str
    cure: str
    exit_code: int = FAILED


CATALOGUE: Final[dict[str, Entry]] = {
    "E_KEY_MISSING": Entry(
        "No key for the keyed hashes of identifiers: nothing was read.",
        "Make one and keep it where a password is kept: "
        "export CPT01939_HMAC_KEY=\"$(python3 -c 'import secrets; print(secrets.token_hex(32))')\"",
        CONFIGURATION,
    ),
    "E_KEY_SHORT": Entry(
        "The key has fewer than 32 bytes: nothing was read.",
        "Use 32 bytes or more, for example 64 hex digits from secrets.token_hex(32).",
        CONFIGURATION,
    ),
    "E_KEY_OTHER": Entry(
        "The store was made with another key; with this one old and new rows would never meet. "
        "Nothing was changed.",
        "Set CPT01939_HMAC_KEY to the store's key, or choose another --data folder.",
        CONFIGURATION,
    ),
    "E_SETTING": Entry(
        "A setting is unknown, has the wrong type or is out of range.",
        "Correct it in config/settings.toml or in the environment (CPT01939_<NAME>); the file "
        "documents each one.",
        CONFIGURATION,
    ),
    "E_REFERENCE": Entry(
        "The reference data could not be read or contradict themselves.",
        "Restore config/ and data/reference/ as released, or correct the file named.",
        CONFIGURATION,
    ),
    "E_CONTRACTS": Entry(
        "A table of your own, config/contracts.csv or config/provider_groups.csv, cannot be used. "
        "Nothing was published.",
        "Correct the lines and columns named; the .example.csv beside each shows the form.",
        CONFIGURATION,
    ),
    "E_LAYOUT": Entry(
        "A layout file in config/layouts/ cannot be used; its files were not read, others were.",
        "Correct the lines named (`cpt01939 layout check FILE`); the next run reads the files.",
        CONFIGURATION,
    ),
    "E_DATA_FOLDER": Entry(
        "The data folder cannot be used: it is missing, not writable, a link, or spans file systems.",
        "Give --data a folder that you may write and whose store/, benchmarks/ and quarantine/ "
        "are plain folders "
        "of one file system.",
        CONFIGURATION,
    ),
    "E_DEMO_FOLDER": Entry(
        "The folder of the demo holds a store that the demo did not make. Nothing was changed.",
        "Give the demo another --data folder.",
        CONFIGURATION,
    ),
    "E_PARAMETER": Entry(
        "A payer or month is not one that exists.",
        "Payers: aetna, bcbs, cigna, uhc, medicare, other. Months: YYYY-MM, for example 2025-03.",
        USAGE,
    ),
    "E_UNKNOWN_CODE": Entry(
        "No error or quarantine code of that name.", "`cpt01939 explain` alone lists them all.", USAGE
    ),
    "E_UNKNOWN_TABLE": Entry(
        "No published table of that name.", "`cpt01939 describe` alone lists them all.", USAGE
    ),
    "E_NAMES": Entry(
        "File names are shown on a terminal only: they may hold names of people.",
        "Call `cpt01939 status --names` at a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_FILE_UNKNOWN": Entry(
        "Under that name nothing was taken in that counts (`quarantine`: no run has seen it; --undo: nothing "
        "was retracted).",
        "`cpt01939 status` lists files by their shown name (f:...); give that, or the path in landing/.",
        USAGE,
    ),
    "E_FILE_GONE": Entry(
        "The file that is to be read again lies in landing/ no longer, or is another one now. Nothing "
        "was changed.",
        "Put it back into landing/ under its old name, then call the command again.",
    ),
    "E_VALUES": Entry(
        "Values of bad rows are shown on a terminal only: they may be those of a person.",
        "Call `cpt01939 quarantine FILE --values` at a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_INTERNAL_ONLY": Entry(
        "The lines behind the tables are for the audience internal, which this site does not publish for.",
        "Where you may see the claims, add internal to the setting `audiences`.",
        USAGE,
    ),
    "E_NOTHING_TAKEN_IN": Entry(
        "Nothing has been taken in for this payer and month.",
        "`cpt01939 status` lists what there is; `cpt01939 run` takes in what waits in landing/.",
    ),
    "E_BUSY": Entry(
        "Another run holds the lock of this data folder. Nothing was changed.",
        "Wait for it (`cpt01939 status` shows it), or set CPT01939_LOCK_WAIT_SECONDS.",
        BUSY,
    ),
    "E_SNAPSHOT": Entry(
        "The store is damaged: its snapshot or its ledger, or a file that they name, is not as it was "
        "written, or gone. Nothing was committed.",
        "Restore store/ and quarantine/ from a backup; or move both away and take landing/ in "
        "anew with `cpt01939 run` (what lies no longer in landing/ is then missing).",
    ),
    "E_STORE_FORMAT": Entry(
        "The data folder was written by another version of the program. Nothing was changed.",
        "Use the version that wrote it; or move store/, quarantine/ and benchmarks/ away, and take landing/ "
        "in anew with `cpt01939 run`.",
    ),
    "E_CONSERVATION": Entry(
        "Rows do not add up: read is not out of scope + accepted + quarantined, or accepted is "
        "not the sum of its "
        "standings, or the money of one adjudication counts for two lines. Nothing was committed.",
        "This is a defect of the program, not of the data: report it with the counts shown "
        "(they hold no values).",
    ),
    "E_DISK": Entry(
        "The disk is read-only or failing, or refuses a file or folder. Nothing new was published.",
        "Mend or mount the disk anew (the detail names the kind of error), then run again: it continues "
        "safely.",
    ),
    "E_DISK_FULL": Entry(
        "The disk, or this user's share of it, is full. Nothing new was published.",
        "Free space or lower keep_releases, then run again: it continues safely. docs/operations.md says "
        "what to expect.",
    ),
    "E_PERMISSION": Entry(
        "The system does not permit a file or folder to this user. Nothing new was published.",
        "The user of the run must be able to read landing/ and to own store/, quarantine/, benchmarks/ and "
        "logs/; then run again: it continues safely.",
    ),
    "E_OPEN_FILES": Entry(
        "More files were needed open at a time than this process may have. Nothing new was published.",
        "Raise the limit (ulimit -n 4096), then run again: it continues safely.",
    ),
    "E_MEMORY": Entry(
        "Memory ran out. Nothing new was published.",
        "Lower CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS, or give the machine more memory; "
        "then run again.",
    ),
    "E_PUBLISH_PENDING": Entry(
        "The release is committed, but a published file could not be replaced (held open by "
        "another program?).",
        "Close what reads benchmarks/ and run again: the next run completes the publishing first.",
    ),
    "E_RELEASE_DAMAGED": Entry(
        "Published files are missing or differ from their manifest, or those in the store do.",
        "Run `cpt01939 run`: it restores them from the store. Then find out who changed them.",
    ),
    "E_NO_RELEASE": Entry("Nothing has been published yet.", "`cpt01939 run` publishes the first release."),
    "E_PREFECT": Entry(
        "Prefect's server could not be started or reached.",
        "Run with --plain: the same steps without Prefect; what was published stands (`cpt01939 status`). "
        "Or check PREFECT_API_URL, and prefect.db in Prefect's folder (PREFECT_HOME, else ~/.prefect): moved "
        "away, it is made anew.",
    ),
    "E_INSPECT": Entry(
        "The file cannot be looked at.", "Give the path of a file that no other program is writing."
    ),
    "E_STEP": Entry(
        "A step failed for a reason the program does not know. Nothing was committed by it.",
        "Run again: it is safe. If it fails again, report the step and the place shown (they "
        "hold no values).",
    ),
    "W_LINKED": Entry(
        "Hardly any answer of this run met a claim line: the lines behind them stay pending. The run "
        "published as always.",
        "Look whether claims and remittances bear the same claim numbers (a spreadsheet may have damaged "
        "one side), and whether the claims have been taken in at all; the setting linked_floor is the share.",
        DOUBTS,
    ),
    "W_CLOCK": Entry(
        "This machine's clock lies behind the last release, or behind a date taken in. The tables hold no "
        "clock: they are right as ever.",
        "Set the clock (timedatectl); or correct the date in the file, or the setting as_of. Schedules and "
        "the time of publishing go by the clock.",
        DONE,
    ),
    "W_ANCHOR": Entry(
        "A main figure of the last twelve months lies where public figures would not put it: dollars per "
        "unit, their ratio to Medicare, minutes or denials. The run published as always.",
        "Look at the units of the files (minutes under UN?), at payers and lines of business, and at what "
        "was not linked; or your claims are special. The anchors and their sources are in "
        "data/reference/plausibility_anchors.csv.",
        DONE,
    ),
    "E_INTERRUPTED": Entry(
        "A run was interrupted. What it had not committed does not count.",
        "Run again: it is safe, and completes what had been committed. If memory ran out, lower "
        "CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS first.",
    ),
}


class ProductError(Exception):
    """An error a person can act on: a code of the catalogue and a detail without values (where, how many)."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(code, detail)

    @property
    def entry(self) -> Entry:
        """The catalogue's words on the code."""
        return CATALOGUE[self.code]

    @property
    def exit_code(self) -> int:
        """Exit code of a command that ends with this error."""
        return self.entry.exit_code

    def __str__(self) -> str:
        where = f" ({self.detail})" if self.detail else ""
        return f"{self.code}: {self.entry.meaning}{where} {self.entry.cure}"

    def as_dict(self) -> dict[str, str]:
        """Plain values, for --json and the log."""
        return {
            "code": self.code,
            "meaning": self.entry.meaning,
            "detail": self.detail,
            "what_to_do": self.entry.cure,
        }
