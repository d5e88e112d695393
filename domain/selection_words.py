"""A condition in words, as `product = 'pay_later' and dpd >= 30`: read, and written so that it reads the same again.

Python's own parser reads it, and every node that is not on the short list below is refused, so that a line can name
our fields, compare them with constants, and nothing else: no call, no attribute, no other name. It never becomes SQL
text; constants are bound. SQL's spelling of `=`, AND, OR, NOT and IN is understood as well.
"""

import ast
import io
import tokenize
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from domain.errors import InvalidInput
from domain.selection import (
    EVERYBODY,
    NUMBERS,
    AllOf,
    AnyOf,
    Condition,
    Field,
    Not,
    Number,
    Op,
    Text,
    refuse_mixed_amounts,
)
from domain.vocabulary import CloseReason

LONGEST = 2_000
EXAMPLE = "product = 'pay_later' and dpd >= 30 and not segment in ('staff', 'vip')"
_OPS: dict[type[ast.cmpop], Op] = {
    ast.Eq: Op.EQ,
    ast.NotEq: Op.NE,
    ast.Lt: Op.LT,
    ast.LtE: Op.LE,
    ast.Gt: Op.GT,
    ast.GtE: Op.GE,
}
_TURNED = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE}
_ANYBODY, _NOBODY = "(dpd = 0 or dpd != 0)", "dpd = 0 and dpd != 0"
"""Everybody has a number of days past due, whatever it is."""
_OUTCOMES = (*CloseReason, "")
_WORDS = frozenset({"and", "or", "not", "in"})


def read_condition(text: str) -> Condition:
    """The condition that the words mean. Raises InvalidInput that says what is not understood."""
    if len(text) > LONGEST:
        raise InvalidInput(f"the condition is longer than {LONGEST:,} characters: put the ids into a file")
    if not text.strip():
        return EVERYBODY
    try:
        source = _respelled(" ".join(text.split()))
        read = ast.parse(source, mode="eval")
        condition = _condition(read.body, source)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
        raise InvalidInput(f"the condition cannot be read: write it as {EXAMPLE}") from None
    refuse_mixed_amounts(condition)
    return condition


def _respelled(text: str) -> str:
    """With SQL's `=` and capitals as Python spells them; what stands in quotes is not touched."""
    tokens = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        string = token.string
        if token.type == tokenize.OP and string == "=":
            string = "=="
        elif token.type == tokenize.NAME and string.lower() in (*_WORDS, *Field):
            string = string.lower()
        if token.type in (tokenize.OP, tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.ERRORTOKEN):
            tokens.append(string)
    return " ".join(tokens)


def _condition(node: ast.expr, source: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_condition(each, source) for each in node.values)
        return AllOf(parts=parts) if isinstance(node.op, ast.And) else AnyOf(parts=parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(part=_condition(node.operand, source))
    if isinstance(node, ast.Compare):
        return _comparison(node, source)
    raise InvalidInput(f"{_shown(node, source)} is no comparison: write it as {EXAMPLE}")


def _comparison(node: ast.Compare, source: str) -> Condition:
    """One comparison, or a chain such as `30 <= dpd < 60`."""
    found = []
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        found.append(_single(left, operator, right, source))
        left = right
    return found[0] if len(found) == 1 else AllOf(parts=tuple(found))


def _single(left: ast.expr, operator: ast.cmpop, right: ast.expr, source: str) -> Condition:
    if isinstance(operator, ast.In | ast.NotIn):
        many = right.elts if isinstance(right, ast.Tuple | ast.List) else [right]
        return _among(_field(left, source), many, source, negated=isinstance(operator, ast.NotIn))
    op = _OPS.get(type(operator))
    if op is None:
        raise InvalidInput(f"{_shown(left, source)} is compared in a way that is not known: use = != < <= > >= or in")
    if not isinstance(left, ast.Name) and isinstance(right, ast.Name):
        left, right, op = right, left, _TURNED.get(op, op)
    field = _field(left, source)
    if field in NUMBERS:
        return Number(field=field, op=op, value=_number(field, right, source))
    if op not in (Op.EQ, Op.NE):
        raise InvalidInput(f"{field.value} is a word: compare it with =, != or in")
    return Text(field=field, values=(_text(field, right, source),), negated=op is Op.NE)


def _among(field: Field, many: Sequence[ast.expr], source: str, *, negated: bool) -> Condition:
    if field not in NUMBERS:
        return Text(field=field, values=tuple(_text(field, each, source) for each in many), negated=negated)
    equal = AnyOf(parts=tuple(Number(field=field, op=Op.EQ, value=_number(field, each, source)) for each in many))
    return Not(part=equal) if negated else equal


def _field(node: ast.expr, source: str) -> Field:
    if isinstance(node, ast.Name) and node.id in set(Field):
        return Field(node.id)
    known = ", ".join(Field)
    raise InvalidInput(f"{_shown(node, source)} is no field of an account: the fields are {known}")


def _text(field: Field, node: ast.expr, source: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if field is Field.LAST_OUTCOME and node.value not in _OUTCOMES:
            known = ", ".join(CloseReason)
            raise InvalidInput(f"no case ends as {node.value!r}: there are {known}, and '' for none yet")
        return node.value
    raise InvalidInput(f"{field.value} is compared with {_shown(node, source)}: a word stands in quotes, as 'USD'")


def _number(field: Field, node: ast.expr, source: str) -> Decimal:
    """Exactly as it is written: no binary fraction comes between."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            return Decimal(ast.get_source_segment(source, node) or "")
        except InvalidOperation:
            pass
    raise InvalidInput(f"{field.value} is compared with {_shown(node, source)}: it needs a number, as 30")


def _shown(node: ast.AST, source: str) -> str:
    return (ast.get_source_segment(source, node) or "something")[:60]


def words_of(condition: Condition) -> str:
    """The condition in words that read the same again; empty for everybody."""
    if isinstance(condition, Text):
        return _text_words(condition)
    if isinstance(condition, Number):
        return f"{condition.field.value} {condition.op.value} {condition.value:f}"
    if isinstance(condition, Not):
        return f"not ({words_of(condition.part) or _ANYBODY})"
    if not condition.parts:
        return "" if isinstance(condition, AllOf) else _NOBODY
    joined = " and " if isinstance(condition, AllOf) else " or "
    return joined.join(_bracketed(part) for part in condition.parts)


def _bracketed(condition: Condition) -> str:
    words = words_of(condition) or _ANYBODY
    return f"({words})" if isinstance(condition, AllOf | AnyOf) else words


def _text_words(condition: Text) -> str:
    if len(condition.values) == 1:
        return f"{condition.field.value} {'!=' if condition.negated else '='} {condition.values[0]!r}"
    listed = ", ".join(repr(value) for value in condition.values)
    return f"{condition.field.value} {'not in' if condition.negated else 'in'} ({listed})"
