"""One run: what tests ask is checked, measured on this machine's devices and handed back for them to assert on."""
