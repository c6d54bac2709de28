import pandas as pd
import pytest
from calibration_cases import (
    EFFECTS,
    GOOD_POINTS,
    POINTS,
    SIGNALS,
    VERDICT,
    make_definitions,
    make_settings,
    simulate,
    take,
)

from python_udfs.calibration import (
    MissingColumnError,
    calibrate,
    diagnose,
    schemas,
    signal_lift,
)
from python_udfs.calibration.diagnosis import COMPLEX_SIGNALS


def run(case):
    lifts = signal_lift(*take(case, *SIGNALS), **case["arguments"])
    verdicts = calibrate(*take(case, *VERDICT), **case["arguments"])
    result = diagnose(
        case["panel"],
        case["signal_panel"],
        lifts,
        verdicts,
        *take(case, "definitions", "settings", "panel_days"),
        **case["arguments"],
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.DIAGNOSIS.items()
    }
    assert result["finding"].str.endswith(".").all()
    return result.set_index("mistake"), lifts


@pytest.fixture(scope="module")
def case():
    return simulate(0, accounts=1500)


def test_a_signal_against_its_effect_is_named(case):
    result, _ = run(case)
    assert result.loc["wrong_way", "is_found"]
    assert "harmful" in result.loc["wrong_way", "finding"]
    right, _ = run(simulate(0, points_of=GOOD_POINTS, accounts=1500))
    assert not right.loc["wrong_way", "is_found"]


def test_a_threshold_that_everybody_reaches_is_too_broad(case):
    everybody = case["panel"].assign(score=case["panel"]["score"] + 50)
    broad, _ = run(case | {"panel": everybody})
    assert broad.loc["too_broad", "is_found"]
    assert "100 %" in broad.loc["too_broad", "finding"]
    narrow, _ = run(case)
    assert not narrow.loc["too_broad", "is_found"]


def test_who_lacks_what_is_required_does_not_reach_the_threshold(case):
    panel = case["panel"].assign(score=case["panel"]["score"] + 50)
    has_it = panel["panel_row"] % 4 == 0
    result, _ = run(case | {"panel": panel.assign(is_required_met=has_it)})
    assert not result.loc["too_broad", "is_found"]
    assert "25" in result.loc["too_broad", "finding"].split(" %")[0]


def test_leads_that_convert_like_others_are_too_broad():
    # The score is all noise: whoever reaches the threshold is like anybody else.
    case = simulate(3, effects=dict.fromkeys(EFFECTS, 0.0), accounts=3000)
    case["definitions"] = make_definitions(enter_threshold=40, exit_threshold=30)
    result, _ = run(case)
    assert (case["panel"]["score"] >= 40).mean() < 0.5
    assert result.loc["too_broad", "is_found"]
    assert "hardly better than chance" in result.loc["too_broad", "finding"]


def test_a_threshold_that_nobody_reaches_is_too_narrow(case):
    result, _ = run(case | {"definitions": make_definitions(enter_threshold=99, exit_threshold=90)})
    assert result.loc["too_narrow", "is_found"]
    assert not run(case)[0].loc["too_narrow", "is_found"]


def test_signals_that_can_go_without_loss_make_a_definition_too_complex(case):
    result, lifts = run(case)
    # Five signals are not complex, whatever they are.
    assert not result.loc["too_complex", "is_found"]
    extra = case["weights"].iloc[[-1]].assign(signal_key="idle", points=3.0)
    rows = case["panel"].sample(frac=0.3, random_state=0)["panel_row"]
    met = pd.DataFrame({"panel_row": rows.to_numpy(), "signal_key": "idle", "points": 3.0})
    panel = case["panel"].copy()
    panel.loc[panel["panel_row"].isin(rows), "score"] += 3.0
    larger = case | {
        "panel": panel,
        "weights": pd.concat([case["weights"], extra], ignore_index=True),
        "signal_panel": pd.concat([case["signal_panel"], met], ignore_index=True),
    }
    result, lifts = run(larger)
    assert lifts.set_index("signal_key").loc[["idle", "harmful"], "warning"].notna().all()
    assert result.loc["too_complex", "is_found"]
    assert result.loc["too_complex", "finding"].endswith("they can go.")


def marked(names, *, seed, accounts):
    """What is said when some of six signals are proposed for removal, whatever they are worth."""
    case = simulate(seed, accounts=accounts)
    signals = [*POINTS, "idle"]
    lifts = pd.DataFrame(
        {
            "definition_key": "d",
            "signal_key": signals,
            "warning": None,
            "proposal": ["remove" if name in names else "keep" for name in signals],
        }
    )
    result = diagnose(
        case["panel"],
        case["signal_panel"],
        lifts,
        calibrate(*take(case, *VERDICT), **case["arguments"]),
        *take(case, "definitions", "settings", "panel_days"),
        **case["arguments"],
    )
    return result.set_index("mistake").loc["too_complex"]


def test_few_accounts_do_not_prove_that_what_drives_conversion_can_go():
    found = [marked(("strong", "good"), seed=seed, accounts=60) for seed in range(12)]
    unknown = [one for one in found if pd.isna(one["is_found"])]
    assert not any(one["is_found"] for one in found if pd.notna(one["is_found"]))
    assert len(unknown) > 6
    assert all(one["finding"].endswith("too few to tell whether they can go.") for one in unknown)


def test_with_many_accounts_it_is_told_what_can_go():
    needed = marked(("strong", "good"), seed=1, accounts=900)
    assert not needed["is_found"]
    assert needed["finding"].endswith("they do carry something together.")
    assert marked(("noise", "harmful"), seed=1, accounts=900)["is_found"]


def test_a_loss_that_is_too_small_to_matter_keeps_no_signal():
    # The companion is worth up to a hundredth of the area, which 3,000 accounts show.
    found = marked(("companion",), seed=1, accounts=3000)
    assert found["is_found"]
    assert "to -0.00" in found["finding"]


def test_a_signal_of_which_the_data_cannot_tell_makes_no_definition_too_complex(case):
    few = [f"few_{number}" for number in range(4)]
    weights = [case["weights"].iloc[[-1]].assign(signal_key=name, points=3.0) for name in few]
    rows = case["panel"]["panel_row"].head(3)
    met = [pd.DataFrame({"panel_row": rows, "signal_key": name, "points": 3.0}) for name in few]
    is_good, earned = (
        case[name]["signal_key"].isin(["strong", "good"]) for name in ("weights", "signal_panel")
    )
    result, lifts = run(
        case
        | {
            "weights": pd.concat([case["weights"][is_good], *weights], ignore_index=True),
            "signal_panel": pd.concat([case["signal_panel"][earned], *met], ignore_index=True),
        }
    )
    assert len(lifts) > COMPLEX_SIGNALS
    told = lifts.set_index("signal_key").loc[few, "warning"]
    assert told.str.startswith("too few observations").all()
    assert not result.loc["too_complex", "is_found"]


def test_what_cannot_be_told_is_said(case):
    customers, _ = run(case | {"definitions": make_definitions(audience="customer")})
    assert customers["is_found"].isna().all()
    short, _ = run(case | {"panel_days": case["panel_days"].tail(3)})
    assert short.loc[["too_broad", "too_narrow", "too_complex"], "is_found"].isna().sum() >= 2
    empty, _ = run(
        {
            name: table.iloc[:0]
            if name in ("panel", "signal_panel", "crossings", "entities", "score_spans")
            else table
            for name, table in case.items()
        }
    )
    assert empty.loc[["too_broad", "too_narrow"], "is_found"].isna().all()
    rare, _ = run(case | {"settings": make_settings(min_conversions=10_000, min_entities=10_000)})
    assert rare["finding"].notna().all()


def test_a_missing_column_is_named(case):
    lifts = signal_lift(*take(case, *SIGNALS), **case["arguments"]).drop(columns="warning")
    verdicts = calibrate(*take(case, *VERDICT), **case["arguments"])
    with pytest.raises(MissingColumnError, match="lifts has no column 'warning'"):
        diagnose(
            case["panel"],
            case["signal_panel"],
            lifts,
            verdicts,
            *take(case, "definitions", "settings", "panel_days"),
            **case["arguments"],
        )
