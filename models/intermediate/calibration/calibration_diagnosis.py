"""The known mistakes of a definition."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.diagnose(
        panel=dbt.ref("int_calibration_panel").filter("is_mature").df(),
        signal_panel=dbt.ref("int_calibration_signal_panel").filter("is_mature and is_met").df(),
        lifts=dbt.ref("calibration_signal_lift").df(),
        verdicts=dbt.ref("calibration_verdict").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
        seed=dbt.config.meta_get("seed"),
        draws=dbt.config.meta_get("draws"),
    )
