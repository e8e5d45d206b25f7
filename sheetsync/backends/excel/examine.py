"""What there is to know about where a workbook and its backups stand, for doctor."""

from __future__ import annotations

from pathlib import Path

from sheetsync.backends.excel.backups import copies
from sheetsync.core.model import Finding

# How the folders are called that a service copies to other computers, by the beginning of their names.
_SYNCED = {
    "onedrive": "OneDrive", "dropbox": "Dropbox", "google drive": "Google Drive", "googledrive": "Google Drive", "my drive": "Google Drive",
    "icloud": "iCloud", "com~apple~clouddocs": "iCloud", "nextcloud": "Nextcloud", "owncloud": "ownCloud", "box sync": "Box",
    "pcloud": "pCloud", "syncthing": "Syncthing",
}


def service_of(folder: Path) -> str | None:
    """The service that copies a folder to other computers, told by the names of the folders it stands in; None where there is none."""
    for part in folder.absolute().parts:
        for beginning, service in _SYNCED.items():
            if part.casefold().startswith(beginning):
                return service
    return None


def say_backups(name: str, folder: Path | None) -> str:
    """Where the copies of a workbook are, in a sentence; nothing where there are none."""
    if folder is None or not (found := copies(folder)):
        return ""
    size = sum(path.stat().st_size for path in found)
    said = f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
    return (f"{len(found)} {'copy' if len(found) == 1 else 'copies'} of {name} from before a write ({said}) "
            f"{'is' if len(found) == 1 else 'are'} in {folder}.")


def findings(path: Path, backups: Path | None = None) -> tuple[Finding, ...]:
    """Says so where the workbook stands in a folder that a service keeps alike on several computers, and where its backups are."""
    out = []
    if (service := service_of(path.parent)) is not None:
        out.append(Finding(
            "folder", f"{path.name} stands in a folder of {service}, which copies it to your other computers.",
            f"Let {service} finish before a sync, and close the workbook on the other computers; "
            "else there may be two versions of it."))
    if told := say_backups(path.name, backups):
        out.append(Finding("backups", told))
    return tuple(out)
