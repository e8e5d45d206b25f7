"""sheetsync init where there is no list yet: a starter workbook, and its settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sheetsync.cli.init_place import Asked, check_same_list, next_command, to_json, with_yes, write_settings
from sheetsync.cli.options import takes_colour, terminal_width


def begin(asked: Asked) -> None:
    """Asks, and makes the workbook and its settings. Raises Refused or SettingsError where either has no place."""
    from sheetsync.cli.ask import letter
    from sheetsync.config import FILE_NAME, load_settings
    from sheetsync.deliver import to_new_file
    from sheetsync.errors import Refused, SettingsError
    from sheetsync.outputs.text import Ink, wrap
    from sheetsync.settings_file import Wanted, edited_settings, examples, new_settings
    from sheetsync.starter import CUSTOMERS, starter

    place = asked.place
    path = place.path
    assert path is not None
    if not path.absolute().parent.is_dir():
        raise Refused(f"The folder {path.parent} does not exist.", "Make it first, or name another.")
    check_same_list(asked)
    if asked.sheet is not None:
        raise SettingsError(f'{path} does not exist, so it has no worksheet "{asked.sheet}".', "Check the name, or leave --sheet out.")
    if asked.asks:
        near = _near(path)
        said = f"{path} does not exist yet{f' (there is {near})' if near else ''}. sheetsync can make a starter workbook there."
        asked.tell(*wrap(said, terminal_width()), "")
    named = asked.which_playbook()
    wanted = Wanted(place.source, CUSTOMERS, named, {}, examples=examples(year=(asked.day or date.today()).year, is_link=False))
    text = new_settings(wanted) if place.before is None else edited_settings(place.before, wanted, str(place.settings))
    settings = load_settings(place.settings, text=text)
    if settings.playbook.rules_told_in:
        raise SettingsError(f"{place.settings} has [rules], and the starter workbook a worksheet Rules; which apply could not be told.",
                            "Make the starter in another folder, or delete [rules] there.")
    day = asked.day or settings.today()
    data = starter(settings.playbook, day)
    if asked.asks and letter(f"Make {path} for {settings.playbook.title}, and {FILE_NAME} beside it? [Y]es, [n]o:", "yn") == "n":
        asked.tell("Nothing was written.")
        return
    if asked.writes:
        to_new_file(data, path)
        try:
            write_settings(place, text)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    if asked.quiet:
        to_json({"source": str(path), "sheet": CUSTOMERS, "playbook": settings.playbook.name, "workbook": str(path),
                  "settings": str(place.settings), "text": text, "written": asked.writes})
        return
    ink, width = Ink(takes_colour()), terminal_width()
    if not asked.writes:
        asked.tell(*wrap(f"{path} does not exist; a starter workbook for {settings.playbook.title} would be made there, and "
                         f"{place.settings} beside it. Nothing was written.", width), *with_yes(asked))
        return
    asked.tell(ink.bold(f"Made: {path}, a starter workbook for {settings.playbook.title}, and {place.settings}."), *wrap(
        "It has a list to type into (three examples show what the colours mean; delete them when you like), the rules in a worksheet "
        "of their own, and a page on how it works.", width), "", f"Next: {next_command(place)}")


def _near(path: Path) -> str | None:
    from sheetsync.core.nearest import nearest

    return nearest(path.name, [other.name for other in path.absolute().parent.glob("*.xls[xm]")], cutoff=0.7)
