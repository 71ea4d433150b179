"""Formats names, timestamps and figures for people."""

import re
from datetime import datetime

from markupsafe import Markup, escape

from steward.spec.windows import Window

_NAMES = {
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "r_squared": "R²",
    "cpu": "CPU",
    "gpu": "GPU",
    "wont_fix": "will not be fixed",
}


def name(identifier: str) -> str:
    """A name as people read it.

    >>> name("log_loss"), name("roc_auc")
    ('Log loss', 'ROC AUC')
    """
    words = name_within(identifier)
    return f"{words[:1].upper()}{words[1:]}"


def name_within(identifier: str) -> str:
    """The same within a sentence.

    >>> name_within("log_loss"), name_within("roc_auc")
    ('log loss', 'ROC AUC')
    """
    return _NAMES.get(identifier, identifier.replace("_", " "))


def moment(at: datetime) -> str:
    """A moment as people read it, in UTC."""
    return f"{at:%d %b %Y %H:%M} UTC" if (at.hour, at.minute) != (0, 0) else f"{at:%d %b %Y}"


def person(arn: str) -> str:
    """Who an ARN names: its last part, which is what colleagues know each other by."""
    return re.sub(r"arn:[\w-]*:(?:iam|sts):[^:\s]*:[^:\s]*:(?:user|role|assumed-role)/", "", arn)


def day(window: str) -> str:
    """When a window began, as people say it: the hour only where windows are shorter than a day."""
    found = Window.parse(window)
    return f"{found.start:%d %b %Y}" if found.length.days else f"{found.start:%d %b %Y %H:%M}"


def figure(value: float | None) -> str:
    """A figure with as many digits as it is worth.

    >>> figure(1234567.0), figure(0.123456), figure(None)
    ('1,234,567', '0.1235', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"  # noqa: PLR2004


def code(sentence: str) -> Markup:
    """A sentence as HTML, with what stands between backticks as code.

    >>> code("`a<b` moved")
    Markup('<code>a&lt;b</code> moved')
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped before


_CODE = re.compile("`([^`]+)`")
