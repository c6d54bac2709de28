import numpy as np
import pytest
from calibration_cases import (
    AS_OF,
    HORIZON,
    day,
    make_crossings,
    make_definitions,
    make_entities,
    make_panel_days,
    make_settings,
)
from scipy import stats

from python_udfs.calibration.backtest import backtest, read_histories
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    effective_clusters,
    percentile_interval,
    sum_matrix,
    wilson_interval,
)
from python_udfs.calibration.inputs import day_number, read_definitions
from python_udfs.calibration.periods import time_split


def test_clusters_of_one_size_count_each():
    assert effective_clusters(np.full(40, 3)) == pytest.approx(40)
    assert effective_clusters(np.array([3, 3, 0, 0, 3])) == pytest.approx(3)
    assert effective_clusters(np.zeros(5)) == 0
    assert effective_clusters(np.array([])) == 0


def test_one_large_cluster_stands_for_nearly_everything():
    sizes = np.append(np.ones(500), 50)
    assert 1 < effective_clusters(sizes) < 2
    assert effective_clusters(10 * sizes) == pytest.approx(effective_clusters(sizes))


@pytest.mark.parametrize("clusters", [8, 15, 60])
def test_the_interval_is_as_wide_as_a_t_interval_of_so_many_clusters(clusters):
    # What a bootstrap of a mean would draw: the spread lacks the factor that n - 1 makes up for.
    error = 2.0
    draws = error * np.sqrt(1 - 1 / clusters) * stats.norm.ppf((np.arange(40_000) + 0.5) / 40_000)
    low, high = percentile_interval(draws, clusters)
    half = error * stats.t.ppf(0.975, clusters - 1)
    assert (float(low), float(high)) == pytest.approx((-half, half), rel=0.02)


def test_with_many_clusters_the_interval_is_the_plain_one():
    draws = np.random.default_rng(1).normal(size=(500, 3))
    plain = np.quantile(draws, [0.025, 0.975], axis=0)
    assert np.allclose(percentile_interval(draws), plain)
    assert np.allclose(percentile_interval(draws, 1e7), plain, atol=1e-4)


def test_each_figure_has_the_interval_of_its_own_clusters():
    draws = np.random.default_rng(2).normal(size=(500, 1)).repeat(4, axis=1)
    draws[:, 3] = np.nan
    low, high = percentile_interval(draws, np.array([np.inf, 12.0, 2.0, 12.0]))
    assert low[0] > low[1] > low[2] == draws[:, 0].min()
    assert high[0] < high[1] < high[2] == draws[:, 0].max()
    assert np.isnan([low[3], high[3]]).all()


def test_rates_of_few_large_clusters_are_covered_as_often_as_is_said():
    rng = np.random.default_rng(4)
    true, accounts, repeats, plain, expanded = 0.3, 40, 400, 0, 0
    for _ in range(repeats):
        # Sizes of accounts: most of one user, a few of fifty; an account converts as a whole.
        sizes = np.minimum(1 + rng.pareto(1.1, accounts) * 2, 50).astype(np.int64)
        converted = sizes * (rng.random(accounts) < true)
        rows = np.repeat([0, 1], accounts)
        features = sum_matrix(
            rows,
            np.tile(np.arange(accounts), 2),
            np.append(sizes, converted).astype(float),
            (2, accounts),
        )
        sums = bootstrap_sums(features, 400, rng)
        rate = sums[:, 1] / sums[:, 0]
        for clusters in (np.inf, effective_clusters(sizes)):
            low, high = percentile_interval(rate, clusters)
            is_covered = bool(low <= true <= high)
            plain += is_covered and np.isinf(clusters)
            expanded += is_covered and not np.isinf(clusters)
    assert plain / repeats < 0.92
    assert 0.92 <= expanded / repeats <= 0.985


def test_users_of_few_large_accounts_widen_the_intervals_of_a_threshold():
    # 120 users who all reach the threshold: alone, or 81 of one account beside 39 others.
    for account_of, accounts, effective in (
        (lambda user: user, 120, 120.0),
        (lambda user: max(user - 80, 0), 40, (81**2 + 39) ** 2 / (81**4 + 39)),
    ):
        names = [f"u{user:03d}" for user in range(120)]
        entities = make_entities(
            [(name, 0, 140 if account_of(i) % 3 == 0 else None) for i, name in enumerate(names)]
        ).assign(account_id=[f"a{account_of(user):03d}" for user in range(120)])
        crossings = make_crossings([(name, 130, 50.0) for name in names])
        as_of = day_number(day(AS_OF))
        periods = time_split(make_panel_days(), as_of=day(AS_OF), horizon_days=HORIZON)
        result = backtest(
            read_histories(crossings, entities, ["d"], as_of)["d"],
            periods,
            np.array([50.0]),
            draws=500,
            generator=np.random.default_rng(6),
        )["holdout"]
        assert result.clusters[0] == accounts
        assert result.effective_clusters[0] == pytest.approx(effective)
        settings = read_definitions(make_definitions(), make_settings())[0].settings
        for figure in ("precision", "lift", "expected_value"):
            drawn = getattr(result.draws, figure)
            drawn = drawn(settings) if callable(drawn) else drawn
            found = result.interval(figure, settings)
            expected = percentile_interval(drawn, result.effective_clusters)
            plain = percentile_interval(drawn)
            assert np.allclose(found, expected)
            is_wider = np.diff(np.ravel(found)) > 1.05 * np.diff(np.ravel(plain))
            assert is_wider == (accounts < 100)


def test_the_interval_of_a_proportion_has_a_width_where_none_or_all_converted():
    successes, trials = np.array([[0, 29, 81, 0], [29, 29, 263, 0]], dtype=np.float64)
    low, high = wilson_interval(successes, trials)
    # 81 of 263: Newcombe (1998), Two-sided confidence intervals for the single proportion.
    assert low == pytest.approx([0, 0.8830, 0.2553, np.nan], abs=5e-5, nan_ok=True)
    assert high == pytest.approx([0.1170, 1, 0.3662, np.nan], abs=5e-5, nan_ok=True)
