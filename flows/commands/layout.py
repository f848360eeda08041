"""`cpt01939 layout new` and `cpt01939 layout check`."""

from __future__ import annotations

from pathlib import Path

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, FAILED, ProductError


def new(file: Path, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Draft a layout for an export: our column for each of theirs; `# unsure` marks what needs a look.

    Example: cpt01939 layout new /srv/anesthesia/export.csv > config/layouts/mine.toml
    """
    if not file.is_file():
        raise ProductError("E_INSPECT", "no such file")
    common.choose_data()
    from flows.readers.rejections import REJECTIONS, Growing, Rejected
    from flows.settings import load_settings
    from flows.steps.drafting import drafted

    try:
        found = drafted(file, load_settings())
    except Growing:
        raise ProductError("E_INSPECT", "the file changed while it was read") from None
    except Rejected as rejected:
        happened, remedy = REJECTIONS[rejected.code]
        say(f"{rejected.code}: {happened} {remedy}")
        return FAILED
    if common.json:
        show_json({"kind": found.kind, "missing": found.missing, "toml": found.toml()})
    else:
        show(found.toml())
    return DONE


def check(file: Path, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Read an export as a run would and keep nothing; also every mistake in layout files. No values.

    Example: cpt01939 layout check /srv/anesthesia/export.csv
    """
    if not file.is_file():
        raise ProductError("E_INSPECT", "no such file")
    common.choose_data()
    from flows.commands.inspect_file import lines_of
    from flows.readers.extract import broken_layouts
    from flows.settings import load_settings
    from flows.steps.inspection import Growing, inspect

    try:
        found = inspect(file, load_settings())
    except Growing:
        raise ProductError("E_INSPECT", "the file changed while it was read") from None
    mistakes = [layout.why for layout in broken_layouts()]
    if common.json:
        show_json({**found.as_dict(), "layouts_with_mistakes": mistakes})
    else:
        show("\n".join([*(f"E_LAYOUT: {why}" for why in mistakes), *lines_of(found)]))
    return FAILED if found.rejected or mistakes else DONE
