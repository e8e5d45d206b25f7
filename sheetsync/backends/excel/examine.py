"""What there is to know about where a workbook stands, for doctor."""

from __future__ import annotations

from pathlib import Path

from sheetsync.core.model import Finding

# How the folders are called that a service copies to other computers, by the beginning of their names.
_SYNCED = {
    "onedrive": "OneDrive", "dropbox": "Dropbox", "google drive": "Google Drive", "googledrive": "Google Drive", "my drive": "Google Drive",
    "icloud": "iCloud", "com~apple~clouddocs": "iCloud", "nextcloud": "Nextcloud", "owncloud": "ownCloud", "box sync": "Box",
    "pcloud": "pCloud", "syncthing": "Syncthing",
}


def findings(path: Path) -> tuple[Finding, ...]:
    """Says so where the workbook stands in a folder that a service keeps alike on several computers."""
    for part in path.absolute().parent.parts:
        for beginning, service in _SYNCED.items():
            if part.casefold().startswith(beginning):
                return (Finding(
                    "folder", f"{path.name} stands in a folder of {service}, which copies it to your other computers.",
                    f"Let {service} finish before a sync, and close the workbook on the other computers; "
                    "else there may be two versions of it."),)
    return ()
