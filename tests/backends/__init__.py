"""Tests of sheetsync.backends."""
