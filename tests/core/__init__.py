"""Tests of sheetsync.core."""
