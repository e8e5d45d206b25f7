"""Tests of sheetsync.playbook."""
