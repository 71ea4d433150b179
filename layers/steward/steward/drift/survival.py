"""Survival functions of common distributions, without importing SciPy."""

import math

_STIRLING = (1 / 12, 1 / 288, -139 / 51840, -571 / 2488320, 163879 / 209018880, 5246819 / 75246796800,
             -534703531 / 902961561600, -4483131259 / 86684309913600)  # fmt: skip
"""Coefficients of Stirling's series for the gamma function (DLMF 5.11.3)."""

_LARGE_SHAPE = 20.0
_FAR = 3.0
"""Standard deviations above the mean from which on a complement loses digits."""
_TINY = 1e-300
_PRECISION = 1e-16
_MOST_TERMS = 100_000


def normal_sf(deviation: float) -> float:
    """The chance that a standard normal exceeds `deviation`.

    Source: NIST Digital Library of Mathematical Functions, 7.2.2 and 7.18 (the complementary error function).

    >>> normal_sf(0.0)
    0.5
    """
    return 0.5 * math.erfc(deviation / math.sqrt(2))


def chi2_sf(statistic: float, degrees: float) -> float:
    """The chance that a chi-squared variable exceeds `statistic`.

    Source: K. Pearson (1900), Philosophical Magazine series 5, volume 50, 157-175.

    Args:
        statistic: at least 0.
        degrees: of freedom, above 0; need not be whole.

    >>> round(chi2_sf(3.841458820694124, 1), 12)
    0.05
    """
    return upper_gamma(degrees / 2, statistic / 2)


def upper_gamma(shape: float, point: float) -> float:
    """The regularised upper incomplete gamma function Q(shape, point).

    Below the mode from the series of its complement, above it from the continued fraction, by Lentz's method. Relative
    error below 1e-10 down to 1e-300.

    Source: NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2; W. H. Press et al., Numerical Recipes, 6.2.
    """
    if point <= 0:
        return 1.0
    if math.isinf(point):
        return 0.0
    front = _density(shape, point)
    if point < shape + 1:
        term = total = 1 / shape
        for k in range(1, _MOST_TERMS):
            term *= point / (shape + k)
            total += term
            if term < total * _PRECISION:
                break
        return max(0.0, 1 - front * total)
    b = point + 1 - shape
    c, d = 1 / _TINY, 1 / b
    fraction = d
    for k in range(1, _MOST_TERMS):
        a = -k * (k - shape)
        b += 2
        d = a * d + b
        c = b + a / c
        d = 1 / _apart(d)
        c = _apart(c)
        fraction *= d * c
        if abs(d * c - 1) < _PRECISION * 4:
            break
    return min(1.0, front * fraction)


def kolmogorov_sf(deviation: float) -> float:
    """The chance that the supremum of a Brownian bridge exceeds `deviation`.

    For two samples of n and m rows, `deviation` is the largest distance of their distribution functions times
    sqrt(n m / (n + m)). On few bins or with ties the true chance is smaller.

    Source: A. Kolmogorov (1933); both series in W. Feller (1948), On the Kolmogorov-Smirnov limit theorems for
    empirical distributions, Annals of Mathematical Statistics 19(2), 177-189.

    >>> round(kolmogorov_sf(1.3580986), 6)
    0.05
    """
    if deviation <= 0.04:  # noqa: PLR2004
        return 1.0
    if deviation < 1.18:  # noqa: PLR2004
        rate = math.pi**2 / (8 * deviation**2)
        inner = sum(math.exp(-((2 * k - 1) ** 2) * rate) for k in range(1, 8))
        return max(0.0, 1 - math.sqrt(2 * math.pi) / deviation * inner)
    return 2 * math.fsum((-1.0) ** (k - 1) * math.exp(-2 * (k * deviation) ** 2) for k in range(1, 8))


def kolmogorov_sf_upper_bound(deviation: float, degrees: int) -> float:
    """An upper bound of the same chance where the variance in `deviation` was estimated with few degrees of freedom.

    The leading term 2 exp(-2 x²), averaged over the chi-squared distribution of the variance's estimate.

    Source: the term as in `kolmogorov_tail`; the average is the moment generating function of chi-squared, in N. L.
    Johnson, S. Kotz and N. Balakrishnan (1994), Continuous Univariate Distributions 1, chapter 18.

    >>> kolmogorov_sf_upper_bound(2.0, 10**9) - 2 * math.exp(-8) < 1e-9
    True
    """
    return min(1.0, 2 * math.exp(-degrees / 2 * math.log1p(4 * deviation**2 / degrees)))


def f_sf(ratio: float, numerator: float, denominator: float) -> float:
    """The chance that an F variable exceeds `ratio`; Student's two-sided tail for a numerator of 1 and t² as ratio.

    By the continued fraction of the incomplete beta function, and by the series of its complement where that is not
    nearly 1: the fraction takes 50 steps for Student's tail at 2.

    Source: NIST Digital Library of Mathematical Functions, 8.17.8 and 8.17.22; W. H. Press et al., Numerical Recipes,
    6.4.

    Args:
        ratio: at least 0.
        numerator: degrees of freedom above the line, above 0; need not be whole.
        denominator: degrees of freedom below it.

    >>> round(f_sf(4.964602743730711, 1, 10), 12)
    0.05
    """
    if ratio <= 0:
        return 1.0
    a, b, x = denominator / 2, numerator / 2, denominator / (denominator + numerator * ratio)
    rest = numerator * ratio / (denominator + numerator * ratio)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    far = a < b or numerator * (ratio - 1) > _FAR * math.sqrt(2 * numerator)
    if far and x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return max(0.0, 1 - front * _beta_series(b, a, rest) / b)


def lognormal_sf(ratio: float, variance: float) -> float:
    """The chance that a log-normal variable of mean 1 exceeds `ratio`.

    Source: N. L. Johnson, S. Kotz and N. Balakrishnan (1994), Continuous univariate distributions 1, chapter 14.

    Args:
        ratio: at least 0.
        variance: of the variable, above 0.

    >>> round(lognormal_sf(math.exp(0.5), math.e - 1), 12)
    0.158655253931
    """
    if ratio <= 0:
        return 1.0
    spread = math.log1p(variance)
    return normal_sf((math.log(ratio) + spread / 2) / math.sqrt(spread))


def _beta_series(a: float, b: float, x: float) -> float:
    """The sum of positive terms, which soon fall unless x is near 1."""
    term = total = 1.0
    for k in range(1, _MOST_TERMS):
        term *= x * (a + b + k - 1) / (a + k)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _beta_fraction(a: float, b: float, x: float) -> float:
    """By Lentz's method, an even and an odd step at a time."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    fraction, twice = d, a
    for k in range(1, _MOST_TERMS):
        twice += 2
        step = k * (b - k) * x / ((twice - 1) * twice)
        d, c = 1 + step * d, 1 + step / c
        if abs(d) <= _TINY or abs(c) <= _TINY:
            d, c = _apart(d), _apart(c)
        d = 1 / d
        fraction *= c * d
        step = -(a + k) * (a + b + k) * x / (twice * (twice + 1))
        d, c = 1 + step * d, 1 + step / c
        if abs(d) <= _TINY or abs(c) <= _TINY:
            d, c = _apart(d), _apart(c)
        d = 1 / d
        change = c * d
        fraction *= change
        if abs(change - 1) < _PRECISION * 4:
            break
    return fraction


def _apart(number: float) -> float:
    return number if abs(number) > _TINY else _TINY


def _density(shape: float, point: float) -> float:
    """point^shape exp(-point) / gamma(shape), kept accurate where its parts are huge."""
    if shape < _LARGE_SHAPE:
        return math.exp(shape * math.log(point) - point - math.lgamma(shape))
    relative = (point - shape) / shape
    series = 1.0 + sum(coefficient / shape ** (k + 1) for k, coefficient in enumerate(_STIRLING))
    return math.exp(shape * (math.log1p(relative) - relative)) * math.sqrt(shape / (2 * math.pi)) / series
