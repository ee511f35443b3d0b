"""What executes a model. The frameworks are imported only as an arm is loaded, which workers do."""
