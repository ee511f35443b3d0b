"""Baselines kept in git: what a file says, how it is read strictly and written whole."""
