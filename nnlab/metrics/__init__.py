"""Metrics: what evaluations measure; importing this package registers all of them.

A metric is one class with a direction, a range, a format and labels. Files, tables, pictures and early stopping know it
by its columns: :mod:`nnlab.metric_columns`.
"""

from nnlab.metrics import accuracy, classification, confusion, loss, regression, sequences, top_k
from nnlab.metrics.base import DEFAULT_METRICS, LOSS, METRICS_OF_TASK, Metric, Record, Statistic

__all__ = [
    "DEFAULT_METRICS",
    "LOSS",
    "METRICS_OF_TASK",
    "Metric",
    "Record",
    "Statistic",
    "accuracy",
    "classification",
    "confusion",
    "loss",
    "regression",
    "sequences",
    "top_k",
]
