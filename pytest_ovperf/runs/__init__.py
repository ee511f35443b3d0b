"""Runs as they are reported and compared: one plain form, whether measured just now or read from a file."""
