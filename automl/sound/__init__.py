"""Sound files to arrays, arrays to numbers. Nothing here knows tables, classes or models."""
