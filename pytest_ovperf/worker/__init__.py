"""Processes that hold one arm each: the protocol, the side that asks and the side that answers."""
