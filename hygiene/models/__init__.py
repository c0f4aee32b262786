"""Record deletes, the work orders that carry them to Adobe, dataset expirations and quotas."""

from hygiene.models.expirations import DatasetExpiration, ExpirationOrder
from hygiene.models.quotas import QuotaReading
from hygiene.models.record_deletes import RecordDelete
from hygiene.models.work_orders import ServiceProgress, WorkOrder

__all__ = ["DatasetExpiration", "ExpirationOrder", "QuotaReading", "RecordDelete", "ServiceProgress", "WorkOrder"]
