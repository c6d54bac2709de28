"""Python side of the project: calibration and validation, called by thin dbt Python models."""
