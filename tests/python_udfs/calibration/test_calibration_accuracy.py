import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from python_udfs.calibration.accuracy import MAX_LEVELS, Forecast, measure_forecasts
from python_udfs.calibration.ranking import lift_of_top, sums_by_level


def measure(forecasts, reference, labels, clusters=None, draws=50):
    labels = np.asarray(labels, dtype=bool)
    clusters = np.arange(len(labels)) if clusters is None else clusters
    return measure_forecasts(
        forecasts,
        reference,
        labels,
        clusters,
        len(labels),
        draws=draws,
        generator=np.random.default_rng(1),
    )


def test_the_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    probability = np.round(rng.random(400), 2)
    labels = rng.random(400) < probability
    found = measure({"m": Forecast(probability, probability)}, 0.5, labels)["m"]
    assert found.value["auc"] == pytest.approx(roc_auc_score(labels, probability))
    assert found.value["brier"] == pytest.approx(brier_score_loss(labels, probability))
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    assert found.value["log_loss"] == pytest.approx(log_loss(labels, kept))
    assert found.value["brier_skill"] == pytest.approx(1 - found.value["brier"] / 0.25)
    assert found.value["log_loss_skill"] == pytest.approx(1 - found.value["log_loss"] / np.log(2))
    for name, value in found.value.items():
        assert found.low[name] < value < found.high[name]


def test_the_top_decile_takes_a_fair_part_of_a_tie():
    # Twenty rows: the top tenth is two. One stands alone with an outcome; the next three are tied,
    # one of them with the outcome, so a third of it counts: (1 + 1/3) / 2 over 4 / 20.
    score = np.array([9.0, 8.0, 8.0, 8.0] + [0.0] * 16)
    labels = np.array([True, True, False, False, True, True] + [False] * 14)
    sums = sums_by_level(score, labels, np.arange(20), 20).toarray().sum(axis=1)[:, None]
    assert lift_of_top(sums, 0.1)[0] == pytest.approx((4 / 3 / 2) / 0.2)


def test_a_constant_has_no_lift_and_no_skill():
    constant = np.full(50, 0.3)
    labels = np.arange(50) < 15
    found = measure({"m": Forecast(constant, constant)}, 0.3, labels)["m"]
    assert found.value["auc"] == 0.5
    assert found.value["top_decile_lift"] == pytest.approx(1.0)
    assert found.value["log_loss_skill"] == 0.0
    assert found.low["brier_skill"] == found.high["brier_skill"] == 0.0


def test_weeks_of_one_account_widen_the_interval():
    rng = np.random.default_rng(3)
    probability = np.repeat(rng.random(40), 10)
    labels = np.repeat(rng.random(40) < 0.5, 10)
    forecasts = {"m": Forecast(probability, probability)}
    alone = measure(forecasts, 0.5, labels, draws=300)["m"]
    together = measure(forecasts, 0.5, labels, np.repeat(np.arange(40), 10), draws=300)["m"]
    widths = [one.high["auc"] - one.low["auc"] for one in (alone, together)]
    assert widths[1] > 2 * widths[0]
    converted = labels.reshape(40, 10).all(axis=1).sum()
    assert together.clusters == pytest.approx(min(converted, 40 - converted))


def test_very_many_distinct_scores_change_nothing_but_the_speed():
    rng = np.random.default_rng(4)
    score = rng.random(5 * MAX_LEVELS)
    labels = rng.random(len(score)) < score / 4
    found = measure({"m": Forecast(score, None)}, 0.1, labels, draws=30)["m"]
    assert found.value["auc"] == pytest.approx(roc_auc_score(labels, score))
    assert found.low["auc"] < found.value["auc"] < found.high["auc"]
    assert np.isnan(found.value["brier"])


@pytest.mark.parametrize("labels", [np.zeros(20), np.ones(20)])
def test_one_class_has_no_ranking_but_an_error(labels):
    probability = np.linspace(0.1, 0.9, 20)
    found = measure({"m": Forecast(probability, probability)}, 0.5, labels)["m"]
    assert np.isnan(found.value["auc"])
    assert np.isfinite(found.value["brier"])
