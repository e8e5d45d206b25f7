"""A workbook as a file: locks, what it was when it was read, and an atomic replace."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import stat
import tempfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sheetsync.backends.excel.backups import USUAL, Kept, back_up
from sheetsync.errors import NotReachable, Refused, TableChanged

# Names the computer, since others see the same folder where it is on a network, and the process, which may have been killed.
_TEMPORARY = f".sheetsync-{zlib.crc32(platform.node().encode()):08x}-"


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises Refused where it is missing, no file or not readable; NotReachable where it can't be read now."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        near = _near(path)
        raise Refused(f"{path} does not exist.", near or "Check the name and the folder.") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder, not a workbook.", "Name the workbook in it.") from None
    except PermissionError:
        raise Refused(f"{path} may not be read.", "Mend the file's permissions.") from None
    except OSError as error:
        raise NotReachable(f"{path} can't be read now ({error.strerror or error}).", "Try again later.") from None


def _near(path: Path) -> str:
    from sheetsync.core.nearest import nearest

    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix.lower() in (".xlsx", ".xlsm")]
    except OSError:
        return "The folder does not exist either."
    found = nearest(path.name, names)
    return f'Did you mean "{found}"?' if found else ""


def check_unlocked(path: Path) -> None:
    """Raises NotReachable where Excel (~$name) or LibreOffice (.~lock.name#) has the workbook open."""
    for lock, program in ((path.with_name("~$" + path.name), "Excel"), (path.with_name(f".~lock.{path.name}#"), "LibreOffice")):
        if lock.exists():
            raise NotReachable(
                f"{path.name} is open in {program}.",
                f"Close it there, or wait with --wait MINUTES. If it is not open, {program} left {lock.name} behind; delete that.",
            )


def check_writable(path: Path) -> None:
    """Raises Refused where the file or its folder is read-only."""
    mode = path.stat().st_mode
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise Refused(f"{path.name} is read-only.", "Take the write protection off the file, then run again.")
    if not os.access(path.parent, os.W_OK):
        raise Refused(f"The folder of {path.name} is read-only.", "sheetsync needs to write a new file beside the old one.")


def fingerprint(data: bytes) -> str:
    """What tells two states of a file apart (SHA-256)."""
    return hashlib.sha256(data).hexdigest()


def replace(
    path: Path, expected: str, write: Callable[[BinaryIO], None], *, verify: Callable[[bytes], None], backups: Path | None,
    kept: Kept = USUAL,
) -> None:
    """Puts what `write` writes in the place of the file, whole or not at all.

    Writes beside it, forces it to disk, reads it back and verifies it, keeps a backup, checks that nobody has the
    file open and that it still is what `expected` says, and renames. Mode, owner and extended attributes stay.
    Raises TableChanged, NotReachable or Refused, with the old file in place.
    """
    target = Path(os.path.realpath(path))
    check_writable(target)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(prefix=f"{_TEMPORARY}{os.getpid()}-", suffix=target.suffix, dir=target.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        verify(temporary.read_bytes())
        _like(target, temporary)
        check_unlocked(path)
        before, now = _state(target), read_bytes(target)
        if fingerprint(now) != expected:
            raise _saved_meanwhile(path)
        if backups is not None:
            back_up(target.name, now, backups, kept, datetime.now())
        if _state(target) != before:  # the last look, directly before the only step that can't be taken back
            raise _saved_meanwhile(path)
        os.replace(temporary, target)
        temporary = None
        _sync_folder(target.parent)
    except OSError as error:
        raise _failure(path, error) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _state(target: Path) -> tuple[int, int, int]:
    status = target.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _saved_meanwhile(path: Path) -> TableChanged:
    return TableChanged(f"{path.name} was saved by somebody else while sheetsync was at work; nothing was written.", "Run again.")


def _failure(path: Path, error: OSError) -> NotReachable | Refused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NotReachable(f"The disk is full; {path.name} is as it was.", "Free some space, then run again.")
    if error.errno == errno.EFBIG:
        return Refused(f"The new {path.name} is larger than this disk takes; the file is as it was.", "Move it to another disk.")
    if isinstance(error, PermissionError):
        return NotReachable(f"{path.name} can't be replaced now ({error.strerror}); it is as it was.",
                            "Close it wherever it is open, and check that its folder may be written.")
    return NotReachable(f"{path.name} can't be written now ({error.strerror or error}); it is as it was.", "Try again later.")


def _like(target: Path, temporary: Path) -> None:
    """Gives the new file the old one's mode, owner and extended attributes, as far as the system lets us."""
    status = target.stat()
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(temporary, status.st_uid, status.st_gid)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):
            for attribute in os.listxattr(target):
                os.setxattr(temporary, attribute, os.getxattr(target, attribute))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def remove_leftovers(path: Path) -> None:
    """Deletes what a killed run left beside the file: temporary files of ours whose process is gone."""
    target = Path(os.path.realpath(path))
    for leftover in target.parent.glob(f"{_TEMPORARY}*-*{target.suffix}"):
        process = leftover.name.removeprefix(_TEMPORARY).split("-", 1)[0]
        if process.isdigit() and not _is_running(int(process)):
            with contextlib.suppress(OSError):
                leftover.unlink()


def _is_running(process: int) -> bool:
    if process == os.getpid():
        return True
    if os.name != "posix":
        return False  # an open file can't be deleted there, so trying does no harm
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
