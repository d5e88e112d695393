"""What engineers see of a running process: its logs, traces and numbers.

Lives here: log formats, the ids that tie lines together, spans and instruments, each without personal data.
May import: `domain`, `temporalio` and, only once they are switched on, OpenTelemetry's libraries. It reads no settings
and no database: whoever starts a process hands in what it needs.
"""
