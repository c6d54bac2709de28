"""Median days to the conversion, and the shares converted after 30, 60 and 90 days."""

from python_udfs import calibration


def model(dbt, session):
    return calibration.time_to_conversion(
        waits=dbt.ref("int_conversion_waits").df(),
        definitions=dbt.ref("int_calibration_definitions").df(),
        settings=dbt.ref("def_calibration").df(),
    )
