"""Raw events are readable also where Temporal holds ciphertext."""

import base64
import os

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payloads
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionSignaledEventAttributes

from config.encryption import converter_for
from config.keys import read_keys
from config.payloads import DATA_CONVERTER
from console.histories_decoded import decoded


async def test_payloads_become_what_they_hold_encrypted_or_not() -> None:
    keys = read_keys(f"2026-11:{base64.b64encode(os.urandom(32)).decode()}")
    for converter in (DATA_CONVERTER, converter_for(keys)):
        payloads = await converter.encode([{"account_id": "A-1"}, None])
        event = HistoryEvent(
            event_id=7,
            workflow_execution_signaled_event_attributes=WorkflowExecutionSignaledEventAttributes(
                signal_name="fact", input=Payloads(payloads=payloads)
            ),
        )
        told = await decoded(MessageToDict(event), converter)
        assert told == {
            "eventId": "7",
            "workflowExecutionSignaledEventAttributes": {
                "signalName": "fact",
                "input": {"payloads": [{"account_id": "A-1"}, None]},
            },
        }
