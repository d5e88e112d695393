"""The tables as Core objects, typed, for statements that are built once per process."""

from sqlalchemy import Table
from sqlmodel import SQLModel

from casedb import (
    tables,
    tables_agreements,
    tables_campaigns,
    tables_duties,
    tables_escalation,
    tables_furnishing,
    tables_house,
    tables_papers,
    tables_placement,
    tables_replies,
    tables_silence,
    tables_strategies,
)

METADATA = SQLModel.metadata
"""Every table of `casedb.tables` and its neighbours, with its naming convention."""


def _table(model: type[SQLModel]) -> Table:
    """The Core table under a model."""
    return METADATA.tables[str(model.__tablename__)]


person = _table(tables.Person)
contact_point = _table(tables.ContactPoint)
consent = _table(tables_silence.Consent)
suppression = _table(tables_silence.Suppression)
account = _table(tables.Account)
obligation = _table(tables.Obligation)
ledger_entry = _table(tables.LedgerEntry)
case = _table(tables.Case)
decision = _table(tables.Decision)
touch = _table(tables.Touch)
verdict = _table(tables.VerdictRow)
hold = _table(tables_silence.Hold)
duty = _table(tables_duties.Duty)
complaint = _table(tables_duties.Complaint)
complaint_year = _table(tables_duties.ComplaintYear)
contact_switch = _table(tables_silence.ContactSwitch)
inbox_event = _table(tables.InboxEvent)
reply = _table(tables_replies.Reply)
message_text = _table(tables_papers.MessageText)
paper = _table(tables_papers.Paper)
approval = _table(tables.Approval)
approval_vote = _table(tables_escalation.ApprovalVote)
outside_step = _table(tables_escalation.OutsideStepRow)
attestation = _table(tables_escalation.Attestation)
charge_off = _table(tables_escalation.ChargeOff)
human_task = _table(tables.HumanTask)
campaign = _table(tables_campaigns.Campaign)
campaign_member = _table(tables_campaigns.CampaignMember)
campaign_arm = _table(tables_strategies.CampaignArm)
strategy_version = _table(tables_strategies.StrategyVersion)
book_import = _table(tables.BookImport)
agreement = _table(tables_agreements.Agreement)
relief = _table(tables_agreements.Relief)
placement = _table(tables_placement.Placement)
agency_record = _table(tables_placement.AgencyRecord)
agency_file = _table(tables_placement.AgencyFile)
agency_payment = _table(tables_placement.AgencyPayment)
furnishing_subject = _table(tables_furnishing.FurnishingSubject)
furnishing = _table(tables_furnishing.Furnishing)
furnishing_notice = _table(tables_furnishing.FurnishingNotice)
furnished_month = _table(tables_furnishing.FurnishedMonth)
last_run = _table(tables_house.LastRun)
