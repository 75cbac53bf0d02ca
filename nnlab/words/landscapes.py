"""The texts of loss landscapes."""

from collections.abc import Mapping

LANDSCAPES: Mapping[str, str] = {
    "{run}: has no snapshots, which the path of training needs; this training records them: {command}": (
        "{run}：学習の軌跡に必要なスナップショットがありません。次の学習で記録できます：{command}"
    ),
    "loss on {samples} {split} samples: {start} with the initial weights, {end} with the trained ones": (
        "{split}サンプル {samples} 個の損失：初期の重みで {start}、学習後の重みで {end}"
    ),
    "batch statistics: those that change from start to end along the line": (
        "バッチ正規化の統計量：直線に沿って最初の値から最後の値まで変化"
    ),
    "batch statistics: the running ones of the trained network at every point": (
        "バッチ正規化の統計量：すべての点で学習後の移動平均を使用"
    ),
    "no barrier: the loss falls all the way from the initial weights to the trained ones": (
        "障壁なし：損失は初期の重みから学習後の重みまで下がり続けます"
    ),
    "no barrier, but no fall either: the loss ends where it started": (
        "障壁なし。ただし損失は下がらず、最初と同じ値で終わります"
    ),
    "the loss is the same all along the line: the saved weights are the initial ones, or act as they do": (
        "損失は直線上のどこでも同じです。保存された重みは初期の重みか、同じ働きをする重みです"
    ),
    "a barrier: the loss rises by {rise} ({share} of the initial loss) on the way from start to end, up to "
    "α = {place}": ("障壁あり：最初から最後への途中、α = {place} までに損失が {rise}（初期損失の {share}）増えます"),
    "no barrier, but a rise by {rise} that ends at the trained weights": (
        "障壁なし。ただし損失は学習後の重みに向かって {rise} 増えます"
    ),
    "lowest loss on the line: {loss} at α = {place} (α is 0 at the initial weights, 1 at the trained ones)": (
        "直線上の最小の損失：{loss}（α = {place}。α は初期の重みで 0、学習後の重みで 1）"
    ),
    "training did not follow this straight line: it does not show which losses the optimizer passed, nor other "
    "solutions": ("学習はこの直線を通っていません。最適化の途中の様子や他の解については何も示しません"),
    "sharpness: changing the weights of every unit by {share} of their norm (length) changes the loss from {end} to "
    "{moved} (mean of 4 places)": (
        "鋭さ：すべてのフィルタをノルムの {share} だけ動かすと、損失は {end} から {moved} になります（4 点の平均）"
    ),
    "curvature (second derivative d²L/dx²) at the trained weights: {first} and {second} along the two directions; 0 "
    "is flat": ("学習後の重みでの曲率（二階微分）：二つの方向で {first} と {second}（0 は平坦）"),
    "lowest loss on the grid: {loss} at ({x}, {y})": "格子上の最小の損失：{loss}（位置 {x}、{y}）",
    "only two random directions of {parameters}: most directions are flat, and these two do not show the few steep "
    "ones": ("{parameters} 次元のうちランダムな二つの方向です。ほとんどの方向は平坦で、少数の急な方向は見えません"),
    "the two axes, along which the weights moved most, show {first} and {second} of the movement (variance) of "
    "{snapshots} snapshots; steps in random directions would give {walk} and {next}": (
        "二つの軸はスナップショット {snapshots} 個の分散の {first} と {second} を説明します"
        "（同じ次元のランダムウォークでは {walk} と {next}）"
    ),
    "lowest loss of a snapshot: {loss} after step {step}": ("スナップショットの最小の損失：{loss}（ステップ {step}）"),
    "the path is up to {off} of the distance from start to end away from this plane: at its start the plane has a "
    "loss of {plane}, the weights themselves {start}": (
        "軌跡は、始点から終点までの距離の最大 {off} だけこの平面から離れています。"
        "始点での損失は、平面上で {plane}、実際の重みで {start} です"
    ),
    # pictures
    "{name}: loss from the initial to the trained weights ({samples} {split} samples)": (
        "{name}：初期の重みから学習後の重みまでの損失（{split}サンプル {samples} 個）"
    ),
    "{name}: loss along two random directions, filter-normalised ({samples} {split} samples)": (
        "{name}：ランダムな二方向の損失、フィルタ正規化（{split}サンプル {samples} 個）"
    ),
    "{name}: path of training in the plane of its principal components ({samples} {split} samples)": (
        "{name}：主成分の平面での学習の軌跡（{split}サンプル {samples} 個）"
    ),
    "direction {number}, in norms of the filters": "方向 {number}（フィルタのノルム単位）",
    "along direction {number}": "方向 {number} に沿った損失",
    "distance, in norms of the filters": "距離（フィルタのノルム単位）",
    "component {number}: {share} of the variance": "第 {number} 主成分（分散の {share}）",
    "trained weights: {loss}": "学習後の重み：{loss}",
    "lowest: {loss}": "最小：{loss}",
    "start: {loss}": "始点：{loss}",
    "end: {loss}": "終点：{loss}",
    "lowest: {loss}, step {step}": "最小：{loss}（ステップ {step}）",
    "end: {loss}, step {step}": "終点：{loss}（ステップ {step}）",
    "α: initial weights at 0, trained weights at 1": "α：0 が初期の重み、1 が学習後の重み",
    "loss (log scale)": "損失（対数目盛）",
    "loss": "損失",
}
