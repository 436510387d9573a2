"""Split, score, choose, estimate."""
