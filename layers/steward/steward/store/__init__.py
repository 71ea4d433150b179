"""S3 and the bus. Only this package and `steward.aws` use boto3."""
