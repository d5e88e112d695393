"""`python -m bench.facts_load PORT ACCOUNTS SECONDS USERS`: a partner's payments, posted by Locust without its page.

In a process of its own, as Locust replaces the standard library's sockets when it is imported. Prints how many
payments were taken and how many were not.
"""

from locust import HttpUser, constant, task
from locust.env import Environment

# isort: split
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import ClassVar

from standardwebhooks.webhooks import Webhook

from config.partners import SANDBOX_PARTNER_SECRETS

OWED = 12_345


class Ledger(HttpUser):
    """Pays accounts in full, one after the other; when all are paid, small amounts more."""

    wait_time = constant(0)
    accounts: ClassVar[int] = 0
    numbers: ClassVar[Iterator[int]] = count()
    webhook: ClassVar[Webhook] = Webhook(SANDBOX_PARTNER_SECRETS[0])

    @task
    def pay(self) -> None:
        """One signed payment."""
        number = next(self.numbers)
        at = datetime.now(UTC)
        body = json.dumps(
            {
                "event_id": f"load-{number}",
                "type": "payment",
                "account_id": f"acc-{number % self.accounts:06d}",
                "amount_minor": OWED if number < self.accounts else 1,
                "currency": "USD",
                "occurred_at": at.isoformat(),
            }
        )
        headers = {
            "webhook-id": f"load-{number}",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self.webhook.sign(f"load-{number}", at, body),
            "content-type": "application/json",
        }
        self.client.post("/v1/ledger-events", data=body, headers=headers, name="payment")


def main(port: int, accounts: int, seconds: int, users: int) -> None:
    """Post for so many seconds."""
    Ledger.host, Ledger.accounts = f"http://127.0.0.1:{port}", accounts
    environment = Environment(user_classes=[Ledger])
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    runner.greenlet.join(timeout=seconds)
    runner.quit()
    total = environment.stats.total
    print(total.num_requests - total.num_failures, total.num_failures)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
