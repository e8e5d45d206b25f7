"""Tests of sheetsync.cli."""
