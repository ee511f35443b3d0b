"""The reference pages of the documentation, made from the code: fixtures, markers, options, arms, commands and so on.

``python -m docsite`` writes them into ``docs/reference``, as every ``mkdocs build`` does. They are kept in git, so that
they can be read where the code is, and a change of what users may write shows as a difference.
"""
