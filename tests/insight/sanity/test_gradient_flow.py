"""Units of a layer that start with equal weights."""

import pytest

from nnlab.config.loading import load_experiment
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.gradient_flow import gradient_flow

SPEC = """
data: {name: sine_sequence, length: 8, samples: 40, test_samples: 10}
model:
  name: sequential
  layers:
    - {name: permute, order: [2, 1]}
    - {name: conv1d, filters: 4, kernel: KERNEL, init: INIT}
    - flatten
    - {name: linear, units: 1}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 3, batch_size: 10}
"""


@pytest.mark.parametrize("kernel", ["1", "3"])
@pytest.mark.parametrize(("init", "findings"), [("0", ["equal_units"]), ("he", [])])
def test_filters_of_one_dimensional_convolutions_that_are_all_equal_are_found(
    kernel: str, init: str, findings: list[str]
) -> None:
    case = CheckedSpec(load_experiment(SPEC.replace("KERNEL", kernel).replace("INIT", init)))
    names = [finding.name for finding in gradient_flow(case).findings]
    assert [name for name in names if name == "equal_units"] == findings


@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize(("hidden", "alike"), [("he", []), ("0", ["linear1.W."])])
def test_only_the_output_layer_may_start_with_equal_weights(hidden: str, alike: list[str], bias: str) -> None:
    layers = f"[{{name: linear, units: 4, init: {hidden}}}, relu, {{name: linear, units: 3, init: 0, bias: {bias}}}]"
    spec = f"data: {{name: spiral}}\nmodel: {{name: sequential, layers: {layers}}}\noptimizer: {{name: sgd, lr: 0.1}}\n"
    case = CheckedSpec(load_experiment(f"{spec}train: {{iterations: 3, batch_size: 10}}\n"))
    found = [finding.sentence for finding in gradient_flow(case).findings if finding.name == "equal_units"]
    assert [sentence.partition(": ")[2] for sentence in found] == alike
