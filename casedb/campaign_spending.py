"""What each person of a campaign took of what has a price: messages, answers, letters, decisions.

One statement in the order of persons, so that a campaign of whatever size is read in flat memory. What needs no look
at its words is counted by the database, a row for each person and channel.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, false, func, literal, not_, or_, select, union_all

from casedb import schema
from casedb.answers import SENT as ANSWERED
from casedb.arms import cases_by_arm
from casedb.message_texts import ANSWER
from domain.vocabulary import Channel, PaperKind, TouchStatus

_case, _member, _touch, _said = schema.case, schema.campaign_member, schema.touch, schema.message_text
_reply, _paper = schema.reply, schema.paper
_LETTERS = (PaperKind.LETTER_BEFORE_ACTION, PaperKind.CLAIM_WITHDRAWN)
"""Papers that went out by post."""
_SENT = _touch.c.status == TouchStatus.SENT.value
_TOGETHER = ""
"""In the place of a message's id, where a row tells of many."""
_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Messages that a provider took, whether or not they arrived."""

    channel: Channel
    body: str = ""
    """Of an SMS the words of its last attempt; empty where they were erased, or not asked for."""
    number: int = 1
    """More than one where they are told together, because their words do not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the cases of one person took."""

    arm: str
    messages: tuple[Taken, ...]
    decisions: int
    answers: int
    """How many of the messages answer a reply."""


def read_spent(connection: Connection, campaign_id: str, *, with_words: bool) -> Iterator[Spent]:
    """Person by person, whoever took nothing as well; `with_words` reads what each SMS said."""
    parts = [_counted(campaign_id, with_words), _touches(campaign_id, with_words), _answers(campaign_id, with_words)]
    every = union_all(_decisions(campaign_id), *parts, _letters(campaign_id)).subquery()
    told = [column for column in every.c if column is not every.c.said_at]
    ordered = select(*told).order_by(every.c.arm, every.c.person_id, every.c.message_id, every.c.said_at)
    rows = connection.execute(ordered, execution_options={"yield_per": _PAGE})
    for (arm, _), mine in groupby(rows, key=attrgetter("arm", "person_id")):
        yield _spent(arm, mine)


def _spent(arm: str, rows: Iterable[Row[Any]]) -> Spent:
    decisions, answers, messages = 0, 0, list[Taken]()
    for message_id, attempts in groupby(rows, key=attrgetter("message_id")):
        if message_id == _TOGETHER:
            for row in attempts:
                decisions += row.decisions
                messages += [Taken(channel=Channel(row.channel), number=row.number)] if row.number else []
        else:
            *_, last = attempts
            messages += _taken(last)
            answers += message_id.endswith(ANSWER)
    return Spent(arm=arm, messages=tuple(messages), decisions=decisions, answers=answers)


def _taken(message: Row[Any]) -> list[Taken]:
    """By each channel that took it: a text that did not arrive before the e-mail that did was taken as well."""
    names = {*message.undelivered_by.split(), *([message.channel] if message.number else [])}
    channels = [Channel(name) for name in sorted(names)]
    return [Taken(channel=each, body=(message.body or "") if each is Channel.SMS else "") for each in channels]


def _rows(
    campaign_id: str,
    message_id: Any,
    said_at: Any,
    *,
    channel: Any = "",
    number: Any = 0,
    undelivered_by: Any = "",
    decisions: Any = 0,
    body: Any = "",
) -> Select[Any]:
    """One part of the statement; what a part does not know is nothing."""
    told = {
        "message_id": message_id,
        "said_at": said_at,
        "channel": channel,
        "number": number,
        "undelivered_by": undelivered_by,
        "decisions": decisions,
        "body": body,
    }
    columns = [(literal(each) if isinstance(each, str | int) else each).label(name) for name, each in told.items()]
    return cases_by_arm(campaign_id, _case.c.person_id.label("person_id"), *columns)


def _decisions(campaign_id: str) -> Select[Any]:
    """A row for each person, which is why nobody is missing."""
    counted = _rows(campaign_id, _TOGETHER, func.min(_case.c.opened_at), decisions=func.sum(_case.c.decisions))
    return counted.group_by(_member.c.arm, _case.c.person_id)


def _counted(campaign_id: str, with_words: bool) -> Select[Any]:
    """Touches that went out by one channel and whose words are not read: how many by channel."""
    sent = and_(_touch.c.case_id == _case.c.case_id, _SENT, _touch.c.undelivered_by == "")
    words = _touch.c.channel == Channel.SMS.value if with_words else false()
    wanted = _rows(
        campaign_id, _TOGETHER, func.min(_touch.c.attempted_at), channel=_touch.c.channel, number=func.count()
    ).join(_touch, and_(sent, not_(words)))
    return wanted.group_by(_member.c.arm, _case.c.person_id, _touch.c.channel)


def _touches(campaign_id: str, with_words: bool) -> Select[Any]:
    """The others of which a provider took something; a row for each attempt whose words are read."""
    sent_text = and_(_SENT, _touch.c.channel == Channel.SMS.value) if with_words else false()
    wanted = _rows(
        campaign_id,
        _touch.c.touch_id,
        _said.c.attempted_at if with_words else _touch.c.attempted_at,
        channel=_touch.c.channel,
        number=case((_SENT, 1), else_=0),
        undelivered_by=_touch.c.undelivered_by,
        body=_said.c.body if with_words else "",
    ).join(_touch, and_(_touch.c.case_id == _case.c.case_id, or_(_touch.c.undelivered_by != "", sent_text)))
    return _worded(wanted, _touch.c.touch_id) if with_words else wanted


def _answers(campaign_id: str, with_words: bool) -> Select[Any]:
    """Those to what was written while a case was open."""
    answered = and_(
        _reply.c.account_id == _case.c.account_id,
        _reply.c.answer_status == ANSWERED,
        _reply.c.at >= _case.c.opened_at,
        or_(_case.c.closed_at.is_(None), _reply.c.at <= _case.c.closed_at),
    )
    answer_id = _reply.c.reply_id + ANSWER
    wanted = _rows(
        campaign_id,
        answer_id,
        _said.c.attempted_at if with_words else _reply.c.at,
        channel=_reply.c.channel,
        number=1,
        body=_said.c.body if with_words else "",
    ).join(_reply, answered)
    return _worded(wanted, answer_id) if with_words else wanted


def _worded(wanted: Select[Any], message_id: Any) -> Select[Any]:
    """With the words of each attempt by SMS; other channels have a price of their own whatever is said."""
    words = and_(_said.c.message_id == message_id, _said.c.channel == Channel.SMS.value)
    return wanted.outerjoin(_said, words)


def _letters(campaign_id: str) -> Select[Any]:
    """Before action, and of withdrawal."""
    posted = and_(_paper.c.case_id == _case.c.case_id, _paper.c.kind.in_([each.value for each in _LETTERS]))
    wanted = _rows(campaign_id, _paper.c.paper_id, _paper.c.made_at, channel=Channel.LETTER.value, number=1)
    return wanted.join(_paper, posted)
