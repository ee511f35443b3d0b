"""The NPU compiler without an NPU: finds or hosts one, compiles for a platform, and keeps what came of it."""
