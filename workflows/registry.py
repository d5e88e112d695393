"""Every workflow that a worker runs; replays and fingerprints cover the same ones."""

from workflows.answering import AnswerWorkflow
from workflows.campaign import CampaignWorkflow
from workflows.collection import CollectionWorkflow
from workflows.sweep import DelinquencySweepWorkflow

WORKFLOWS: tuple[type, ...] = (CollectionWorkflow, CampaignWorkflow, DelinquencySweepWorkflow, AnswerWorkflow)
