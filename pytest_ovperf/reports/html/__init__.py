"""The HTML report of a run and the HTML comparison of runs: one file each, which needs nothing else to be read."""
