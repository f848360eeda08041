"""Whether this machine's clock can be right. No clock reaches a table; schedules and manifests need one."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flows.store.place import Place
from flows.store.publish import read_manifest, readers_folder
from schemas.rules import AUDIENCES

_TOLERANCE: Final = dt.timedelta(minutes=5)
BEHIND_RELEASE: Final = "the last release was published later than this machine's time"
BEHIND_DATES: Final = "a submission or payment taken in, or the setting as_of, lies after this machine's date"


def is_behind_release(data: Place, now: dt.datetime | None = None) -> bool:
    """Whether a release was published in this machine's future."""
    now = now or dt.datetime.now(dt.UTC)
    manifests = (read_manifest(readers_folder(data, audience)) for audience in AUDIENCES)
    times = (dt.datetime.fromisoformat(manifest["published_at"]) for manifest in manifests if manifest)
    return any(time > now + _TOLERANCE for time in times)


def clock_doubt(data: Place, as_of: str | None, today: dt.date) -> str | None:
    """What speaks against the clock: a release published, or a date taken in, that lies in its future."""
    if is_behind_release(data):
        return BEHIND_RELEASE
    return BEHIND_DATES if (as_of or "") > today.isoformat() else None
