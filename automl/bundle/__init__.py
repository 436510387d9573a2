"""The exported winner: a folder that a person can check, move, load and serve."""
