"""Packaged search spaces: data only, read through :mod:`automl.spaces.library`."""
