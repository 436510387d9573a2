"""Values, protocols, the loop and the journal. Standard library and numpy only."""
