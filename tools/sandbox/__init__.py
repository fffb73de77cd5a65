"""An ActiveCampaign for tests, demonstrations and measurements: real limits, and misbehaviour on demand."""

from tools.sandbox.clock import ManualClock, ScaledClock
from tools.sandbox.faults import Fault
from tools.sandbox.knobs import LIFTED, REALISTIC, Knobs
from tools.sandbox.memberships import Status
from tools.sandbox.people import Person
from tools.sandbox.server import Sandbox

__all__ = [
    "LIFTED",
    "REALISTIC",
    "Fault",
    "Knobs",
    "ManualClock",
    "Person",
    "Sandbox",
    "ScaledClock",
    "Status",
]
