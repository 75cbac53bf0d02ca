"""Every text of ours that stands in a picture, in English and in Japanese; names of users' own stay as they are."""

from collections.abc import Mapping

JAPANESE: Mapping[str, str] = {
    # what curves show
    "accuracy": "正解率",
    "loss": "損失",
    "train": "訓練",
    "test": "テスト",
    "validation": "検証",
    "each batch": "各バッチ",
    "objective of each batch": "各バッチの目的関数",
    "{part} {kind}": "{part}の{kind}",
    "{kind} (thin: {part}, broad: train)": "{kind}（細線：{part}、太線：訓練）",
    "{part} ({value} at the end)": "{part}（最終値 {value}）",
    "{label}, log scale": "{label}（対数目盛）",
    "nothing was recorded": "記録がありません",
    "1 run": "実験 1 回",
    "{runs} runs": "実験 {runs} 回",
    "{runs}; lines are means over seeds, bands ± one standard deviation": "{runs}（線：シードの平均、帯：±標準偏差）",
    "… and {more} more": "… 他 {more} 件",
    # how a run ended
    "running": "実行中",
    "crashed": "異常終了",
    "completed": "完了",
    "interrupted": "中断",
    "diverged": "発散",
    "failed": "失敗",
    # layers
    "{name}: gradient of each layer": "{name}：各層の勾配",
    "norm of the gradient": "勾配のノルム",
    "{name}: outputs of each layer, scaled to equal height": "{name}：各層の出力の分布（高さは正規化）",
    "{name}: outputs of {shown} of {layers} layers, scaled to equal height": (
        "{name}：{layers} 層のうち {shown} 層の出力の分布（高さは正規化）"
    ),
    "at the start": "学習前",
    "at the end": "学習後",
    # samples
    "{name}: the samples": "{name}：データ",
    "{name}: the samples (test: hollow)": "{name}：データ（白抜き：テスト）",
    "{name}: the first training images of each class": "{name}：各クラスの最初の訓練画像",
    "{name}: {shown} of {classes} classes, the first training images of each class": (
        "{name}：{classes} クラスのうち {shown} クラスの最初の訓練画像"
    ),
    "{name}: an image of each class and how training steps see it": "{name}：各クラスの画像とデータ拡張の結果",
    "feature 1": "特徴量 1",
    "feature 2": "特徴量 2",
    "class": "クラス",
    # decision regions
    "{shown} of\n{samples} drawn": "{samples} 件中\n{shown} 件を表示",
    "{name}: the class answered in each place": "{name}：決定領域",
    # answers
    "{name}: answers to the {part} samples, {right} of {samples} right": (
        "{name}：{part}データの混同行列（{samples} 件中 {right} 件正解）"
    ),
    "{title}, {silent} without an answer": "{title}、無回答 {silent} 件",
    "{title}; the {shown} most confused of {classes} classes": "{title}、混同の多い {shown} クラス（全 {classes}）",
    "share of the true class": "正解クラス内の割合",
    "class answered": "予測クラス",
    "true class": "正解クラス",
    "{name}: the {shown} surest of {wrong} mistakes on {part} images": (
        "{name}：{part}画像の誤り {wrong} 件のうち確信度の高い {shown} 件"
    ),
    "true class → class answered, probability": "正解クラス → 予測クラス、確率",
    "true class → class answered, score": "正解クラス → 予測クラス、スコア",
    "no answers": "有効な出力がありません",
    "no mistakes": "誤りはありません",
    # activations of untrained networks
    "outputs of each activation layer before training, on one batch": "学習前の各活性化層の出力の分布（1 バッチ）",
    "activation {place}": "活性化 {place}",
    "std {value}": "標準偏差 {value}",
    "zero {share}": "ゼロ {share}",
    "saturated {share}": "飽和 {share}",
    # weights
    "{name}: weights of the {units} units of the first layer": "{name}：第 1 層の重み（{units} ユニット）",
    "{name}: weights of the first {shown} of {units} units of the first layer": (
        "{name}：第 1 層の重み（{units} ユニットのうち最初の {shown}）"
    ),
    "grey: 0, the brightest and darkest: ±{limit}": "灰色：0、最も明るい・暗い色：±{limit}",
    # descents
    "start": "始点",
    "{label} (diverged)": "{label}（発散）",
    "{title}, downhill": "{title}（下り方向）",
    "gradient norm": "勾配の大きさ",
    "no slope anywhere": "傾きがありません",
    "step": "ステップ",
    "step {step} of {last}": "ステップ {step} / {last}",
    "f, log scale beyond its first value": "関数値（初期値を超える部分は対数目盛）",
    # numerical gradients
    "Truncation meets rounding: error of numerical gradients": "打ち切り誤差と丸め誤差：数値勾配の誤差",
    "forward difference, error ~ h": "前進差分、誤差は刻み幅に比例",
    "central difference, error ~ h²": "中心差分、誤差は刻み幅の二乗に比例",
    "complex step, error ~ h²": "複素数ステップ、誤差は刻み幅の二乗に比例",
    "rounding of a difference, ~ 1/h": "差の丸め誤差、刻み幅に反比例",
    "step h": "刻み幅",
    "relative error": "相対誤差",
    # how decision regions form
    "{name}: step {step} of {last}": "{name}：ステップ {step} / {last}",
}
