"""Hints for keys in the wrong section and for names of other libraries."""

from pathlib import Path

import pytest

from nnlab.aliases import _names, aliases
from nnlab.config.descent import load_descent
from nnlab.config.loading import load_experiment
from nnlab.errors import SpecError
from nnlab.registry import REGISTRIES, hyperparameters
from nnlab.text import alias_hint, near_hint

TEXT = """\
data:      {name: moons, points: 10}
model:     {name: mlp, hidden: [4], batch_norm: true}
optimizer: adam
train:     {iterations: 5, batch_size: 5}
"""


def refusal(tmp_path: Path, override: str, text: str = TEXT) -> str:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        (load_descent if "function" in text else load_experiment)(path, [override])
    (problem,) = caught.value.problems
    return problem.message


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("lr=0.1", "did you mean 'optimizer.lr'?"),
        ("model.lr=0.1", "did you mean 'optimizer.lr'?"),
        ("epochs=3", "did you mean 'train.epochs'?"),
        ("optimizer.hidden=3", "did you mean 'model.hidden'?"),
        ("batch_size=3", "did you mean 'train.batch_size'?"),
        ("l2=3", "did you mean 'penalty.l2'?"),
        ("momentum=3", "did you mean 'model.batch_norm.momentum'?"),
        ("restore_best=true", "did you mean 'train.early_stopping.restore_best'?"),
        ("optimizer.momentum=0.9", "it is a key of momentum and nesterov;"),
        ("data.label=y", "it is a key of table;"),
        ("learning_rate=1", "nnlab's name is 'optimizer.lr';"),
        ("optimizer.learning_rate=1", "nnlab's name is 'lr';"),
        ("optimizer.beta_1=1", "nnlab's name is 'beta1';"),
        ("weight_init_std=1", "nnlab's name is 'model.init';"),
        ("iters_num=1", "nnlab's name is 'train.iterations';"),
        ("batch_num=1", "nnlab's name is 'train.batch_size';"),
        ("hidden_size_list=[1]", "nnlab's name is 'model.hidden';"),
        ("model.hidden_size_list=[1]", "nnlab's name is 'hidden';"),
        ("random_state=1", "nnlab's name is 'seed';"),
        ("model.init=gaussian", "nnlab's name is 'normal';"),
        ("optimizer.bata1=1", "did you mean 'beta1'?"),
        ("zzz=1", "a spec has"),
    ],
)
def test_hint_for_misplaced_key_or_alias(tmp_path: Path, override: str, hint: str) -> None:
    message = refusal(tmp_path, override)
    start = message.partition("; ")[2]
    assert start.startswith(hint), message


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Dense", "linear"),
        ("affine", "linear"),
        ("Affine", "linear"),
        ("Conv2D", "conv2d"),
        ("MaxPooling2D", "max_pool"),
        ("BatchNormalization", "batch_norm"),
        ("ReLU", "relu"),
        ("SimpleRNN", "rnn"),
        ("TimeLSTM", "lstm"),
        ("TimeDistributed", "time_distributed"),
        ("Bidirectional", "reverse"),
    ],
)
def test_aliases_of_layers(tmp_path: Path, word: str, name: str) -> None:
    message = refusal(tmp_path, f"model={{name: sequential, layers: [{word}]}}")
    assert message.startswith(f"no layer is called '{word}'; ")
    assert message.partition("; ")[2].startswith((f"nnlab's name is '{name}'; ", f"did you mean '{name}'? "))


def test_aliases_in_descent_spec(tmp_path: Path) -> None:
    text = "function: sphere\nstart: [1, 2]\noptimizer: {name: sgd, lr: 0.1}\n"
    assert "did you mean 'optimizer.lr'?" in refusal(tmp_path, "lr=1", text)
    assert "nnlab's name is 'steps'" in refusal(tmp_path, "iters_num=1", text)


def test_aliases_map_to_existing_names_only() -> None:
    components = [(name, cls) for registry in REGISTRIES.values() for name, cls in registry.items()]
    keys = {parameter.name for _, cls in components for parameter in hyperparameters(cls)}
    sections = {"data", "model", "loss", "optimizer", "penalty", "seed", "iterations", "epochs", "batch_size",
                "eval_every", "eval_train", "schedule", "clip_norm", "clip_value", "steps", "accumulate",
                "ema"}  # fmt: skip
    known = {name for name, _ in components} | keys | sections
    names = {name for targets in _names().values() for name in targets}
    assert names <= known
    assert aliases("Weight-Init_STD") == ["init", "std"]


def test_alias_needs_a_known_name() -> None:
    assert near_hint("Dense", ["linear", "sense"]) == "nnlab's name is 'linear'; "
    assert near_hint("Dense", ["sense"]) == "did you mean 'sense'? "
    assert alias_hint("x" * 100_000, ["x"]) == ""


@pytest.mark.parametrize(
    ("change", "kind"), [("model=Dense", "a layer"), ("model=adam", "an optimizer"), ("optimizer.name=relu", "a layer")]
)
def test_hint_names_other_kind(tmp_path: Path, change: str, kind: str) -> None:
    assert f"; it is {kind}; there are " in refusal(tmp_path, change)


def test_a_name_that_a_plugin_here_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_swish.py").write_text("raise SystemExit")
    spec = {"model": {"name": "mlp", "activation": "my_swish"}}
    with pytest.raises(SpecError, match=r"'my_swish'; .*my_swish.py is here: --plugin my_swish.py executes it; there"):
        load_experiment(spec)
    (tmp_path / "my_swish.py").unlink()
    with pytest.raises(SpecError) as caught:
        load_experiment(spec)
    assert "--plugin" not in str(caught.value)
