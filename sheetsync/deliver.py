"""Hands rendered text to a terminal, a file, the clipboard, the mail program or a notifier."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sheetsync.core.model import Message, Unsent
from sheetsync.errors import Refused, SettingsError

# How the files begin that sheetsync writes, and may write over.
PAGE = "<!doctype html>"
CALENDAR = "BEGIN:VCALENDAR"


def to_terminal(text: str) -> None:
    """Prints to standard output; characters that the terminal can't show become "?"."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def check_target(path: Path, option: str, begins: str) -> None:
    """Raises what `to_file` would raise, before anything is done for it: SettingsError where the path can't be meant, else Refused.

    A file that is there already has to begin with `begins` (in any case): what is something else is never written over.
    """
    try:
        if path.is_dir():
            raise SettingsError(f"{option} {path} is a folder.", f"Name a file in it, such as {path / _EXAMPLES[begins]}.")
        if not path.parent.is_dir():
            raise SettingsError(f"{option} {path}: the folder {path.parent} does not exist.", "Make it first, or name another file.")
        if not path.exists():
            return
        if not path.is_file():
            raise SettingsError(f"{option} {path} is no file that can be written.", "Name another one.")
        with path.open("rb") as file:
            start = file.read(64)
        if start.strip() and not start.decode("utf-8", "replace").lstrip("\ufeff \r\n\t").casefold().startswith(begins.casefold()):
            raise Refused(f"{option} {path} holds something else, which would be lost.", "Name another file, or delete this one first.")
        if not path.stat().st_mode & 0o222:
            raise Refused(f"{option} {path} is read-only.", "Make it writable, or name another file.")
    except OSError as error:
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None


_EXAMPLES = {PAGE: "today.html", CALENDAR: "follow-ups.ics"}


def to_file(text: str, path: Path) -> None:
    """Writes a whole file or none, in UTF-8, line ends as they are; what a link points to, and the file's permissions, stay.

    Raises Refused where it can't be written.
    """
    temporary = None
    try:
        path = path.resolve()
        if path.is_symlink():  # still: it points to itself, which Python says since 3.13 no more
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sheetsync-")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        temporary.chmod(mode)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that points to itself, before Python 3.13
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        said = (error.strerror if isinstance(error, OSError) else None) or error
        raise Refused(f"{path} can't be written ({said}).", "Check the folder and its permissions.") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def to_new_file(data: bytes, path: Path) -> None:
    """Writes a whole file that was not there before, or none. Raises Refused where there is one by now, or it can't be written."""
    try:
        with open(path, "xb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise Refused(f"{path} is there already.", "Name another file.") from None
    except OSError as error:
        raise Refused(f"{path} can't be written ({error.strerror or error}).", "Check the folder and its permissions.") from None


# What puts a text into the clipboard, first found first, and the encoding that it reads.
_CLIPBOARDS = (
    ("pbcopy", (), "utf-8"),  # macOS
    ("clip", (), "utf-16"),  # Windows
    ("clip.exe", (), "utf-16"),  # Windows, seen from its Linux
    ("wl-copy", (), "utf-8"),  # Wayland
    ("xclip", ("-selection", "clipboard"), "utf-8"),
    ("xsel", ("--clipboard", "--input"), "utf-8"),
)


def to_clipboard(text: str) -> None:
    """Puts a text into the clipboard with the platform's own program. Raises Refused where there is none, or it fails."""
    for name, options, encoding in _CLIPBOARDS:
        program = shutil.which(name)
        needs = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY", "xsel": "DISPLAY"}.get(name)
        if program is None or (needs is not None and not os.environ.get(needs)):
            continue
        try:
            # Output goes nowhere: xclip stays behind to serve the clipboard, and would hold a pipe of ours open.
            subprocess.run([program, *options], input=text.encode(encoding), check=True, timeout=10,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError):
            raise Refused(f"The clipboard can't be reached ({name} failed).", "Mark the text and copy it by hand.") from None
        return
    raise Refused("There is no clipboard that sheetsync can reach.",
                  "Mark the text and copy it by hand. On Linux, installing wl-clipboard or xclip helps.")


def to_mail_program(link: str) -> None:
    """Opens a mailto link in the owner's mail program. Raises Refused where none is set up."""
    import typer

    try:
        code = typer.launch(link)
    except OSError:
        code = 1
    if code != 0:
        raise Refused("No mail program could be opened.", "Set one up as your system's default, or use --copy.")


# The notifiers that send mail, which takes HTML and text in one message; all others get the text.
_MAIL = frozenset({"azure", "brevo", "groundmail", "mailersend", "mailgun", "mailto", "mailtos", "o365", "postmark", "resend",
                   "sendgrid", "sendpulse", "ses", "smtp2go", "sparkpost"})
_LOGGERS = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib", "MARKDOWN")
_PATIENCE = 20.0  # seconds for each step with a notifier's server, where the URL says nothing (cto, rto)
_LONGEST = 90.0  # seconds for one message in all; a server that answers a letter a minute is given up, too
# What a notifier's own words, which may hold addresses, come to, and whether it may pass. The words are looked at and never shown.
_REASONS = (
    (r"\(53[0-9],|\b40[13]\b|unauthorized|authentication (failed|error)", "the server refuses the user name or password.", False),
    (r"auth extension not supported|no suitable authentication", "the server takes no password that way (mailtos:// may be meant).", False),
    (r"codec can't encode", "its user name or password holds a character that it can't take.", False),
    (r"certificate|\[ssl|ssl error|wrong version number|starttls extension", "no safe connection to its server can be made.", True),
    (r"not known|getaddrinfo|nodename|name resolution|failed to resolve", "its server's name is not found.", True),
    (r"timed out|timeout", "its server does not answer in time.", True),
    (r"\([45][0-9][0-9],|was refused:|error=4[0-9][0-9]", "its server does not take the message.", True),
    (r"connection|unreachable", "its server can't be reached.", True),
)


def kind_of_notifier(url: str) -> str | None:
    """What people call the notifier that a URL means ("E-Mail"), without sending anything. None where it is not understood."""
    with _quiet():
        found = _notifier(url)
        return None if found is None else str(found.service_name)


def to_notifier(message: Message, url: str, *, longest: float = _LONGEST) -> Unsent | None:
    """Sends a message through the notifier that a URL means; None where it was taken, else why not, without a part of the URL.

    It is given `longest` seconds in all; what hangs then is left behind, and ends with the program at the latest.
    """
    with _quiet() as heard:
        if (found := _notifier(url)) is None:
            return Unsent("A URL in [notify] is not understood (sheetsync doctor says which).")
        notifier, name = found, str(found.service_name)
        outcome: list[bool] = []

        def send() -> None:
            try:
                outcome.append(_taken(notifier, url, message))
            except Exception as error:  # a notifier's own failure is a message that was not sent, and nothing more
                heard.append(str(error))
                outcome.append(False)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        thread.join(longest)
        if not outcome:
            return Unsent(f"{name}: its server does not answer in time.", True)
        return None if outcome[0] else _reason(name, " ".join(heard).lower())


def _taken(notifier: Any, url: str, message: Message) -> bool:
    from apprise import Apprise, NotifyFormat

    sender = Apprise()
    sender.add(notifier)
    if url.partition("://")[0].lower() in _MAIL:
        return bool(sender.notify(body=message.html, title=message.subject, body_format=NotifyFormat.HTML))
    text = message.text
    within = 0 if notifier.title_maxlen > 0 else len(message.subject) + 10  # where there are no titles, it stands in the text
    most = max(2, int(notifier.body_maxlen) - within)
    if len(text) > most:
        lines, _, last = text[: most - 2].rpartition("\n")
        text = f"{lines or last}\n…"
    return bool(sender.notify(body=text, title=message.subject, body_format=NotifyFormat.TEXT))


def _notifier(url: str) -> Any:
    """The notifier of apprise that a URL means, or None."""
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    asset = AppriseAsset(app_id="sheetsync", app_desc="sheetsync", async_mode=False, storage_mode=PersistentStoreMode.MEMORY)
    try:
        notifier: Any = Apprise.instantiate(url, asset=asset)
    except Exception:  # what a URL of the owner's makes it raise is theirs to find in doctor, and no bug of a run
        return None
    if notifier is None or not hasattr(notifier, "body_maxlen"):
        return None
    if "cto=" not in url:
        notifier.socket_connect_timeout = _PATIENCE
    if "rto=" not in url:
        notifier.socket_read_timeout = _PATIENCE
    return notifier


def _reason(name: str, heard: str) -> Unsent:
    for pattern, sentence, may_pass in _REASONS:
        if re.search(pattern, heard):
            return Unsent(f"{name}: {sentence}", may_pass)
    return Unsent(f"{name}: the message was not taken.", True)


class _Listener(logging.Handler):
    """Keeps what is logged to itself."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record.getMessage())


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """While it lasts, what notifiers log goes into this list and what they warn of nowhere: it may hold URLs, hosts and passwords.

    Afterwards what they log goes nowhere, either: one that hangs and was left behind may still say something.
    """
    heard: list[str] = []
    listener = _Listener(heard)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise  # noqa: F401 - it puts handlers of its own to its logger, before ours take their place

        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [logging.NullHandler(), listener], False
        logging.getLogger("apprise").setLevel(logging.DEBUG)
        try:
            yield heard
        finally:
            for name in _LOGGERS:
                logging.getLogger(name).removeHandler(listener)
