"""Taking a trace: which arm goes when, how long, and what a launch of fresh processes consists of."""
