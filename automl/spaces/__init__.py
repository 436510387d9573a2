"""Search spaces as data. Standard library only."""
