"""The ``ovperf`` console command, a module for each part of it."""
