"""Shared by the reference suite and the project's own tests."""

# The project's tests run pytest itself; pytest wants this named at the root.
pytest_plugins = ["pytester"]
