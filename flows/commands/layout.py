"""`cpt01939 layout new` and `cpt01939 layout check`."""

from __future__ import annotations

from flows.commands.console import Common, inbound_file, say, show, show_json
from flows.errors import DONE, FAILED, ProductError


def new(file: str, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Draft a layout for an export: our column for each of theirs; `# unsure` marks what needs a look.

    Example: cpt01939 layout new /srv/anesthesia/export.csv > config/layouts/mine.toml
    """
    common.choose_data()
    from flows.readers.rejections import REJECTIONS, Growing, Rejected
    from flows.settings import load_settings
    from flows.steps.drafting import drafted

    try:
        with inbound_file(file) as path:
            found = drafted(path, load_settings())
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


def check(file: str, /, *, common: Common = Common()) -> int:  # noqa: B008
    """Read an export as a run would and keep nothing; also every mistake in layout files. No values.

    Example: cpt01939 layout check /srv/anesthesia/export.csv
    """
    common.choose_data()
    from flows.commands.inspect_file import inspection_lines
    from flows.readers.extract import broken_layouts
    from flows.settings import load_settings
    from flows.steps.inspection import Growing, inspect

    try:
        with inbound_file(file) as path:
            found = inspect(path, load_settings())
    except Growing:
        raise ProductError("E_INSPECT", "the file changed while it was read") from None
    mistakes = [layout.why for layout in broken_layouts()]
    if common.json:
        show_json({**found.as_dict(), "layouts_with_mistakes": mistakes})
    else:
        show("\n".join([*(f"E_LAYOUT: {why}" for why in mistakes), *inspection_lines(found)]))
    return FAILED if found.rejected or mistakes else DONE
