"""What executes a model. Everything but `protocol` is imported inside workers only."""
