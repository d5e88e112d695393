"""Arguments for Temporal's development server where one machine has it to itself: the demo, the bench and the tests."""

_POLLS_PER_SECOND = 2000
_QUEUES = ("timer", "transfer", "visibility")

PROMPT = (
    # Timers are read this far ahead and fire no more exactly; a whole second would be felt at every step.
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="50ms"'),
    # A shard reads what is due 20 times a second at most, and a development server has one shard: where many cases
    # move at once, timers come late.
    *(
        argument
        for queue in _QUEUES
        for limit in ("MaxPollRPS", "MaxPollHostRPS")
        for argument in ("--dynamic-config-value", f"history.{queue}Processor{limit}={_POLLS_PER_SECOND}")
    ),
)
"""A timer fires and a task is handed on when it is due, not when the next look comes."""
