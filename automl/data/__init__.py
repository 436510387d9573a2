"""Files, folders and frames to a `Dataset`: checked, typed, nothing in it fitted."""
