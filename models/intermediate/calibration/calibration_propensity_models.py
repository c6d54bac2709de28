"""The propensity models of each outcome, as tables of steps."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.propensity_models(
        propensity_days=dbt.ref("int_propensity_days").filter("is_mature").df(),
        propensity_factors=dbt.ref("int_propensity_factors").df(),
        propensity_values=dbt.ref("int_propensity_values").filter("is_mature").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
    )
