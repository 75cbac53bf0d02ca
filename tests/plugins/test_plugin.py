"""Plugins and the classes they define."""

from collections.abc import Callable
from pathlib import Path

from nnlab.plugins import load_plugin
from nnlab.plugins.plugin import no_twin, plugin_of
from nnlab.registry import layers

Write = Callable[..., Path]


def test_a_class_knows_its_plugin(write: Write) -> None:
    plugin = load_plugin(write())
    assert plugin_of(layers["my_swish"]) is plugin
    assert plugin_of(layers["relu"]) is None


def test_what_is_said_of_a_component_that_no_other_tool_knows(write: Write) -> None:
    load_plugin(write())
    said = no_twin(layers["my_swish"](), "ONNX operator")
    assert said.startswith("no ONNX operator is known for 'my_swish', a component of the plugin ")
    assert "nnlab.trained_network(RUN) computes with it" in said
    assert no_twin(layers["relu"](), "ONNX operator") == ""
