"""What stands between pytest and a run: options, markers, fixtures, and what pytest is told back."""
