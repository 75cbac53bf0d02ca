"""The texts of result lines and tables on the console."""

from collections.abc import Mapping

RESULTS: Mapping[str, str] = {
    ", ": "、",
    # lines of a run
    "{split} {label} {value}": "{split}{label} {value}",
    " (best {value} at step {step})": "（最良 {value}、ステップ {step}）",
    "{steps} steps in {seconds} s": "{steps} ステップ（{seconds} 秒）",
    "{name}: {parts}": "{name}：{parts}",
    "{name}: {parameters} parameters, {iterations} iterations": (
        "{name}：パラメータ {parameters} 個、更新 {iterations} 回"
    ),
    ", resuming after step {step}": "、ステップ {step} から再開",
    "{speed} steps/s": "{speed} ステップ/秒",
    # headings of tables
    "run": "実験",
    "key": "キー",
    "value": "値",
    "status": "状態",
    "tags": "タグ",
    "note": "メモ",
    "kind": "種類",
    "done": "進捗",
    "size": "サイズ",
    "name": "名前",
    "differs in": "相違点",
    "trial": "試行",
    "fold": "分割",
    "steps": "ステップ数",
    "mean": "平均",
    "± std": "± 標準偏差",
    "sorted by {column}": "並び順：{column}",
    "damaged": "破損",
    # explanations
    "diagnosis": "診断",
    "Formulas": "数式",
    "Hyper-parameters": "ハイパーパラメータ",
    "By hand": "手計算の例",
    "Code ({file})": "コード（{file}）",
    "Source": "出典",
    "required": "必須",
    "default {value}": "既定値 {value}",
    "higher: ": "大きくすると：",
    "lower: ": "小さくすると：",
    "key of {owners}": "このキーを持つもの：{owners}",
    # predictions
    "sample": "サンプル",
    "prediction": "予測",
    "probability": "確率",
    "score": "スコア",
    "lowest probability": "最低の確率",
    "lowest score": "最低のスコア",
    "next classes": "次点のクラス",
    # cross-validations
    "{name}: {folds} folds, mean ± standard deviation of those completed": (
        "{name}：{folds} 分割交差検証、完了した分割の平均 ± 標準偏差"
    ),
    "fold {number} of {folds}": "分割 {number}/{folds}",
    "{fold}: {status} before": "{fold}：すでに{status}",
    # sweeps
    "{trials} (1 point, {seeds} seeds each)": "{trials}（1 点、シード {seeds} 個）",
    "{trials} ({points} points, {seeds} seeds each)": "{trials}（{points} 点、シード各 {seeds} 個）",
    ", {slots} at a time": "、同時に {slots} 件",
    ", resumed": "、再開",
    "trial {number} of {trials}: {what}": "試行 {number}/{trials}：{what}",
    "paused after step {step}": "ステップ {step} で一時停止",
    "{done} of {trials} done": "{trials} 件中 {done} 件終了",
    "{count} running": "実行中 {count} 件",
    "{count} failed": "失敗 {count} 件",
    "about {time} left": "残り約 {time}",
    "best {metric} {value} (trial {number})": "最良の{metric} {value}（試行 {number}）",
    "{seconds} s": "{seconds} 秒",
    "{minutes} min": "{minutes} 分",
    "{hours} h": "{hours} 時間",
    "... and {more} more in {file}": "… 他 {more} 件（{file}）",
    "... and {more} classes more": "… 他 {more} クラス",
    "{done} of {trials} trials": "試行 {trials} 件中 {done} 件",
    "goal highest {column}": "目標：{column} の最大化",
    "goal lowest {column}": "目標：{column} の最小化",
    "search {name}": "探索 {name}",
    "best: {path}; {command} repeats it": "最良：{path}（{command} で再実行）",
    "resume: {command}": "再開：{command}",
    # descents
    "{label}: {start} → {end} in 1 step, value {value}": "{label}：{start} → {end}、1 ステップ、関数値 {value}",
    "{label}: {start} → {end} in {steps} steps, value {value}": (
        "{label}：{start} → {end}、{steps} ステップ、関数値 {value}"
    ),
    "diverged: the function has no finite gradient at the start": "発散：始点の勾配が有限ではありません",
    "diverged: the function has no finite value at the start": "発散：始点の関数値が有限ではありません",
    "diverged: it left where the function has a value; try a smaller learning rate": (
        "発散：関数の定義域を出ました。学習率を小さくしてください"
    ),
    "diverged: the value is no longer finite; try a smaller learning rate": (
        "発散：関数値が有限ではなくなりました。学習率を小さくしてください"
    ),
    "diverged: it ended far away; try a smaller learning rate": (
        "発散：始点から遠く離れました。学習率を小さくしてください"
    ),
    "ended higher than it started; try a smaller learning rate": (
        "始点より関数値が大きくなりました。学習率を小さくしてください"
    ),
    "did not move: the gradient is 0 at the start": "動きませんでした：始点の勾配が 0 です",
    "hardly moved; try a larger learning rate": "ほとんど動きませんでした。学習率を大きくしてください",
    # datasets
    "{count} {part} samples": "{part}データ {count} 件",
    "{name}: {sizes} of {kind}": "{name}：{sizes}（{kind}）",
    "target": "目的変数",
    "standard deviation": "標準偏差",
    "lowest": "最小",
    "highest": "最大",
    "{name}: {sizes} of {kind}, {classes} classes": "{name}：{sizes}（{kind}）、{classes} クラス",
    # contributions of settings
    "effect": "効果",
    "all together": "すべて同時",
    "not explained by single keys": "単独のキーでは説明できない分",
    # evaluations
    "{name}, weights of step {step}": "{name}、ステップ {step} の重み",
    "{name}: {samples}": "{name}：{samples}",
    "±: standard error from {samples}": "±：{samples}による標準誤差",
    "macro average": "マクロ平均",
    "weighted average": "加重平均",
    "confusion matrix (rows: true class, columns: predicted class)": "混同行列（行：正解クラス、列：予測クラス）",
    "no class is confused with another": "誤分類はありません",
    "most confused classes": "混同の多いクラス",
    "{what}, {most} of {pairs} pairs": "{what}（{pairs} 組のうち {most} 組）",
    "samples": "件数",
    "of the class": "クラス内の割合",
    "precision": "適合率",
    "recall": "再現率",
    "support": "件数",
    "never predicted, so precision counts as 0: {classes}": "予測されなかったクラス（適合率は 0 とする）：{classes}",
    "without samples, so recall counts as 0: {classes}": "データのないクラス（再現率は 0 とする）：{classes}",
}
