"""How many examples the properties of the core look at: enough to find a corner, few enough for every push."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "amicable",
    deadline=None,
    max_examples=int(os.environ.get("AMICABLE_EXAMPLES", "60")),
    derandomize="CI" in os.environ,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("amicable")
