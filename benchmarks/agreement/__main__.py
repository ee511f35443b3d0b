"""Console entry: ``python -m benchmarks.agreement [measure|report]``."""

from __future__ import annotations

if __name__ == "__main__":
    from benchmarks.agreement.commands import main

    main()
