"""Google Sheets as a source."""

from sheetsync.backends.google.sheet import GoogleSource

__all__ = ["GoogleSource"]
