import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from python_udfs.calibration.bootstrap import percentile_interval
from python_udfs.calibration.ranking import clusters_of_rarer_class, ranking_areas


def areas_of(scores, labels, clusters, rng, draws=300):
    return ranking_areas(
        scores, labels, clusters, int(clusters.max()) + 1, draws=draws, generator=rng
    )


def test_the_areas_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    labels = rng.random(300) < 0.3
    scores = [np.round(rng.normal(labels, 1.0), 1), np.round(rng.normal(size=300), 1)]
    found = areas_of(scores, labels, np.arange(300), rng)
    assert found.value == pytest.approx([roc_auc_score(labels, score) for score in scores])
    assert found.is_beyond_chance(0)
    assert not found.is_beyond_chance(1)
    low, high = found.difference()
    assert low < found.value[1] - found.value[0] < high < 0


def test_no_area_is_taken_where_all_have_the_same_label():
    score, clusters = np.arange(5.0), np.arange(5)
    for labels in (np.zeros(5, dtype=bool), np.ones(5, dtype=bool)):
        assert areas_of([score], labels, clusters, np.random.default_rng(1)) is None


def test_a_ranking_stands_on_the_accounts_of_the_rarer_class():
    labels = np.repeat([True, False], [12, 500])
    assert clusters_of_rarer_class(labels, np.arange(512)) == pytest.approx(12)
    assert clusters_of_rarer_class(~labels, np.arange(512)) == pytest.approx(12)
    # The twelve are the weeks of three accounts.
    clusters = np.concatenate([np.repeat([0, 1, 2], 4), 3 + np.arange(500)])
    assert clusters_of_rarer_class(labels, clusters) == pytest.approx(3)


def test_areas_of_few_converters_are_covered_as_often_as_is_said():
    rng = np.random.default_rng(2)
    accounts, converters, weeks, repeats = 100, 12, 4, 400
    clusters = np.repeat(np.arange(accounts), weeks)
    labels = clusters < converters
    # Scores of converters are one standard deviation above those of the others.
    true = stats.norm.cdf(1 / np.sqrt(2))
    expanded, plain = 0, 0
    for _ in range(repeats):
        of_account, of_week = rng.normal(size=accounts)[clusters], rng.normal(size=len(clusters))
        score = labels + np.sqrt(0.7) * of_account + np.sqrt(0.3) * of_week
        found = areas_of([score], labels, clusters, rng)
        assert found.clusters == pytest.approx(converters)
        for count in (np.inf, found.clusters):
            low, high = percentile_interval(found.draws[:, 0], count)
            is_covered = bool(low <= true <= high)
            plain += is_covered and np.isinf(count)
            expanded += is_covered and not np.isinf(count)
    assert plain / repeats < 0.94 <= expanded / repeats <= 0.985
