"""The texts of the learning-rate range test."""

from collections.abc import Mapping

LEARNING_RATES: Mapping[str, str] = {
    "no suggestion: {reason}": "推奨値なし：{reason}",
    "suggested learning rate: {lr} ({confidence})": "推奨する学習率：{lr}（{confidence}）",
    "sure": "確度：高",
    "fairly sure": "確度：中",
    "unsure": "確度：低",
    "range test, with a rising learning rate: the loss falls fastest at {steepest}, and is lowest at {lowest}, a tenth "
    "of which is {tenth}; these two guesses differ by a factor of {apart}": (
        "範囲テスト（学習率を少しずつ上げる）：損失が最も速く下がる学習率は {steepest}、"
        "損失が最小になる学習率は {lowest}、その十分の一は {tenth}。二つの推定値の差は {apart} 倍"
    ),
    "repeated with {seeds} seeds: their guesses differ by a factor of {apart}": (
        "シード {seeds} 個で繰り返し：推定値の差は {apart} 倍"
    ),
    "short trainings: the best learning rate differs by a factor of {apart} from {guess}, the mean of both guesses": (
        "短い学習：最良の学習率は、二つの推定値の平均 {guess} から {apart} 倍の差"
    ),
    "learning rate": "学習率",
    "loss after {steps} steps": "{steps} ステップ後の損失",
    "suggested": "推奨",
    "in the spec": "設定ファイルの値",
    " (in the spec)": "（設定ファイルの値）",
    "{result} at {lr}": "{lr} で {result}",
    "loss after {steps} steps: {results}": "{steps} ステップ後の損失：{results}",
    "loss after {steps} steps (mean ± standard deviation of {seeds} seeds): {results}": (
        "{steps} ステップ後の損失（シード {seeds} 個の平均 ± 標準偏差）：{results}"
    ),
    "diverged for {diverged} of {seeds} seeds": "シード {seeds} 個中 {diverged} 個で発散",
    "the loss rises within {steps} steps from {first} on; try --from": (
        "損失が {first} から {steps} ステップ以内に増加します。範囲の下限を下げてください"
    ),
    "training diverges within {steps} steps from {first} on: {message}": (
        "学習が {first} から {steps} ステップ以内に発散します：{message}"
    ),
    "the loss stays at {initial} up to a learning rate of {reached}: it falls by {fall} at most. The range is too low "
    "(--to), the test too short for a slow start (--steps), or the network does not learn": (
        "損失は学習率 {reached} まで {initial} のままで、低下は最大でも {fall} です。範囲が低すぎる、"
        "立ち上がりが遅くステップ数が足りない、またはネットワークが学習していない可能性があります"
    ),
    "the loss falls from {initial} by {fall}, which the differences between mini-batches explain (standard error "
    "{error}); more --seeds or --steps average them out": (
        "損失は {initial} から {fall} 下がりますが、ミニバッチ間の差（標準誤差 {error}）の範囲内です。"
        "シードかステップを増やすと平均されます"
    ),
    "the loss rises from {initial} and never falls: the range from {first} to {last} is too high (--from)": (
        "損失は {initial} から増えるだけで下がりません。{first} から {last} の範囲が高すぎます"
    ),
    "the range test shows {guess}, but no short training ends below the initial loss of {initial}": (
        "範囲テストからは {guess} ですが、初期損失 {initial} を下回る短い学習がありません"
    ),
    "the range test shows no learning rate: the loss falls by at most {fall} from {initial}; the suggestion comes from "
    "the short trainings alone": (
        "範囲テストからは学習率が決まりません（損失の低下は {initial} から最大 {fall}）。"
        "推奨値は短い学習の結果だけに基づきます"
    ),
    "the loss still falls at {last}, the end of the range; --to shows more": (
        "損失は範囲の上限 {last} でもまだ下がっています。上限を上げてください"
    ),
    "{steps} of the spec's {iterations} updates were tested: a long training may want a lower rate or a schedule "
    "towards its end": (
        "試したのは設定の更新 {iterations} 回のうち {steps} 回です。"
        "長い学習では、終わりに向けて低い学習率かスケジュールが適することがあります"
    ),
    "off during the test: {keys}; the suggestion is the highest rate of a schedule": (
        "テスト中に無効にした設定：{keys}。推奨値はスケジュールの最大の学習率です"
    ),
    # the picture
    "{name}: learning-rate range test ({optimizer}, {steps} steps)": (
        "{name}：学習率範囲テスト（{optimizer}、{steps} ステップ）"
    ),
    "learning rate, log scale": "学習率（対数目盛）",
    "range test": "範囲テスト",
    "each seed": "各シード",
    "mean, smoothed": "平均（平滑化）",
    "suggested: {lr} ({confidence})": "推奨：{lr}（{confidence}）",
    "in the spec: {lr}": "設定ファイル：{lr}",
    "short trainings": "短い学習",
    "steepest descent": "最急降下",
    "lowest": "最小",
    "{lr}: diverged": "{lr}：発散",
}
