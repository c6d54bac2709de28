"""Conversion by value of each counting signal."""

from python_udfs.calibration import signal_bins


def model(dbt, session):
    as_of = dbt.ref("int_as_of").df()
    return signal_bins.signal_bins(
        panel=dbt.ref("int_calibration_panel").filter("is_mature").df(),
        signal_panel=dbt.ref("int_calibration_signal_panel").filter("is_mature").df(),
        signals=dbt.ref("int_calibration_signals").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
        panel_days=dbt.ref("int_calibration_panel_days").df(),
        as_of=as_of["as_of_on"].max(),
        horizon_days=dbt.config.meta_get("horizon_days"),
        seed=dbt.config.meta_get("seed"),
        draws=dbt.config.meta_get("draws"),
    )
