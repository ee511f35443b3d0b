"""From a measured ratio to a verdict: what was asked, how long to measure, what to hold it against, what to keep."""
