"""Tests of the Google Sheets backend."""
