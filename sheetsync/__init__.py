"""sheetsync works out whom of your customers to contact next, and writes it into your own spreadsheet."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "load_playbook", "open_source", "sync"]

if TYPE_CHECKING:
    from sheetsync.config import load_playbook, open_source
    from sheetsync.sync import sync


class _Package(ModuleType):
    """Imports what the library offers when it is asked for, so that `sheetsync --help` stays quick.

    `sheetsync.sync` is the function, also after the module of that name was imported.
    """

    @property
    def load_playbook(self) -> Any:
        from sheetsync.config import load_playbook

        return load_playbook

    @property
    def open_source(self) -> Any:
        from sheetsync.config import open_source

        return open_source

    def _get_sync(self) -> Any:
        from sheetsync.sync import sync

        return sync

    def _ignore(self, module: ModuleType) -> None:
        """The import system puts each submodule here; this name is taken."""

    sync = property(_get_sync, _ignore)


sys.modules[__name__].__class__ = _Package
