"""The user's own code and data: found, called and held against what a model takes."""
