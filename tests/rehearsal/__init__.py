"""The demo as a test: real processes, real clocks that jump, and what happens when a part of it breaks."""
