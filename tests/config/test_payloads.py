"""The shared payload converter: one set of type adapters, whoever asks."""

import dataclasses
import inspect
from typing import get_args, get_type_hints

from config.payloads import DATA_CONVERTER, SharedPydanticConverter, warm
from domain.case import CaseState
from domain.events import EVENT_TYPES
from domain.step import Contact, NextStep, Rest
from workflows import messages
from workflows.collection import CollectionWorkflow
from workflows.messages import PAYLOAD_TYPES, CollectionRequest


def json_converter(converter: SharedPydanticConverter) -> object:
    return converter.converters[b"json/plain"]


def test_every_workflow_run_reads_payloads_with_the_same_adapters() -> None:
    assert json_converter(SharedPydanticConverter()) is json_converter(SharedPydanticConverter())


def test_a_warmed_type_is_not_built_again() -> None:
    warm(PAYLOAD_TYPES)
    adapters = json_converter(SharedPydanticConverter())._type_adapter  # type: ignore[attr-defined]
    before = adapters.cache_info().misses
    converter = DATA_CONVERTER.payload_converter_class()
    request = CollectionRequest(account_id="acc-1", strategy="wallet-standard")
    payloads = converter.to_payloads([request])
    assert converter.from_payloads(payloads, [CollectionRequest]) == [request]
    assert adapters.cache_info().misses == before


def test_every_message_of_workflows_is_warmed() -> None:
    carried_inside_others = {"Carried"}
    declared = {
        name
        for name, value in inspect.getmembers(messages, inspect.isclass)
        if value.__module__ == messages.__name__ and name not in carried_inside_others
    }
    warmed = {getattr(each, "__name__", "") for each in PAYLOAD_TYPES}
    assert declared <= warmed


def test_every_hint_of_an_update_or_signal_is_warmed() -> None:
    hints = set()
    for method in (
        CollectionWorkflow.fact,
        CollectionWorkflow.promise_to_pay,
        CollectionWorkflow.accept_plan,
        CollectionWorkflow.decide_approval,
    ):
        signature = inspect.signature(method)
        hints |= {p.annotation for name, p in signature.parameters.items() if name != "self"}
    assert hints <= set(PAYLOAD_TYPES)


def test_a_field_that_says_none_takes_no_room_and_comes_back() -> None:
    converter = DATA_CONVERTER.payload_converter_class()
    request = CollectionRequest(account_id="acc-1", strategy="wallet-standard")
    (payload,) = converter.to_payloads([request])
    assert b"null" not in payload.data
    assert converter.from_payloads([payload], [CollectionRequest]) == [request]


def test_every_field_of_a_message_that_may_be_none_defaults_to_it() -> None:
    shapes = [each for each in PAYLOAD_TYPES if dataclasses.is_dataclass(each)]
    shapes += [*EVENT_TYPES, CaseState, NextStep, Contact, Rest]
    for shape in shapes:
        hints = get_type_hints(shape)
        for field in dataclasses.fields(shape):
            if type(None) in get_args(hints[field.name]):
                assert field.default is None, f"{shape.__name__}.{field.name}"
