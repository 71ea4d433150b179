"""Changes of the joint distribution that no single column shows."""

from steward.drift.joint.correlation_shift import CorrelationShift, correlation_shift
from steward.drift.joint.domain_classifier import DomainClassifier, domain_classifier
from steward.drift.joint.maximum_mean_discrepancy import Discrepancy, maximum_mean_discrepancy
from steward.drift.joint.reconstruction_error import ReconstructionError, reconstruction_error

__all__ = [
    "CorrelationShift",
    "Discrepancy",
    "DomainClassifier",
    "ReconstructionError",
    "correlation_shift",
    "domain_classifier",
    "maximum_mean_discrepancy",
    "reconstruction_error",
]
