"""Unequal treatment is a breach where it is surely beyond the limit; chance and small groups are not."""

import numpy as np
import pytest

from steward.fairness.group_fairness import GroupTreatment, compare_groups
from steward.performance.groups import Confusion
from steward.profiles.model_bins import SegmentBins
from steward.profiles.segments import Decisions
from tests.nightly import nightly
from tests.unit import examples

SPEC = """\
model: loans
owner: bank@example.com
task: binary_classification
columns: {id: id, time: at, score: risk, label: repaid}
features: {income: numeric}
attributes: {sex: categorical, region: categorical}
fairness: {protected: [sex]}
"""
SEX = {"sex": SegmentBins(column="sex", values=("f", "m"))}
RATE = 0.01
EVERY_LIMIT = SPEC + ("monitors: {fairness: {maximum_parity_difference: 0.1, maximum_opportunity_difference: 0.1}}\n")


def treated(confusions=None, attribute="sex", **groups):
    """Groups as (favourable, decided)."""
    decisions = {
        group: Decisions(rows=rows, decided=rows, favourable=favourable) for group, (favourable, rows) in groups.items()
    }
    return GroupTreatment({attribute: decisions}, {attribute: confusions} if confusions else {})


def confusion(tp, fp, tn, fn):
    return Confusion(true_positives=tp, false_positives=fp, true_negatives=tn, false_negatives=fn)


def judged(window, text=SPEC, attributes=SEX, baseline=None, rate=RATE):
    results = compare_groups(attributes, window, baseline or treated(), examples.spec(text), rate)
    return {(result.statistic, result.segment): result for result in results}


def test_the_four_fifths_rule_names_who_gets_less():
    found = judged(treated(f=(300, 1000), m=(500, 1000)), baseline=treated(f=(480, 1000), m=(500, 1000)))
    impact = found["disparate_impact", None]
    assert impact.status == "breach"
    assert (impact.column, impact.value, impact.threshold, impact.baseline) == ("sex", 0.6, 0.8, 0.96)
    assert impact.effect == pytest.approx(-0.4)
    assert impact.message.startswith("disparate impact of `sex` is 0.600 (0.")
    assert "sex=f (n = 1,000) gets 30.0% favourable decisions, sex=m (n = 1,000) gets 50.0%" in impact.message
    assert impact.message.endswith(
        "surely below the limit of 0.8; over the 1 comparisons of groups together, chance alone breaches a limit in at "
        "most one of 100 windows"
    )
    assert found["favourable_share", "sex=f"].value == 0.3
    assert found["favourable_share", "sex=f"].baseline == 0.48
    assert found["favourable_share", "sex=f"].status == "measured"
    assert found["statistical_parity_difference", None].status == "measured"
    assert found["equal_opportunity_difference", None].status == "unknown"
    assert found["equal_opportunity_difference", None].message.endswith("no row of the window has a label yet")


def test_a_large_difference_of_few_rows_is_not_sure():
    found = judged(treated(f=(10, 40), m=(20, 40)))["disparate_impact", None]
    assert found.value == 0.5
    assert found.status == "ok"
    assert "not surely below the limit of 0.8" in found.message


def test_equal_treatment_is_ok():
    found = judged(treated(f=(500, 1000), m=(510, 1000)), EVERY_LIMIT)
    assert found["disparate_impact", None].status == "ok"
    assert found["statistical_parity_difference", None].status == "ok"
    assert found["statistical_parity_difference", None].threshold == 0.1


def test_labels_show_unequal_opportunity_where_decisions_are_alike():
    confusions = {"f": confusion(200, 200, 300, 300), "m": confusion(350, 50, 450, 150), "other": Confusion()}
    found = judged(treated(confusions, f=(400, 1000), m=(400, 1000)), EVERY_LIMIT)
    opportunity = found["equal_opportunity_difference", None]
    assert opportunity.status == "breach"
    assert opportunity.value == pytest.approx(0.3)
    assert "sex=f (n = 500) gets 40.0% favourable decisions where the truth is favourable" in opportunity.message
    assert found["disparate_impact", None].status == "ok"
    assert found["average_odds_difference", None].status == "measured"
    assert found["average_odds_difference", None].value == pytest.approx(abs((0.4 + 0.4) / 2 - (0.7 + 0.1) / 2))
    assert found["predictive_parity_difference", None].value == pytest.approx(350 / 400 - 200 / 400)
    assert found["true_positive_rate", "sex=m"].value == pytest.approx(0.7)


@pytest.mark.parametrize("limit", ["maximum_parity_difference", "maximum_opportunity_difference"])
def test_a_wider_limit_lets_more_pass(limit):
    confusions = {"f": confusion(200, 100, 400, 300), "m": confusion(350, 150, 350, 150)}
    window = treated(confusions, f=(300, 1000), m=(500, 1000))
    statistic = "statistical_parity_difference" if "parity" in limit else "equal_opportunity_difference"
    monitors = "monitors: {fairness: {minimum_disparate_impact: null, " + limit
    assert judged(window, SPEC + f"{monitors}: 0.1}}}}\n")[statistic, None].status == "breach"
    assert judged(window, SPEC + f"{monitors}: 0.5}}}}\n")[statistic, None].status == "ok"
    assert judged(window, SPEC + f"{monitors}: 0.1}}}}\n")["disparate_impact", None].status == "measured"


def test_groups_with_few_rows_are_unknown_and_not_compared():
    attributes = {"sex": SegmentBins(column="sex", values=("f", "m", "x"))}
    window = treated(f=(480, 1000), m=(500, 1000), x=(0, 29))
    found = judged(window, attributes=attributes)
    assert found["favourable_share", "sex=x"].status == "unknown"
    assert found["favourable_share", "sex=x"].message == (
        "sex=x cannot be compared: the window has 29 decisions of it, and 30 are needed"
    )
    assert found["disparate_impact", None].status == "ok"
    fewer = SPEC + "monitors: {fairness: {minimum_rows: 20}}\n"
    assert judged(window, fewer, attributes)["disparate_impact", None].status == "breach"


def test_values_that_the_baseline_never_had_are_compared_as_other():
    found = judged(treated(f=(480, 1000), m=(500, 1000), other=(10, 500)))
    assert found["disparate_impact", None].status == "breach"
    assert "sex=other (n = 500) gets 2.0%" in found["disparate_impact", None].message
    assert ("favourable_share", "sex=other") not in judged(treated(f=(480, 1000), m=(500, 1000)))


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (GroupTreatment({}, {}), "no record of the window says its `sex`"),
        (treated(f=(0, 0), m=(0, 0)), "no record of the window says its `sex`"),
        (treated(f=(1, 1)), "no group has 30 decisions"),
        (treated(f=(1, 1), m=(1, 1)), "no group has 30 decisions"),
        (
            treated(f=(200, 400), m=(0, 0)),
            "only sex=f has 30 decisions, and there is no other group to compare it with",
        ),
        (treated(f=(0, 400), m=(0, 400)), "no group has any of the favourable decisions"),
    ],
)
def test_what_cannot_be_compared_is_unknown_with_its_reason(window, reason):
    found = judged(window)["disparate_impact", None]
    assert found.status == "unknown"
    assert found.message == f"disparate impact of `sex` cannot be measured: {reason}"
    assert "breach" not in {result.status for result in judged(window).values()}


def test_an_attribute_declared_after_the_version_was_made_is_unknown():
    found = judged(treated(f=(1, 100)), SPEC.replace("[sex]", "[sex, region]"))
    assert found["groups", None].status == "unknown"
    assert "declared protected after the version was made" in found["groups", None].message


def test_fairness_is_judged_only_where_it_is_declared_and_on():
    window = treated(f=(300, 1000), m=(500, 1000))
    assert not judged(window, SPEC.replace("fairness: {protected: [sex]}\n", ""))
    assert not judged(window, SPEC + "monitors: {fairness: null}\n")


@pytest.mark.parametrize(("groups", "windows"), [(2, 500), *nightly((2, 1500), (5, 1500))])
def test_equal_treatment_seldom_alarms_even_where_no_difference_is_allowed(groups, windows):
    """The hardest limits there are: no difference at all, in decisions and in opportunity, over two attributes."""
    generator = np.random.default_rng(groups)
    names = tuple("abcde"[:groups])
    attributes = {name: SegmentBins(column=name, values=names) for name in ("sex", "region")}
    text = SPEC.replace("[sex]", "[sex, region]") + (
        "monitors: {fairness: {minimum_disparate_impact: 1, maximum_parity_difference: 0, "
        "maximum_opportunity_difference: 0}}\n"
    )
    spec, rate = examples.spec(text), 0.05
    alarms = 0
    for _ in range(windows):
        decisions, confusions = {}, {}
        for attribute in attributes:
            rows = generator.integers(35, 400, groups)
            decisions[attribute] = {
                name: Decisions(rows=int(n), decided=int(n), favourable=int(generator.binomial(n, 0.3)))
                for name, n in zip(names, rows, strict=True)
            }
            confusions[attribute] = {
                name: confusion(*(int(count) for count in generator.multinomial(n, [0.2, 0.1, 0.6, 0.1])))
                for name, n in zip(names, rows, strict=True)
            }
        window = GroupTreatment(decisions, confusions)
        results = compare_groups(attributes, window, GroupTreatment({}, {}), spec, rate)
        alarms += any(result.status == "breach" for result in results)
    print(f"\n{groups} groups, two attributes, three limits: {alarms} false alarms in {windows} windows, stated {rate}")
    assert 0 < alarms <= windows * rate
