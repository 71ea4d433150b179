"""Sentences on a rejected row that hold no cell of it, for events, the ledger and notifications.

The ledger is never erased and notifications leave the account, so that a cell may be in neither. The message of a
`Reason` may quote a cell: it stays in quarantine, where `steward quarantine show` reads it.
"""

from dataclasses import replace

from steward.records.raw import Reason, RejectedRow

_LOG = "name one that `steward log` shows, or none for the version in charge"
RULES = {
    "bounds_crossed": "the lower bound is above the upper one; exchange the bounds",
    "duplicate_id": "an earlier row has this ID, and stands; give each row an ID of its own",
    "duplicate_row": "an earlier upload has this row of this file, and stands; give each file a name of its own",
    "empty_payload": "the payload holds no records; capture whole payloads",
    "impossible_time": "before 1990 or more than a day from now; correct the clock, the unit or the zone",
    "inexact_id": "a number that was rounded; write IDs as whole numbers or as text, with all their digits",
    "invalid_base64": "not base64; copy the file again as it was",
    "malformed": "cannot be taken apart; write one whole row or object, and close every quote",
    "missing_data": "the payload has no text under data; keep the line as SageMaker wrote it",
    "missing_endpoint_input": "no endpointInput; add Input to the capture options of the endpoint",
    "missing_endpoint_output": "no endpointOutput; add Output to the capture options of the endpoint, and leave out "
    "requests that failed",
    "missing_ground_truth_data": "no groundTruthData; write the label there, as data and encoding",
    "missing_id": "empty; give every row an ID of its own",
    "missing_label": "empty; give the true class or value",
    "missing_latency": "says more of a latency that is not there; give the latency too",
    "missing_time": "empty, or a placeholder for a missing time; give the time",
    "missing_value": "empty or NaN, and not nullable; give the value, or correct the declaration",
    "more_errors_than_requests": "more errors than requests; count both over one period",
    "no_known_fields": "a record has none of the fields that the declaration names; name them as the record does",
    "no_shadow_version": "names no version; write the version that scored it, since a shadow is never the champion",
    "no_version": "names no version, and none was in charge at the upload; upload it again once one is",
    "no_whole_number": "not a whole number; write a whole number",
    "not_a_capture": "the line has no captureData; keep other lines in files of their own",
    "not_finite": "infinite; write a finite number, or leave the row out",
    "not_text": "not UTF-8 text; save the file as UTF-8",
    "not_unicode": "half a surrogate pair; write valid Unicode",
    "not_utf8": "bytes that are not UTF-8 text; save the file as UTF-8",
    "out_of_range": "outside its minimum and maximum; correct it, or the declaration",
    "outside_domain": "none of its domain; correct it, or the declaration",
    "pattern_mismatch": "does not match its pattern; correct it, or the declaration",
    "personal_data": "holds personal data; take it out of the text, or declare another policy of the column",
    "record_count_mismatch": "the payloads hold different numbers of records; capture whole payloads",
    "row_too_long": "longer than a row may be; shorten its text",
    "scores_do_not_add_up": "the scores of all classes do not add up to 1; write probabilities",
    "too_long": "longer than declared; correct it, or the declaration",
    "unknown_class": "no class of columns.scores; correct it, or declare it there",
    "unknown_encoding": "an encoding that cannot be read; capture CSV, JSON or base64 of them",
    "unknown_id": "the ID of no stored row; upload rows that never came as new ones",
    "unknown_label": "not 1 or 0; write one of them, or declare another positive_label",
    "unknown_version": f"a version that was never made for this model; {_LOG}",
    "wrong_field_count": "another number of fields than there are columns; quote text that holds separators",
    "wrong_length": "a list of another length than declared; correct it, or the declaration",
    "wrong_type": "cannot be read as the type of its column; correct it, or the declaration",
}
"""The rule that a row breaks and how to mend it, by the code of the reason."""


def locate_problem(rejected: RejectedRow) -> str:
    """Say what is wrong with a row by its number, the column and the rule, without a cell of it.

    >>> reason = Reason("out_of_range", "price", "price is 70.0, above its maximum 60; correct it")
    >>> locate_problem(RejectedRow(17, 18, (reason,), '{"price":"70"}'))
    'row 17, column price: outside its minimum and maximum; correct it, or the declaration (out_of_range)'
    """
    reason = rejected.reasons[0]
    place = f"row {rejected.row}" + (f", column {reason.column}" if reason.column else "")
    return f"{place}: {_rule(reason)} ({reason.code})"


def rule_of(reason: Reason) -> Reason:
    """The reason with the rule in place of its message, which may quote a cell."""
    return replace(reason, message=_rule(reason))


def _rule(reason: Reason) -> str:
    if reason.code.startswith("rule:"):
        return "breaks a rule of the declaration; correct it, or the declaration"
    return RULES.get(reason.code, "cannot be used")
