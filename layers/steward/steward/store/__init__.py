"""S3 as the one versioned store, and the bus: the only room, with `steward.aws`, that knows boto3."""
