"""What thresholds chosen on the past would have brought in the weeks after."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.threshold_folds(
        crossings=dbt.ref("int_calibration_crossings").df(),
        entities=dbt.ref("int_calibration_entities").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
    )
