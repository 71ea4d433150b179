"""Who hears of a topic."""

from steward import aws


def confirmed_subscriptions(topic_arn: str) -> int:
    """How many have confirmed it; the others are listed without an ARN of their own."""
    pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    return sum(one["SubscriptionArn"].startswith("arn:") for page in pages for one in page["Subscriptions"])
