"""`python -m sandbox --port 8025`: the outside world, on this machine."""

import argparse
from pathlib import Path

import uvicorn

from sandbox.app import SandboxConfig, create_app
from sandbox.serving import server_config


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A pretended telephone network, mailbox and wallet: Twilio and SendGrid APIs, "
        "borrowers who behave by script, and a page that shows what they received.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8025, help="port to listen on (default: %(default)s)")
    parser.add_argument("--sendgrid-event-url", metavar="URL", help="where SendGrid's events are posted")
    parser.add_argument(
        "--without-email-activity", action="store_true", help="answer 403 to message lookups, as plain accounts do"
    )
    parser.add_argument("--letter-outbox", metavar="FOLDER", type=Path, help="where the post finds letters")
    options = parser.parse_args()
    config = SandboxConfig(
        sendgrid_event_url=options.sendgrid_event_url,
        has_email_activity=not options.without_email_activity,
        letter_outbox=options.letter_outbox,
    )
    print(f"sandbox on http://{options.host}:{options.port} (inbox page; /docs lists the controls)", flush=True)
    uvicorn.Server(server_config(create_app(config), host=options.host, port=options.port)).run()


if __name__ == "__main__":
    main()
