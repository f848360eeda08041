"""Named places where a test can end the process: CPT01939_FAILPOINT=<stage>:kill, or <stage>@<item>:kill."""

from __future__ import annotations

import os
import signal
from typing import Final

from flows.errors import ProductError

STAGES: Final = (
    "lock",
    "recover",
    "discover",
    "intake",
    "admission",
    "merged",
    "compaction",
    "plan",
    "affected",
    "resolve",
    "payer-months",
    "partitions",
    "settle",
    "tables",
    "protect",
    "stage",
    "commit",
    "publish_folder",
    "publish_manifest",
    "publish_stable",
    "publish_audience",
    "publish",
    "summary",
)
"""Stages in order; a failpoint acts just after its stage, those of publishing when they are first reached:
merged after the first batches that become one, publish_stable after the first stable file, publish_audience
after the first audience.
"""


def failpoint(stage: str, item: str = "") -> None:
    """End the process here, as a power cut would, when the environment asks for it.

    `item`: what the stage has done its work for, where it does it for several.
    """
    wanted = os.environ.get("CPT01939_FAILPOINT")
    if not wanted:
        return
    place, _, action = wanted.partition(":")
    name, _, of_item = place.partition("@")
    if name not in STAGES or action != "kill":
        raise ProductError("E_SETTING", "CPT01939_FAILPOINT is not <stage>:kill")
    if name == stage and of_item in ("", item):
        os.kill(os.getpid(), signal.SIGKILL)
