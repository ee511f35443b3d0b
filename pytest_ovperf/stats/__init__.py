"""From raw times to a judgement: estimates, verdicts, looks and fidelity. Pure: no files, no clock, no pytest."""
