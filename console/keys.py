"""`keys`: a new key for the settings, and which ones are there. A key is written to nowhere but the screen."""

import sys

from activities.clock import wall_clock
from config.keys import PLAIN, new_key, read_keys
from console.output import say, write_json
from console.session import payload_keyring
from domain.errors import InvalidInput


def make_key(key_id: str | None, *, as_json: bool) -> int:
    """Print one entry for the settings. Raises InvalidInput for an id that cannot stand in them."""
    named = key_id if key_id is not None else f"{wall_clock():%Y-%m-%d}"
    entry = f"{named}:{new_key()}"
    try:
        read_keys(entry)
    except ValueError:
        raise InvalidInput(f"--id {named!r} must be 1 to 40 letters, digits, dots, - or _", field="id") from None
    keyring = payload_keyring()
    if keyring is not None and named in keyring.keys:
        raise InvalidInput(f"the id {named} stands for a key already: name another with --id", field="id")
    if as_json:
        write_json({"id": named, "entry": entry})
        return 0
    print(entry)
    first = "behind the others" if keyring is not None else f"as {PLAIN},{named}:..."
    print(
        f"put it into AMICABLE_PAYLOAD_KEYS of every process, {first}, and then in front (docs/encryption.md); "
        "keep it: without it its histories cannot be read",
        file=sys.stderr,
    )
    return 0


def list_keys(*, as_json: bool) -> int:
    """The ids of the keys."""
    keyring = payload_keyring()
    newest, ids = (keyring.newest, list(keyring.keys)) if keyring is not None else (None, [])
    if as_json:
        write_json({"encrypts": newest, "decrypt": ids})
    elif not ids:
        say("nothing is encrypted: AMICABLE_PAYLOAD_KEYS names no key")
    else:
        say(f"{newest or 'nothing'} encrypts; {', '.join(ids)} decrypt{'s' if len(ids) == 1 else ''}")
    return 0
