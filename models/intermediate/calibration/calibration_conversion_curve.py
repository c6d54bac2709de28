"""Share of the accounts that have converted by each day of a clock."""

from python_udfs import calibration


def model(dbt, session):
    return calibration.conversion_curve(
        waits=dbt.ref("int_conversion_waits").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
    )
