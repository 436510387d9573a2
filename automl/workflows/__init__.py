"""The use cases, and the only place that names concrete adapters."""
