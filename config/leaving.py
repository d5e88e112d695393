"""The end of a process, the same for all of ours."""

import atexit
import contextlib
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process. One that spoke to Temporal is not taken apart first.

    The SDK's own threads may outlive the last answer, and an interpreter that is taken apart under them aborts: what
    had done its work, or said why it cannot, ends with 134 (temporalio/sdk-python, issue 300).
    """
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    if "temporalio.bridge.temporal_sdk_bridge" not in sys.modules:
        sys.exit(code)
    atexit._run_exitfuncs()  # what others registered still happens
    os._exit(code)
