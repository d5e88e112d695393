"""`replies show`: one reply in the person's own words, and what was made of it."""

from casedb.engine import reading
from casedb.reply_reading import find_reply
from console.output import pairs, screen, wall_time, write_json
from console.session import session
from domain.money import in_words


def show_reply(wanted: str, *, as_json: bool) -> int:
    """Show the reply of that id, or of that task. Raises NotKnown."""
    with session() as opened, reading(opened.engine) as connection:
        found = find_reply(connection, wanted)
    if as_json:
        write_json(found)
        return 0
    amount = in_words(found.amount_minor, found.currency) if found.amount_minor is not None and found.currency else ""
    answer = ", ".join(each for each in (found.answer, found.answer_status, found.answer_why) if each)
    told = (
        ("person", found.person_id or "nobody we know for sure"),
        ("account", found.account_id or "cannot be told"),
        ("by", found.channel.value),
        ("at", f"{wall_time(found.at, found.zone or 'UTC')} ({found.zone or 'UTC'})"),
        ("meant", ", ".join(found.intents)),
        ("unsure of", ", ".join(found.doubtful)),
        ("amount", amount),
        ("day", found.promised_on.isoformat() if found.promised_on else ""),
        ("answer", answer),
        ("attachments", str(found.attachments) if found.attachments else ""),
        ("text", found.text or "(erased)"),
    )
    screen().print(pairs(f"reply {found.reply_id}", ((name, value) for name, value in told if value)))
    return 0
