"""The texts of pictures."""

from collections.abc import Mapping

PICTURES: Mapping[str, str] = {
    # curves
    "train": "訓練",
    "test": "テスト",
    "validation": "検証",
    "batch loss": "各バッチ",
    "batch objective": "各バッチの目的関数",
    "{part} {kind}": "{part}の{kind}",
    "{kind} (thin: {part}, thick: train)": "{kind}（細線：{part}、太線：訓練）",
    "{part} (final: {value})": "{part}（最終値 {value}）",
    "{label}, log scale": "{label}（対数目盛）",
    "no data recorded": "記録がありません",
    "1 run": "実験 1 回",
    "{runs} runs": "実験 {runs} 回",
    "{runs}; lines: mean over seeds, bands: ± one standard deviation": "{runs}（線：シードの平均、帯：±標準偏差）",
    "… and {more} more": "… 他 {more} 件",
    # statuses
    "running": "実行中",
    "crashed": "異常終了",
    "completed": "完了",
    "interrupted": "中断",
    "diverged": "発散",
    "failed": "失敗",
    "stopped": "打ち切り",
    "waiting": "待機中",
    # sweeps
    "{name}: {what}, {trials}": "{name}：{what}、{trials}",
    "1 trial": "試行 1 回",
    "{trials} trials": "試行 {trials} 回",
    "{count} {status}": "{status} {count} 件",
    "{title} ({notes})": "{title}（{notes}）",
    "no goal: for display only": "目標なし：表示のみ",
    "objective": "目的関数",
    "a trial": "各試行",
    "mean ± one standard deviation, {seeds} seeds": "平均±標準偏差（シード {seeds} 個）",
    "stopped early": "途中で打ち切り",
    "best: {value} ({result})": "最良：{value}（{result}）",
    "best {count}": "上位 {count} 件",
    "{title}; the best {shown} of {values} values": "{title}、{values} 個の値のうち上位 {shown} 個",
    "{title}; {shown} of {keys} keys": "{title}、{keys} 個のキーのうち {shown} 個",
    "importance for {label} by explained rank variance": "{label}に対する重要度（順位の分散の説明率）",
    "share of the variance of the ranks that a key explains alone (ε²)\nρ: Spearman's rank correlation": (
        "各キーだけで説明できる順位の分散の割合（ε²）\nρ：スピアマンの順位相関係数"
    ),
    "best {shown} of {points} points by {label}": "{points} 点のうち{label}の上位 {shown} 点の学習曲線",
    # layers
    "{name}: gradient norm of each layer": "{name}：各層の勾配ノルム",
    "gradient norm": "勾配のノルム",
    "{name}: activation histograms (normalised)": "{name}：各層の出力の分布（高さは正規化）",
    "{name}: activation histograms of {shown} of {layers} layers (normalised)": (
        "{name}：{layers} 層のうち {shown} 層の出力の分布（高さは正規化）"
    ),
    "before training": "学習前",
    "{name}: gradient at each step of the sequence": "{name}：系列の各ステップの勾配",
    "step of the sequence": "系列のステップ",
    "after training": "学習後",
    # samples
    "{name}: samples": "{name}：データ",
    "{name}: samples (test: hollow)": "{name}：データ（白抜き：テスト）",
    "{name}: first training images of each class": "{name}：各クラスの最初の訓練画像",
    "{name}: first training images of {shown} of {classes} classes": (
        "{name}：{classes} クラスのうち {shown} クラスの最初の訓練画像"
    ),
    "{name}: augmented training images (first column: original)": (
        "{name}：各クラスの画像とデータ拡張の結果（左端：元画像）"
    ),
    "feature 1": "特徴量 1",
    "feature 2": "特徴量 2",
    "class": "クラス",
    # decision regions
    "{shown} of\n{samples} shown": "{samples} 件中\n{shown} 件を表示",
    "{name}: decision regions": "{name}：決定領域",
    # predictions of numbers
    "{name}: predictions of {count} {part} samples": "{name}：{part}データ {count} 件の予測",
    " ({shown} of {count} targets)": "（目的変数 {count} 個中 {shown} 個）",
    "true {target}": "{target}（正解）",
    "predicted {target}": "{target}（予測）",
    "residual (predicted − true)": "残差（予測 − 正解）",
    "{name}: fit": "{name}：当てはめ",
    "prediction": "予測",
    "feature {number}": "特徴量 {number}",
    # predictions
    "{name}: confusion matrix, {part} set ({right} of {samples} correct)": (
        "{name}：{part}データの混同行列（{samples} 件中 {right} 件正解）"
    ),
    "{name}: confusion matrix, {origin} ({right} of {samples} correct)": (
        "{name}：{origin} の混同行列（{samples} 件中 {right} 件正解）"
    ),
    "{title}, {silent} without a prediction": "{title}、無回答 {silent} 件",
    "{title}; {shown} most confused of {classes} classes": "{title}、混同の多い {shown} クラス（全 {classes}）",
    "fraction of the true class": "正解クラス内の割合",
    "predicted class": "予測クラス",
    "true class": "正解クラス",
    "{name}: most confident errors on {part} images ({shown} of {wrong})": (
        "{name}：{part}画像の誤り {wrong} 件のうち確信度の高い {shown} 件"
    ),
    "true class → predicted class, probability": "正解クラス → 予測クラス、確率",
    "true class → predicted class, score": "正解クラス → 予測クラス、スコア",
    "no predictions": "有効な出力がありません",
    "no errors": "誤りはありません",
    "{name}: predictions": "{name}：予測結果",
    "{name}: predictions for the first {shown} of {pictures} pictures": (
        "{name}：予測結果（画像 {pictures} 枚のうち最初の {shown} 枚）"
    ),
    "picture, what the network saw, most probable classes": "元の画像、ネットワークへの入力、確率の高いクラス",
    "picture, what the network saw, highest scores": "元の画像、ネットワークへの入力、スコアの高いクラス",
    # activations of untrained networks
    "activation histograms before training, one batch": "学習前の各活性化層の出力の分布（1 バッチ）",
    "activation {place}": "活性化 {place}",
    "std {value}": "標準偏差 {value}",
    "zero {share}": "ゼロ {share}",
    "saturated {share}": "飽和 {share}",
    # weights
    "{name}: weights of first-layer filters ({units})": "{name}：第 1 層の重み（{units} ユニット）",
    "{name}: weights of first-layer filters ({shown} of {units})": (
        "{name}：第 1 層の重み（{units} ユニットのうち最初の {shown}）"
    ),
    "grey: 0, brightest and darkest: ±{limit}": "灰色：0、最も明るい・暗い色：±{limit}",
    # descents
    "start": "始点",
    "{label} (diverged)": "{label}（発散）",
    "{title}, negative gradient": "{title}（負の勾配の方向）",
    "no gradient to show": "表示できる勾配がありません",
    "step": "ステップ",
    "step {step} of {last}": "ステップ {step} / {last}",
    "f (log scale above its initial value)": "関数値（初期値を超える部分は対数目盛）",
    # numerical gradients
    "Truncation and rounding error of numerical gradients": "打ち切り誤差と丸め誤差：数値勾配の誤差",
    "forward difference, error ~ h": "前進差分、誤差は刻み幅に比例",
    "central difference, error ~ h²": "中心差分、誤差は刻み幅の二乗に比例",
    "complex step, error ~ h²": "複素数ステップ、誤差は刻み幅の二乗に比例",
    "rounding error, ~ 1/h": "差の丸め誤差、刻み幅に反比例",
    "step size h": "刻み幅",
    "relative error": "相対誤差",
    # animation of decision regions
    "{name}: step {step} of {last}": "{name}：ステップ {step} / {last}",
}
