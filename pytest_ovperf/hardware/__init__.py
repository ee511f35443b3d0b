"""What machine this is, which devices OpenVINO can use on it, and why not the others."""
