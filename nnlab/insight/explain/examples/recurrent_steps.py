"""The worked example of a recurrent layer: each step of a sequence, then backwards through time."""

from collections.abc import Mapping, Sequence

from nnlab.insight.explain.captured_values import Call
from nnlab.insight.explain.worked_example import Stage, Step, Value, steps_of_formulas

# The name that a quantity of the formulas has in the step of the textbook, forward and backward.
_FORWARD: Mapping[str, Mapping[str, str]] = {
    "rnn": {"h": "h_next"},
    "lstm": {"f": "f", "i": "i", "o": "o", "g": "g", "c": "c_next"},
    "gru": {"z": "z", "r": "r", "n": "n"},
}
_BACKWARD: Mapping[str, Mapping[str, str]] = {
    "rnn": {"dh_t": "dh_next", "da_t": "dt"},
    "lstm": {"dh_t": "dh_next", "dc_t": "ds", "da_f": "df", "da_g": "dg", "da_i": "di", "da_o": "do"},
    "gru": {"dh_t": "dh_next", "da_n": "dn", "da_z": "dz", "da_r": "dr"},
}


def recurrent_stages(
    name: str, formulas: Sequence[str], calls: Sequence[Call], results: Mapping[str, Value]
) -> list[Stage]:
    """A stage for each step, one for each step of backward, and one for the sums over all steps.

    ``calls`` are the calls of the textbook's steps and of its layer.
    """
    of_steps = [call for call in calls if "x" not in call or call["x"].ndim == 2]
    forward = [call for call in of_steps if "h_prev" in call]
    backward = [call for call in of_steps if "dh_next" in call]
    stages = []
    for t, call in enumerate(forward, start=1):
        values = _values(_FORWARD[name], call)
        result = call["return"]
        values["h"] = result[0] if isinstance(result, tuple) else result
        values |= {group: _side_by_side(values, group) for group in ("f, i, o", "z, r") if group[0] in values}
        lines = [each for each in formulas if not each.startswith("d")]
        before = [Step("x_t", call["x"]), Step("h_{t−1}", call["h_prev"])]
        before += [Step("c_{t−1}", call["c_prev"])] if "c_prev" in call else []
        stages.append(Stage(f"t = {t}", [*before, *steps_of_formulas(lines, values, {})]))
    for t, call in zip(range(len(backward), 0, -1), backward, strict=True):
        values = {**_values(_BACKWARD[name], call), "dx_t": call["return"][0]}
        if t > 1:  # the gradient of h_0 is of no use
            values["dh_{t−1}"] = backward[len(backward) - t + 1]["dh_next"]
        named = steps_of_formulas([each for each in formulas if each.startswith("d")], values, {})
        before = [Step("dh_t", values["dh_t"])] if all(step.name != "dh_t" for step in named) else []
        stages.append(Stage(f"backward, t = {t}", [*before, *named]))
    sums = [each for each in formulas if "Σ_t" in each]
    stages.append(Stage("sums over the steps", steps_of_formulas(sums, results, {})))
    return stages


def _values(names: Mapping[str, str], call: Call) -> dict[str, Value]:
    found = {**vars(call["self"]), **call} if "h_prev" in call else call
    own = vars(call["self"])
    return {name: own.get(theirs, found.get(theirs)) for name, theirs in names.items()}


def _side_by_side(values: Mapping[str, Value], names: str) -> str:
    """The numbers of several gates of one unit: ``0.5, 0.6``."""
    from nnlab.insight.explain.worked_example import number_text

    return ", ".join(number_text(values[name].item()) for name in names.split(", "))
