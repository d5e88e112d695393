"""Settings, rule files, messages and the connection."""
