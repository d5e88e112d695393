"""The typed search attributes of a collection workflow: what lists and filters of running cases are made of.

Set at the start, which is free, and upserted once per stage, which is one billable action. Ids and words only.
"""

from functools import lru_cache

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

STAGE = SearchAttributeKey.for_keyword("AmicableStage")
DPD_BUCKET = SearchAttributeKey.for_keyword("AmicableDpdBucket")
JURISDICTION = SearchAttributeKey.for_keyword("AmicableJurisdiction")
CAMPAIGN = SearchAttributeKey.for_keyword("AmicableCampaign")
STRATEGY = SearchAttributeKey.for_keyword("AmicableStrategy")

SEARCH_ATTRIBUTE_KEYS: tuple[SearchAttributeKey[str], ...] = (STAGE, DPD_BUCKET, JURISDICTION, CAMPAIGN, STRATEGY)


@lru_cache(maxsize=4096)
def at_start(
    *, stage: str, dpd_bucket: str, jurisdiction: str, campaign_id: str | None, strategy: str
) -> TypedSearchAttributes:
    """The attributes a new case starts with; a case outside any campaign has no campaign attribute."""
    pairs: list[SearchAttributePair[str]] = [
        SearchAttributePair(STAGE, stage),
        SearchAttributePair(DPD_BUCKET, dpd_bucket),
        SearchAttributePair(JURISDICTION, jurisdiction),
        SearchAttributePair(STRATEGY, strategy),
    ]
    if campaign_id is not None:
        pairs.append(SearchAttributePair(CAMPAIGN, campaign_id))
    return TypedSearchAttributes(pairs)
