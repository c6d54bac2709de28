"""Thresholds and points of each definition that belong together."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.suggested_definitions(
        panel=dbt.ref("int_calibration_panel").filter("is_mature").df(),
        signal_panel=dbt.ref("int_calibration_signal_panel").filter("is_mature").df(),
        thresholds=dbt.ref("calibration_signal_thresholds").df(),
        weights=dbt.ref("def_weights").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
    )
