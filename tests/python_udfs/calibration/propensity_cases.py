"""A simulated product with a planted cause of churn, for the tests of the propensity models."""

import numpy as np
import pandas as pd
from calibration_cases import DAY_ZERO

FACTORS = ("drop", "level", "noise", "rarely")


def simulate_propensity(seed, *, effect=1.6, accounts=1200, weeks=60, shape=None, outcome="churn"):
    """Weekly rows of accounts whose hazard depends on ``drop`` (-1 to 1), and on nothing else.

    ``level`` follows ``drop`` loosely, ``noise`` is unrelated, ``rarely`` is unknown on most days.
    ``shape`` gives the log hazard ratio of a drop; default: falls by ``effect`` per unit.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, weeks // 2, accounts)
    pace = rng.normal(size=accounts)
    state = np.empty((accounts, weeks))
    state[:, 0] = rng.normal(size=accounts)
    for week in range(1, weeks):
        state[:, week] = 0.97 * state[:, week - 1] + 0.24 * rng.normal(size=accounts)
    drop = np.tanh(state)
    shape = shape or (lambda value: -effect * value)
    hazard = 0.006 * np.exp(shape(drop))
    happens = rng.random((accounts, weeks)) < hazard
    # Whoever leaves comes back at once, so that the mix of accounts stays the same over time.
    account, week = np.nonzero(np.arange(weeks) >= first[:, None])
    horizon = 8
    is_mature = week < weeks - horizon
    account, week = account[is_mature], week[is_mature]
    so_far = np.hstack([np.zeros((accounts, 1), dtype=np.int64), happens.cumsum(axis=1)])
    ahead = so_far[account, week + horizon + 1] - so_far[account, week + 1]
    rows = len(account)
    days = pd.DataFrame(
        {
            "entity_day": np.arange(rows) * 3 + 5,
            "outcome": outcome,
            "account_id": [f"a{number:05d}" for number in account],
            "panel_on": DAY_ZERO + 7 * week,
            "has_outcome": ahead > 0,
        }
    )
    columns = {
        "drop": np.round(drop[account, week], 3),
        "level": np.maximum(0, np.round(3 * pace[account] + 2 * drop[account, week])),
        "noise": np.round(rng.random(rows), 2),
        "rarely": np.where(rng.random(rows) < 0.2, np.round(rng.random(rows), 2), np.nan),
    }
    factors = pd.DataFrame(
        {
            "factor_number": np.arange(len(FACTORS)) + 1,
            "factor": FACTORS,
            "threshold": [np.nan, 2.0, np.nan, np.nan],
            "is_zero_when_absent": [False, True, False, False],
        }
    )
    values = pd.concat(
        [
            pd.DataFrame(
                {
                    "entity_day": days["entity_day"],
                    "factor_number": number + 1,
                    "factor_value": columns[name],
                }
            )
            for number, name in enumerate(FACTORS)
        ],
        ignore_index=True,
    )
    is_absent = (values["factor_number"] == FACTORS.index("level") + 1) & (
        values["factor_value"] == 0
    )
    values = values[values["factor_value"].notna() & ~is_absent]
    return {
        "days": days,
        "factors": factors,
        "values": values,
        "panel_days": days.groupby("panel_on").size().rename("entity_count").reset_index(),
        "columns": pd.DataFrame(columns),
        "arguments": {
            "as_of": pd.Timestamp(DAY_ZERO + 7 * (weeks - 1)),
            "horizon_days": 7 * horizon,
        },
    }
