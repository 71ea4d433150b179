"""Answer requests for predictions of any model, and log each row that was answered."""

from steward.http_function import HttpFunction
from steward.runtime import ServingSettings
from steward.services.serve_predictions import PredictionEndpoint

handler = HttpFunction(PredictionEndpoint, settings=ServingSettings)
