"""`python -m web --port 8080`: the web door of one deployment, behind the address that the settings name."""

import argparse
import sys

import uvicorn

from config.connection import start_traces
from config.leaving import leave
from config.settings import load_settings
from domain.errors import AmicableError
from telemetry import logs, metrics, tracing
from web.app import create_app


def main() -> int:
    """Serve until interrupted: 0 after a clean stop, 2 with one line when something is not configured."""
    parser = argparse.ArgumentParser(
        prog="python -m web",
        description="Takes what the world tells us: payments, delinquencies, receipts, replies, keys of telephones.",
        epilog="example: python -m web --port 8080, with AMICABLE_WEB_URL naming where Twilio reaches it",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    options = parser.parse_args()
    try:
        settings = load_settings()
        logs.configure(settings.log_format)
        start_traces(settings, "web")
        metrics.start(settings.web_metrics_address)
        app = create_app(settings)
    except AmicableError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        uvicorn.run(app, host=options.host, port=options.port, log_config=None, log_level="warning", access_log=False)
    finally:
        tracing.stop()
    return 0


if __name__ == "__main__":
    leave(main())
