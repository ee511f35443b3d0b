"""What makes a model's artefacts, with the heavy stacks: imported inside workers only."""
