"""Work of apps in the jobs role: handlers of jobs, and services that run as long as it does. Loads before any model."""

from kandelia.kernel.jobs.contracts import JobCancelled, JobContext, ServiceContext
from kandelia.kernel.jobs.registry import register_handler, register_schedule, register_service

__all__ = ["JobCancelled", "JobContext", "ServiceContext", "register_handler", "register_schedule", "register_service"]
