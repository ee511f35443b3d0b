"""Whether this package's figures agree with those of OpenVINO's own ``benchmark_app`` on the same work."""
