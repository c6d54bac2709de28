"""How the models foretell the outcomes of the hold-out, and which one is used."""

from python_udfs import calibration


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return calibration.model_comparison(
        steps=dbt.ref("calibration_propensity_models").df(),
        propensity_days=dbt.ref("int_propensity_days").filter("is_mature").df(),
        propensity_factors=dbt.ref("int_propensity_factors").df(),
        propensity_values=dbt.ref("int_propensity_values").filter("is_mature").df(),
        panel=dbt.ref("int_calibration_panel").filter("is_mature").df(),
        signal_panel=dbt.ref("int_calibration_signal_panel").filter("is_mature").df(),
        suggestions=dbt.ref("calibration_signal_lift").df(),
        suggested_definitions=dbt.ref("calibration_suggested_definitions").df(),
        levels=dbt.ref("calibration_suggested_levels").df(),
        signals=dbt.ref("def_signals").df(),
        probability_map=dbt.ref("calibration_probability_map").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
        seed=dbt.config.meta_get("seed"),
        draws=dbt.config.meta_get("draws"),
    )
