"""Hold OpenVINO deployments to their promised speed: a pytest plugin."""
