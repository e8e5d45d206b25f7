"""sheetsync.toml and the environment → Settings; the only reader of both, and what puts the pieces together."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from sheetsync import __version__, resources
from sheetsync.backends import SOURCES
from sheetsync.checks import CHECKS
from sheetsync.core.contracts import Check, Source
from sheetsync.core.nearest import did_you_mean, nearest
from sheetsync.errors import AlreadyRunning, NotReachable, Refused, SettingsError
from sheetsync.journal import Journal
from sheetsync.playbook.build import build_playbook
from sheetsync.playbook.faults import Fault, say_path, validated
from sheetsync.playbook.model import Playbook
from sheetsync.settings_spec import BackupsSpec, NotifySpec, SettingsSpec

if TYPE_CHECKING:
    from sheetsync.backends.google.auth import SignIn

FILE_NAME = "sheetsync.toml"
DEFAULT_PLAYBOOK = "home-business"
_PLAYBOOK_KEYS = ("key", "columns", "rules", "quiet", "care", "messages", "calendar", "limits", "log", "status")


@dataclass(frozen=True, slots=True)
class Notify:
    """Whom an unattended run tells, and when: "something" to do, "always", or only of "failures". `path` is the file that says so."""

    path: Path | None = None
    urls: tuple[str, ...] = field(default=(), repr=False)
    when: str = "something"

    def filled(self, index: int) -> str:
        """The URL of that place with its secrets; never to be shown. Raises SettingsError with the name of what is missing."""
        from sheetsync.secret import MissingSecret, filled

        try:
            return filled(self.urls[index], os.environ, _from_keyring)
        except MissingSecret as missing:
            raise SettingsError(f"{self.path}, notify.urls, number {index + 1}: {missing.sentence}", missing.remedy) from None


def notify_of(path: Path | None) -> Notify:
    """Whom to tell, as far as the settings file can be read: also where something else in it is wrong, since that has to be told."""
    try:
        table = {} if path is None else _read_toml(path).get("notify", {})
    except SettingsError:
        return Notify(path)
    for told in (table, {"urls": table.get("urls", [])} if isinstance(table, dict) else {}):
        try:
            spec = validated(NotifySpec, told)
        except Fault:
            continue
        return Notify(path, tuple(spec.urls), spec.when)
    return Notify(path)


def _from_keyring(service: str, name: str) -> str | None:
    """What the system's keyring keeps. Raises MissingSecret where there is none that can be asked."""
    from sheetsync.secret import MissingSecret

    try:
        keyring = import_module("keyring")
    except ImportError:
        raise MissingSecret("the package keyring is not installed.", "Install it beside sheetsync: pip install keyring") from None
    try:
        found: str | None = keyring.get_password(service, name)
    except Exception as error:  # each system's keyring has failures of its own: locked, no desktop, no service
        raise MissingSecret(f"the keyring can't be asked ({type(error).__name__}).",
                            "At night it may be locked: name an environment variable instead.") from None
    return found


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run is told beside its table. `path` is the sheetsync.toml that was read, if any."""

    path: Path | None
    source: str | None
    sheet: str | None
    timezone: str | None
    playbook: Playbook
    write_protected: bool
    credentials: Path | None = None
    checks: tuple[Check, ...] = tuple(CHECKS.values())
    notify: Notify = Notify()
    page: Path | None = None  # [today] html
    calendar: Path | None = None  # [today] ics
    backups: BackupsSpec = field(default_factory=BackupsSpec)

    @property
    def zone(self) -> ZoneInfo | None:
        """The owner's time zone; None for the computer's."""
        return None if self.timezone is None else ZoneInfo(self.timezone)

    def now(self) -> datetime:
        """The time in the owner's time zone."""
        return datetime.now(self.zone)

    def today(self) -> date:
        """Today in the owner's time zone."""
        return self.now().date()


def state_folder() -> Path:
    """Where journal, backups and logs are kept: SHEETSYNC_STATE_DIR, else the platform's own place."""
    if folder := os.environ.get("SHEETSYNC_STATE_DIR"):
        return Path(folder).expanduser()
    from platformdirs import user_state_path

    return user_state_path("sheetsync", appauthor=False)


def lasting_environment() -> dict[str, str]:
    """What a run started by a scheduler has to be given, where it is set: the variables that name files, as absolute paths."""
    names = ("SHEETSYNC_STATE_DIR", "SHEETSYNC_CONFIG", "GOOGLE_APPLICATION_CREDENTIALS")
    return {name: str(Path(value).expanduser().absolute()) for name in names if (value := os.environ.get(name))}


def journal() -> Journal:
    """The journal in the state folder; made at its first use.

    Raises SettingsError where that is a folder which a service copies to other computers: a copy made during a write, or another
    computer's put in its place, would damage the journal.
    """
    from sheetsync.backends.excel.examine import service_of

    folder = state_folder()
    if (service := service_of(folder)) is not None:
        raise SettingsError(
            f"The state folder {folder} stands in a folder of {service}; copied to other computers while it is written, the journal "
            "would be damaged.", "Name a folder of this computer alone in SHEETSYNC_STATE_DIR.")
    return Journal(folder, __version__)


@contextmanager
def one_at_a_time(identity: str) -> Iterator[None]:
    """Holds the lock of a source while it is open. Raises AlreadyRunning where another run holds it, which a killed one never does."""
    from filelock import FileLock, Timeout

    folder = state_folder() / "locks"
    try:
        for made in (folder.parent, folder):  # only the last folder of a path that is made gets the mode
            made.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder / f"{tag_of(identity)}.lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning("Another unattended run is at work on this workbook.", "It will be done soon; nothing is lost.") from None
    except OSError as error:
        raise NotReachable(f"The state folder {folder} can't be used ({error.strerror or error}).",
                           "Name another one in SHEETSYNC_STATE_DIR.") from None
    try:
        yield
    finally:
        lock.release()


def find_settings(workbook: Path | None, asked: Path | None) -> Path | None:
    """The sheetsync.toml to read: as asked, SHEETSYNC_CONFIG's, beside the workbook, in the current folder or its parents
    up to the home folder. None where there is none. Raises SettingsError where the asked one is missing.
    """
    if asked is None and (named := os.environ.get("SHEETSYNC_CONFIG")):
        asked = Path(named).expanduser()
    if asked is not None:
        if not asked.is_file():
            raise SettingsError(f"The settings file {asked} does not exist.", "Check --config or SHEETSYNC_CONFIG.")
        return asked
    for folder in _folders(workbook):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _folders(workbook: Path | None) -> Iterator[Path]:
    if workbook is not None:
        yield workbook.resolve().parent
    here, home = Path.cwd(), Path.home()
    yield here
    if here.is_relative_to(home):
        for parent in here.parents:
            if not parent.is_relative_to(home):
                break
            yield parent


def load_settings(path: Path | None = None, *, playbook: str | None = None, text: str | None = None) -> Settings:
    """The settings of a file (or none) with their playbook. `playbook` (a name or path) beats the file's.

    `text` is what the file will hold, where it is not written yet. Raises SettingsError with the file, the place and the nearest
    right word.
    """
    raw = {} if path is None else _read_toml(path) if text is None else tomllib.loads(text)
    try:
        spec = validated(SettingsSpec, raw)
    except Fault as fault:
        raise _said(fault, str(path)) from None
    asked = playbook or spec.playbook or DEFAULT_PLAYBOOK
    told_by = f"{path}: " if playbook is None and spec.playbook is not None else ""
    base = path.parent if path is not None and playbook is None else Path.cwd()
    overlay = {name: raw[name] for name in _PLAYBOOK_KEYS if name in raw}
    return Settings(
        path=path, source=_source_of(spec.source, path), sheet=spec.sheet, timezone=spec.timezone,
        playbook=load_playbook(asked, overlay=overlay, overlay_name=str(path), folder=base, told_by=told_by,
                               own_messages=None if path is None else path.parent / "messages"),
        write_protected=spec.excel.write_protected,
        credentials=_beside(path, spec.google.credentials), checks=_checks(spec.checks),
        notify=Notify(path, tuple(spec.notify.urls), spec.notify.when),
        page=_beside(path, spec.today.html), calendar=_beside(path, spec.today.ics),
        backups=spec.backups,
    )


def _beside(settings: Path | None, named: str | None) -> Path | None:
    """A path that the settings name, from their own folder."""
    return None if named is None or settings is None else settings.parent / Path(named).expanduser()


def is_link(text: str) -> bool:
    """Whether a source is a link and not a path; a browser's address bar may leave the https:// out."""
    return "://" in text or text.startswith(("docs.google.com/", "drive.google.com/"))


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the playbook's values come from: its file, the settings' file, and each value that the settings lay over it.

    `laid_over` holds (keys from the top, the value, what the playbook says there or None).
    """

    playbook: Path
    settings: Path | None
    laid_over: tuple[tuple[tuple[str, ...], Any, Any], ...]

    def changed(self, rule: str) -> list[str]:
        """What of a rule of the playbook's the settings change, each once: "due", "lead", …"""
        return list(dict.fromkeys(keys[2] for keys, _, _ in self.laid_over if keys[:2] == ("rules", rule) and len(keys) > 2))


def origins(path: Path | None = None, *, playbook: str | None = None) -> Origins:
    """Where each value of the playbook that `load_settings` gives for the same arguments comes from."""
    raw = {} if path is None else _read_toml(path)
    asked = playbook or raw.get("playbook") or DEFAULT_PLAYBOOK
    found = _find_playbook(asked, path.parent if path is not None and playbook is None else Path.cwd(), "")
    over = _columns_as_tables({name: raw[name] for name in _PLAYBOOK_KEYS if name in raw})
    base = _read_toml(found)
    return Origins(found, path, tuple((keys, value, _at(base, keys)) for keys, value in _leaves(over)))


def _leaves(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and (not keys or keys[-1] != "when"):
        for key, part in value.items():
            yield from _leaves(part, (*keys, key))
    else:
        yield keys, value


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def _source_of(source: str | None, path: Path | None) -> str | None:
    """The source as a path from the settings' own folder; links stay."""
    if source is None or is_link(source) or path is None:
        return source
    return str(path.parent / Path(source).expanduser())


def load_playbook(
    name: str = DEFAULT_PLAYBOOK, *, overlay: Mapping[str, Any] | None = None, overlay_name: str = "",
    folder: Path | None = None, told_by: str = "", own_messages: Path | None = None,
) -> Playbook:
    """A shipped playbook by name, or one by the path of its TOML file, the owner's settings laid over it.

    Raises SettingsError with the file, the place and the nearest right word.
    """
    path = _find_playbook(name, folder or Path.cwd(), told_by)
    raw = _read_toml(path)
    over = _columns_as_tables(overlay or {})
    try:
        _check_names(raw, over)
        messages = _messages(path.parent / "messages", own_messages)
        return replace(build_playbook(_merge(raw, over), messages), rules_told_in=overlay_name if over.get("rules") else "")
    except Fault as fault:
        raise _said(fault, overlay_name if _is_in(over, fault.path) else str(path)) from None


def _messages(*folders: Path | None) -> dict[str, str]:
    """The message templates of the folders by file name; later folders go before earlier ones."""
    out = {}
    for folder in folders:
        for path in sorted(folder.glob("*.md.j2")) if folder is not None else ():
            try:
                out[path.name] = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"The message {path} can't be read ({error}).", "Check the file; it has to be in UTF-8.") from None
    return out


def _check_names(base: Mapping[str, Any], over: Mapping[str, Any]) -> None:
    """Raises Fault for a rule or quiet reason of the settings that is neither a change of one there is nor a whole new one."""
    there = base.get("columns", {})
    named = str([{key: part.get(key) for key in ("rules", "quiet")} for part in (base, over)])
    for name, value in over.get("columns", {}).items():
        if name in there or name in named or not isinstance(value, dict) or set(value) != {"header"}:
            continue
        if (near := nearest(name, there, cutoff=0.75)) is not None:
            raise Fault(("columns", name), f'The playbook has no column "{name}".', f'Did you mean "{near}"?')
    for table, needed, said in (("rules", ("due", "step"), "rule"), ("quiet", ("when", "until", "through"), "quiet reason")):
        there = base.get(table, {})
        for name, value in over.get(table, {}).items():
            if not isinstance(value, dict) or name in there:
                continue
            lacking = all(key not in value for key in needed) if said == "quiet reason" else any(key not in value for key in needed)
            if lacking:
                raise Fault((table, name), f'The playbook has no {said} "{name}" to change, and a new one needs '
                            f"{' and '.join(needed) if said == 'rule' else ' or '.join(needed)}.", did_you_mean(name, there))


def _find_playbook(name: str, folder: Path, told_by: str) -> Path:
    shipped = resources.playbooks()
    if name in shipped:
        return shipped[name]
    path = folder / Path(name).expanduser()
    if path.is_dir():
        path = path / "playbook.toml"
    if path.is_file():
        return path
    if path.suffix == ".toml" or "/" in name or os.sep in name:
        raise SettingsError(f"{told_by}The playbook {path} does not exist.", "Check --playbook, or playbook in sheetsync.toml.")
    raise SettingsError(f'{told_by}There is no playbook "{name}".', did_you_mean(name, shipped))


def _columns_as_tables(overlay: Mapping[str, Any]) -> dict[str, Any]:
    """`"Last contact" = "Date last spoken"` means `header = "Date last spoken"`."""
    out = dict(overlay)
    if isinstance(columns := out.get("columns"), dict):
        out["columns"] = {
            name: {"header": value} if isinstance(value, str) else value for name, value in columns.items()
        }
    return out


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict) and key != "when":
            out[key] = _merge(out[key], value)
        else:
            out[key] = value
    return out


def _is_in(raw: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a document says what stands at `path`; three keys tell a rule's or a column's setting."""
    current: Any = raw
    for part in path[:3]:
        if not isinstance(current, Mapping) or part not in current:
            return current is not raw and not isinstance(current, Mapping)
        current = current[part]
    return bool(path)


def _said(fault: Fault, where: str) -> SettingsError:
    if len(fault.path) < 2:  # a key at the top of the file: the sentence names it
        return SettingsError(f"{where}: {fault.sentence}", fault.remedy)
    return SettingsError(f"{where}, {say_path(fault.path)}: {fault.sentence}", fault.remedy)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} can't be read: {error}.", "Texts stand in quotes, tables in [brackets].") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not in UTF-8.", "Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path} can't be read ({error.strerror}).", "Check the file and its permissions.") from None


def _checks(spec: BaseModel) -> tuple[Check, ...]:
    """The checks that are switched on, with the options that the settings give them."""
    out = []
    for name, check in CHECKS.items():
        told: Any = getattr(spec, name.replace("-", "_"))
        if told.enabled:
            options = {key: getattr(told, key) for key in told.model_fields_set if key != "enabled"}
            out.append(_with(check, {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}))
    return tuple(out)


def _with(check: Check, options: Mapping[str, Any]) -> Check:
    """The check with these options; one that may ask the network is handed the way to do so."""
    if options.get("domain_lookup"):
        from sheetsync.lookup import domains_without_mail

        options = {**options, "lookup": domains_without_mail}
    return replace(check, **options) if options else check  # type: ignore[type-var]


def checks(settings: Settings | None = None, *, only: Iterable[str] = (), skip: Iterable[str] = ()) -> tuple[Check, ...]:
    """The checks of a run: the settings', `only` those named, without those to `skip`.

    Raises SettingsError for a name that no check has, with the nearest. One that is named is asked even where the settings switch it off.
    """
    only, skip = list(only), list(skip)
    for option, names in (("--only", only), ("--skip", skip)):
        for name in names:
            if name not in CHECKS:
                raise SettingsError(f'{option}: there is no check "{name}".',
                                    f"{did_you_mean(name, CHECKS)} sheetsync check --list shows them all.".strip())
    told = {check.id: check for check in (tuple(CHECKS.values()) if settings is None else settings.checks)}
    asked = only or list(told)
    return tuple(told.get(name, check) for name, check in CHECKS.items() if name in asked and name not in skip)


def check_options() -> dict[str, tuple[str, dict[str, str]]]:
    """For each check: what it looks for (its docstring), and its settings as TOML writes their values when nothing is told."""
    out = {}
    for name, check in CHECKS.items():
        taken = {field.name: json.dumps(getattr(check, field.name)) for field in fields(check)  # type: ignore[arg-type]
                 if field.metadata.get("option", True)}
        out[name] = (" ".join((type(check).__doc__ or "").split()), {"enabled": "true"} | taken)
    return out


def open_source(
    target: str | Path, settings: Settings | None = None, *, sheet: str | None = None, tell: Callable[[str], None] = lambda text: None
) -> Source:
    """The source that a path or link means, with the settings' columns. `tell` is told of waits that a person would notice.

    Raises SettingsError or Refused for what can't be a source.
    """
    settings = settings or load_settings()
    text = str(target)
    if is_link(text):
        return _google_source(text, settings, sheet, tell)
    path = Path(text).expanduser()
    suffix = path.suffix.lower()
    if suffix not in SOURCES:
        if not path.exists():
            raise Refused(f"{path} does not exist.", "Check the name and the folder.")
        if path.is_dir():
            raise Refused(f"{path} is a folder, not a workbook.", "Name the workbook in it.")
        raise Refused(f"{path.name} is no Excel workbook (.xlsx or .xlsm).", "Open it in Excel and save it as Excel Workbook (.xlsx).")
    module, _, name = SOURCES[suffix].partition(":")
    source: Source = getattr(import_module(module), name)(
        path=path, columns=settings.playbook.columns, key=settings.playbook.key, status=settings.playbook.status,
        sheet=sheet or settings.sheet, backups=_backups(path), write_protected=settings.write_protected,
        kept=_kept(settings.backups),
    )
    return source


def names_a_source(text: str) -> bool:
    """Whether a word on the command line can only mean a workbook or a link."""
    return is_link(text) or Path(text).suffix.lower() in SOURCES


def _google_source(link: str, settings: Settings, sheet: str | None, tell: Callable[[str], None]) -> Source:
    from sheetsync.backends.google.links import check_endpoint, parse_link

    spreadsheet, gid = parse_link(link)
    endpoint = os.environ.get("SHEETSYNC_GOOGLE_ENDPOINT")
    module, _, name = SOURCES["https://"].partition(":")
    source: Source = getattr(import_module(module), name)(
        spreadsheet=spreadsheet, gid=gid, columns=settings.playbook.columns, key=settings.playbook.key,
        status=settings.playbook.status, sheet=sheet or (settings.sheet if gid is None else None), sign_in=google_sign_in(settings),
        endpoint=None if not endpoint else check_endpoint(endpoint), tell=tell,
    )
    return source


def google_sign_in(settings: Settings) -> SignIn:
    """Where the sign-in to Google is looked for: [google] credentials, GOOGLE_APPLICATION_CREDENTIALS, what `login` keeps."""
    from sheetsync.backends.google.auth import SignIn

    if settings.credentials is not None:
        return SignIn(settings.credentials, state_folder(), "[google] credentials")
    if named := os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return SignIn(Path(named).expanduser(), state_folder(), "GOOGLE_APPLICATION_CREDENTIALS")
    return SignIn(None, state_folder())


def _backups(path: Path) -> Path:
    """A folder of its own for each workbook, named so that a person finds it."""
    return state_folder() / "backups" / f"{path.stem}-{tag_of(str(path.resolve()))}"


def _kept(spec: BackupsSpec) -> Any:
    from sheetsync.backends.excel.backups import Kept

    return Kept(spec.keep, spec.months, spec.megabytes)


def say_backups(source: Source) -> str:
    """Where the copies of a source's workbook are, in a sentence; nothing where there are none."""
    from sheetsync.backends.excel.examine import say_backups

    return say_backups(source.name, getattr(source, "backups", None))


def tag_of(identity: str) -> str:
    """A short name for files that belong to one source."""
    return hashlib.sha256(identity.encode()).hexdigest()[:8]
