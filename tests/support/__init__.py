"""What several tests need: Temporal servers, a stage on which a case can be played."""
