"""Untrusted specs: YAML bombs, expressions, pipes and endless files."""

import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

HEAD = "data: xor\noptimizer: adam\ntrain: {iterations: 1}\n"

BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{i}: &b{i} [*b{i - 1},*b{i - 1}]\n" for i in range(1, 4000)),
    "aliases in one": "&a [" + "*a," * 30_000 + "]",
    "merge keys": "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 2500)),
    "depth in brackets": "[" * 100_000,
    "depth in braces": "{a: " * 30_000,
    "depth in dashes": "- " * 60_000,
    "depth in lines": "".join(" " * i + "a:\n" for i in range(450)),
    "depth in questions": "? " * 60_000,
    "ten megabytes": "# spec\n" * 1_500_000,
    "a line of ten megabytes": "name: " + "x" * 10_000_000,
    "a long key": "? " + "k" * 120_000 + "\n: 1",
    "many keys": "".join(f"optimizr{i:05d}: 1\n" for i in range(7000)),
    "the same key": "a: 1\n" * 20_000,
    "many items": "[" + "1," * 60_000 + "]",
    "many layers": HEAD + "model: {name: sequential, layers: [" + "relu," * 19_000 + "]}",
    "many wrong layers": HEAD + "model: {name: sequential, layers: [" + "reluu," * 900 + "]}",
    "many widths": HEAD + "model: {name: mlp, hidden: [" + "x," * 19_000 + "]}",
    "tags": "a: !!python/object/apply:os.system ['touch hacked']\n" * 2000,
    "a tag that builds": "!!python/object/new:os.system ['touch hacked']",
    "a long tag": "!" * 100_000 + " a",
    "anchors": "".join(f"k{i}: &a{i} 1\n" for i in range(8000)),
    "many documents": "---\n" * 30_000,
    "a huge number": "seed: " + "9" * 100_000,
    "a huge exponent": "seed: 1e" + "9" * 100_000,
    "a huge hexadecimal": "seed: 0x" + "f" * 100_000,
    "numbers in words": HEAD + "model: {name: mlp, hidden: [1e400, -1e400, .nan, 1e-400, 0x7fffffffffffffff]}",
    "escape sequences": '"\\e[31m": "\\e]0;x\\a"\nname: "\\x9b31m\\u202e\\u2066"\n',
    "bidirectional": "name: a\u202eb\n\u2066key: 1\n",
    "markup": "name: '[/markup]'\n'[bold]': '[/]'\n",
    "surrogates": 'name: "\\ud800"\ndata: {name: table, path: "\\udcff\\ud83d"}\n',
    "not a character": 'name: "\\UFFFFFFFF"',
    "a null": "name: \0",
    "control characters": "name: \x1b[31m",
    "other bytes": b"\xff\xfe" + "name: a".encode("utf-16-le"),
    "binary": bytes(range(256)) * 400,
    "nothing": "",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_yaml_bombs_are_refused(refused: Any, tmp_path: Path, bomb: str | bytes) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(bomb if isinstance(bomb, bytes) else bomb.encode())
    refused("train", path, code=2)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("bomb", ["aliases in one", "a tag that builds"])
@pytest.mark.parametrize("command", ["descend", "show"])
def test_a_bomb_is_refused_by_other_commands(refused: Any, tmp_path: Path, bomb: str, command: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"{BOMBS[bomb]}\n", encoding="utf-8")
    refused(command, path, code=2)
    assert list(tmp_path.iterdir()) == [path]


SWEPT = f"base: {{{HEAD.strip().replace(chr(10), ', ')}, model: softmax}}\n"
SWEEPS = {
    "a million trials": SWEPT + "over: {seed: 0..999, data.points: 1..1000}",
    "trials beyond counting": SWEPT
    + "over: {"
    + ", ".join(f"model.a{i}: 1..9999" for i in range(400))
    + "}\nseeds: 9999",
    "a count without end": SWEPT + "over: {seed: 0.." + "9" * 100_000 + "}",
    "many keys": SWEPT + "over:\n" + "".join(f"  optimizer.k{i}: [1]\n" for i in range(6000)),
    "many fixed keys": SWEPT + "seeds: 2\nset:\n" + "".join(f"  k{i}: 1\n" for i in range(9000)),
    "many blocks": SWEPT + "over:\n" + "".join(f"- k{i}: [1]\n" for i in range(6000)),
    "many groups": SWEPT + "zip:\n" + "".join(f"- {{a{i}: [1], b{i}: [1]}}\n" for i in range(2000)),
    "many wrong values": SWEPT + "over: {seed: [" + ",".join(f"-{i}" for i in range(1, 15_000)) + "]}",
    "numbers in words": SWEPT + "over: {optimizer.lr: {log: [1e-400, 1e400]}, seed: {int: [-.inf, .nan]}}",
    "a huge bound": SWEPT
    + f"over: {{optimizer.lr: {{uniform: [0, {'9' * 400}]}}}}\nsearch: {{name: random, trials: 2}}",
    "a sweep of itself": "base: spec.yaml\nover: {seed: [1, 2]}",
    "a path outside": "base: /etc/passwd\nover: {seed: [1, 2]}",
    "an endless base": "base: /dev/zero\nover: {seed: [1, 2]}",
    "a server": SWEPT + "over: {data: [{name: table, path: '//server/a.csv'}]}\npaths: {a.csv: '//server/a.csv'}",
    "markup and escapes": SWEPT + 'over: {"[/x]\\e[31m": ["\\e[31m", "[/bold]"]}',
    "what YAML 1.1 reads": SWEPT + "over: {seed: [no, 1_000, 0x, 12:30:45, ~]}",
}


@pytest.mark.parametrize("bomb", SWEEPS.values(), ids=SWEEPS.keys())
def test_sweeps_that_ask_for_too_much_are_refused(refused: Any, tmp_path: Path, bomb: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(bomb, encoding="utf-8")
    refused("sweep", path, "--runs", tmp_path / "runs", code=2 if "server" not in bomb else 4)
    assert list(tmp_path.iterdir()) == [path]


def test_a_bomb_in_an_override_is_refused(refused: Any, spec: Path) -> None:
    for value in ("[" * 100_000, "&a [*a]", "{<<: *a}", "!!python/name:os.system", "9" * 50_000, '"\\ud800"'):
        refused("train", spec, "-s", f"name={value}", code=2)
    refused("train", spec, "-s", ".".join("a" * 10_000) + "=1", code=2)


def test_spec_whose_resolved_form_is_too_large_is_refused(refused: Any, tmp_path: Path) -> None:
    layer = "{name: residual, layers: [{name: conv2d, filters: 1}, relu]}"
    path = tmp_path / "spec.yaml"
    path.write_text(f"{HEAD}model: {{name: sequential, layers: [{', '.join([layer] * 1000)}]}}", encoding="utf-8")
    assert "is larger than 128 KiB with all defaults written out" in refused("train", path, code=2).stderr


EXPRESSIONS = {
    "code": "__import__('os').system('touch hacked')",
    "attributes": "x0" + ".a" * 400,
    "brackets": "(" * 400 + "x0" + ")" * 400,
    "negations": "not " * 240 + "x0",
    "signs": "-" * 900 + "x0",
    "a power tower": "9**9**9**9**9**9",
    "digits": "9" * 999,
    "a surrogate": '"\\ud800"',
    "a null": '"x0\\0"',
}


@pytest.mark.parametrize("text", EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_an_expression_executes_no_code(ends_safely: Any, tmp_path: Path, text: str) -> None:
    path = tmp_path / "spec.yaml"
    quoted = text if text.startswith('"') else f'"{text}"'
    path.write_text(f"expression: {quoted}\nstart: [1]\noptimizer: {{name: sgd, lr: 0.1}}\n", encoding="utf-8")
    answer = ends_safely("descend", path, "--no-animate", code=3 if text.startswith("9**") else 2)
    assert "RecursionError" not in answer.stderr
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("command", ["train", "descend", "show", "gradcheck", "activations"])
def test_an_endless_spec_does_not_block(refused: Any, tmp_path: Path, command: str) -> None:
    fifo, link = tmp_path / "fifo.yaml", tmp_path / "link.yaml"
    os.mkfifo(fifo)
    link.symlink_to("/dev/zero")
    for path in (fifo, link, "/dev/zero", "/dev/tty"):
        assert "is not a regular file" in refused(command, path, code=2).stderr
    link.unlink()
    link.symlink_to(link)
    refused(command, link, code=2)


def test_a_shell_pipe_is_a_spec(ends_safely: Any, tmp_path: Path, spec: Path) -> None:
    read, write = os.pipe()
    try:
        os.write(write, spec.read_bytes())
        os.close(write)
        ends_safely("train", f"/dev/fd/{read}", "--dry-run", "-s", "name=piped", code=0)
    finally:
        os.close(read)


def test_endless_data_does_not_block(refused: Any, tmp_path: Path, spec: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (
        "fifo",
        "/dev/zero",
        "/dev/tty",
        "/dev/stdin",
        "spec.yaml/below",
        "x" * 300,
        "xx/" * 3000,
        "~nobody-/x",
    ):
        for name in ("table", "idx", "cifar10"):
            data = f"data={{name: {name}, path: {path}}}"
            answer = refused("train", spec, "-s", data, code=2 if "~" in path or "xx" in path else 4)
            assert path[:10] in answer.stderr
    folder = tmp_path / "idx"
    folder.mkdir()
    os.mkfifo(folder / "train-images-idx3-ubyte")
    assert "missing" in refused("train", spec, "-s", "data={name: idx, path: idx}", code=4).stderr
