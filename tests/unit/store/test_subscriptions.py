"""Who is told of alerts, and who has not confirmed yet."""

from unittest.mock import patch

from steward import aws
from steward.store.subscriptions import confirmed_subscriptions

LISTED = [
    {"SubscriptionArn": "PendingConfirmation", "Protocol": "email"},
    {"SubscriptionArn": "Deleted", "Protocol": "email"},
    {"SubscriptionArn": "arn:aws:sns:us-east-1:123456789012:alerts:1", "Protocol": "sqs"},
]


def test_only_a_confirmed_subscription_hears_of_alerts() -> None:
    pages = [{"Subscriptions": LISTED[:2]}, {"Subscriptions": LISTED[2:]}]
    with patch.object(aws, "sns") as sns:
        sns().get_paginator().paginate.return_value = pages
        assert confirmed_subscriptions("topic") == 1
        sns().get_paginator().paginate.return_value = pages[:1]
        assert confirmed_subscriptions("topic") == 0
