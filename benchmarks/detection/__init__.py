"""How far verdicts can be trusted: known truths, replayed and live, put before our judge and other tools' rules."""
