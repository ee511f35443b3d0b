"""Execution graphs: what OpenVINO made of a model, how two of them differ and where the time went. Pure."""
