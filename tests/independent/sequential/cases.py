"""What the peers of sequential inference are asked, in plain Python that every environment runs."""

BOUNDARIES = [
    {"information": information, "level": level, "narrowest": narrowest}
    for information in (0.02, 0.3, 1.0, 25.0)
    for level in (0.05, 0.005, 0.001)
    for narrowest in (0.1, 1.0)
]
PROPORTIONS = [
    {"successes": successes, "rows": rows, "level": level, "planned_rows": planned}
    for successes, rows in ((0, 40), (1, 40), (7, 40), (500, 1000), (990, 1000), (1000, 1000), (2500, 100_000))
    for level, planned in ((0.05, 1000), (0.01, 50_000))
]
OLD = {"rows": 900, "total": 95.5, "squares": 210.0, "before": 400.0, "before_squares": 600.0, "products": 130.0}
NEW = {"rows": 1100, "total": 140.0, "squares": 300.0, "before": 500.0, "before_squares": 720.0, "products": 170.0}
ARMS = [
    {"champion": OLD, "challenger": NEW, "adjusted": adjusted, "level": level, "planned_rows": planned}
    for adjusted in (False, True)
    for level, planned in ((0.05, 5000), (0.01, 200))
]
COUNTS = [
    {"counts": counts, "weights": weights}
    for counts, weights in (
        ([510, 490], [0.5, 0.5]),
        ([51_000, 49_000], [0.5, 0.5]),
        ([9_300, 700], [0.9, 0.1]),
        ([800, 110, 90], [0.8, 0.1, 0.1]),
        ([0, 30], [0.75, 0.25]),
    )
]
CONCENTRATION = 100
"""Of the prior of the shares, as in `steward.experiments.sample_ratio`."""
