"""Families and stages, and the one place where anything is fitted."""
