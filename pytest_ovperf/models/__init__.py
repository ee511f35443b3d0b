"""Models: what they are called, where they come from, and the artefacts (weights, IR, INT8, inputs) made of them."""
