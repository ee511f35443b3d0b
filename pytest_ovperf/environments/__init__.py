"""Other environments: interpreters with another release of OpenVINO, found or made, in which workers can run."""
