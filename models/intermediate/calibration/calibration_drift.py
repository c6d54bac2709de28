"""Whether what was learned in the fit period still holds."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.drift(
        panel=dbt.ref("int_calibration_drift_panel").df(),
        signal_panel=dbt.ref("int_calibration_drift_signals").df(),
        weights=dbt.ref("def_weights").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        approvals=dbt.ref("def_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
        seed=dbt.config.meta_get("seed"),
        draws=dbt.config.meta_get("draws"),
    )
