"""What the keys of all other components, and of the sections of a spec, mean."""

from collections.abc import Mapping

KEYS: Mapping[str, str] = {
    "units of the two hidden linear layers": "2 つの隠れ全結合層のユニット数",
    "fraction of their outputs set to zero": "出力のうち 0 にする割合",
    "factor by which images are enlarged first (32x32 to 64x64: 2)": (
        "最初に画像を拡大する倍率（32x32 を 64x64 にするなら 2）"
    ),
    "weight initialiser": "重みの初期値",
    "filters of the convolution": "畳み込み層のフィルター数",
    "height and width of each filter": "各フィルターの高さと幅",
    "stride of the convolution": "畳み込みのストライド",
    "zero padding of the convolution: pixels on each side, same or valid": (
        "畳み込みのパディング：各辺の画素数、same または valid"
    ),
    "units of the hidden linear layer": "隠れ全結合層のユニット数",
    "units of each hidden layer, such as [100, 50]": "各隠れ層のユニット数（[100, 50] など）",
    "activation of the hidden layers": "隠れ層の活性化関数",
    "batch normalisation between linear layer and activation: true, or its keys": (
        "全結合層と活性化関数の間のバッチ正規化：true またはそのキー"
    ),
    "fraction of hidden outputs set to zero while training": "訓練時に 0 にする隠れ層の出力の割合",
    "kind of the recurrent layers": "再帰層の種類",
    "size of the state of each recurrent layer": "各再帰層の状態の大きさ",
    "number of recurrent layers, each on the states of the one before": (
        "再帰層の数。それぞれ前の層の状態を入力とする"
    ),
    "a second recurrent layer beside each one, which runs from the last step to the first": (
        "各再帰層の隣に、最後のステップから最初へ進む再帰層を置く"
    ),
    "size of a token's vector; null: no tokens": "トークンのベクトルの大きさ。null ならトークンなし",
    "number of different tokens; null: as many as outputs": "トークンの種類の数。null なら出力と同数",
    "fraction of each recurrent layer's outputs set to zero": "各再帰層の出力のうち 0 にする割合",
    "initialiser of Wx and of the linear layer": "Wx と全結合層の重みの初期値",
    "initialiser of Wh": "Wh の初期値",
    "filters of the first stage; 16 in the paper": "最初のステージのフィルター数。論文では 16",
    "residual blocks in each of the three stages": "3 つのステージそれぞれの残差ブロックの数",
    "layers by name, such as - {name: linear, units: 50}": "層の名前の並び（- {name: linear, units: 50} など）",
    "regularisation strength λ": "正則化の強さ λ",
    "ε added to the variance for numerical stability": "数値を安定させるために分散に加える ε",
    "decay rate of the running mean and variance": "平均と分散の移動平均の減衰率",
    "true: the parameters keep their initial values: no updates, weight decay or penalties": (
        "true：パラメータを初期値のまま保つ（更新、荷重減衰、正則化を行わない）"
    ),
    "whether the layer has a bias b": "層がバイアス b をもつかどうか",
    "λ of L1 regularisation of this layer, added to the global one": "この層の L1 正則化の λ。全体の λ に加わる",
    "λ of L2 regularisation of this layer, added to the global one": "この層の L2 正則化の λ。全体の λ に加わる",
    "number of filters F, the channels of the output": "フィルター数 F。出力のチャンネル数になる",
    "height and width K of each filter: a number or [height, width]": (
        "各フィルターの高さと幅 K：1 つの数または [高さ, 幅]"
    ),
    "step between positions of the filter: a number or [down, across]": (
        "フィルターをずらす間隔：1 つの数または [縦, 横]"
    ),
    "zero padding: pixels on each side, [above, beside], same (H_out = ⌈H/stride⌉) or valid (none)": (
        "0 によるパディング：各辺の画素数、[上下, 左右]、same（H_out = ⌈H/stride⌉）または valid（なし）"
    ),
    "distance between the pixels of a window: a number or [down, across]": "窓の画素の間隔：1 つの数または [縦, 横]",
    "parts of the channels with filters of their own; as many as channels: depthwise": (
        "専用のフィルターをもつチャンネルのグループの数。チャンネル数と同じなら depthwise"
    ),
    "number of outputs": "出力の数",
    "height and width of each window: a number or [height, width]": "各窓の高さと幅：1 つの数または [高さ, 幅]",
    "step between windows: a number or [down, across]; null: the size": (
        "窓をずらす間隔：1 つの数または [縦, 横]。null なら size と同じ"
    ),
    "padding: pixels on each side, [above, beside], same (H_out = ⌈H/stride⌉) or valid (none)": (
        "パディング：各辺の画素数、[上下, 左右]、same（H_out = ⌈H/stride⌉）または valid（なし）"
    ),
    "layers of each branch, such as - [{name: conv2d, filters: 8}, relu], or by name; []: the input itself": (
        "各枝の層（- [{name: conv2d, filters: 8}, relu] など）、または名前付き。[] は入力そのもの"
    ),
    "axis of a sample: first (channels), or last (features of the steps of a sequence)": (
        "サンプルの軸：first（チャンネル）または last（系列の各ステップの特徴）"
    ),
    "length K of each filter": "各フィルターの長さ K",
    "step between positions of the filter": "フィルターをずらす間隔",
    "zero padding: places on each side, same (L_out = ⌈L/stride⌉) or valid (none)": (
        "0 によるパディング：両端の個数、same（L_out = ⌈L/stride⌉）または valid（なし）"
    ),
    "distance between the places of a window": "窓の要素の間隔",
    "fraction of inputs set to zero while training": "訓練時に 0 にする入力の割合",
    "number of different tokens: those of the data are 0 to tokens − 1": (
        "トークンの種類の数。データのトークンは 0 から tokens − 1"
    ),
    "size of the vector of each token": "各トークンのベクトルの大きさ",
    "number of groups, which divides the number of channels": "グループの数。チャンネル数を割り切る数",
    "initialiser of Wx, the weights of the input": "入力の重み Wx の初期値",
    "size of the state, which is the output of each step": "状態の大きさ。各ステップの出力になる",
    "initialiser of Wh, the weights of the state": "状態の重み Wh の初期値",
    "reset after the product with Wh (PyTorch, Keras); false: before (paper)": (
        "Wh との積の後でリセットする（PyTorch、Keras）。false：積の前（論文）"
    ),
    "channels in the sum, centred on c; rounded up to an odd number": (
        "和をとるチャンネルの数（c が中心）。奇数に切り上げる"
    ),
    "weight α of the sum of squares": "2 乗和の係数 α",
    "exponent β": "指数 β",
    "constant k of the denominator": "分母の定数 k",
    "initial bias of the forget gate; 1: remember (Gers 2000, Jozefowicz 2015)": (
        "忘却ゲートのバイアスの初期値。1：記憶を保つ（Gers 2000、Jozefowicz 2015）"
    ),
    "axes of the input, counted from 1 without the batch, in their new order, such as [2, 1]": (
        "入力の軸（バッチを除き 1 から数える）の新しい順序（[2, 1] など）"
    ),
    "length of each window": "各窓の長さ",
    "step between windows; null: the size": "窓をずらす間隔。null なら size と同じ",
    "padding: places on each side, same (L_out = ⌈L/stride⌉) or valid (none)": (
        "パディング：両端の個数、same（L_out = ⌈L/stride⌉）または valid（なし）"
    ),
    "shape of a sample, such as [28, 28]; -1: what is left over": "サンプルの形状（[28, 28] など）。-1：残り全部",
    "layers of f": "f の層",
    "activation of the state": "状態の活性化関数",
    "the layer f, such as {name: conv2d, filters: 8}": "層 f（{name: conv2d, filters: 8} など）",
    "factor by which height and width grow": "高さと幅を拡大する倍率",
    "slope for negative inputs": "負の入力に対する傾き",
    "α: outputs of negative inputs tend to −α": "α：負の入力に対する出力は −α に近づく",
    "initial slope a for negative inputs": "負の入力に対する傾き a の初期値",
    "true: one slope for all channels or features": "true：すべてのチャンネルまたは特徴で傾きを 1 つにする",
    "none: exact, by the error function; tanh: the paper's approximation, five times as fast": (
        "none：誤差関数による正確な値。tanh：論文の近似式（5 倍速い）"
    ),
    "β: 0 gives x/2, large values approach relu": "β：0 なら x/2、大きいと ReLU に近づく",
    "standard deviation of the weights": "重みの標準偏差",
    "normal, or uniform from −√3·std to √3·std": "normal：正規分布。uniform：−√3·std から √3·std の一様分布",
    "standard deviation before truncation; 0.88 of it is left": "切断前の標準偏差。切断後は 0.88 倍になる",
    "factor in front of the matrix; √2 suits relu": "行列に掛ける係数。ReLU には √2 が適する",
    "weights, row by row: (in, out) of linear, (filters, channels, K, K) of conv2d": (
        "重みの値を行ごとに並べたもの：linear では (in, out)、conv2d では (filters, channels, K, K)"
    ),
    "bias, a number for each output; null: zeros": "バイアス（出力ごとの数）。null なら 0",
    "label smoothing s, spread evenly over all classes": "ラベル平滑化の s。全クラスに等しく配分する",
    "weight of each class in the order of the classes; balanced: inverse to its training samples": (
        "クラスの順に並べた各クラスの重み。balanced：訓練サンプル数に反比例"
    ),
    "residual δ from which on the loss is linear, in standard deviations of the target": (
        "損失が線形に変わる残差 δ（目標の標準偏差が単位）"
    ),
    "macro: mean over classes; weighted: by their samples; micro: from the counts of all classes together": (
        "macro：クラスの平均。weighted：サンプル数で重み付け。micro：全クラスの個数を合計して計算"
    ),
    "the value of this class alone; null: the average": "このクラスだけの値。null なら平均",
    "how many of the highest scores count": "スコアの上位いくつまでを数えるか",
    "regularisation strength λ; 0: none": "正則化の強さ λ。0 ならなし",
    "learning rate η; 1 in the paper": "学習率 η。論文では 1",
    "decay rate ρ of the running averages of g² and Δ²": "g² と Δ² の移動平均の減衰率 ρ",
    "ε added under both roots; it sets the size of the first step": (
        "2 つの根号の中に加える ε。最初の更新量の大きさを決める"
    ),
    "learning rate η": "学習率 η",
    "ε added to the denominator for numerical stability": "数値を安定させるために分母に加える ε",
    "decay rate β₁ of the first-moment estimate m": "1 次モーメント m の減衰率 β₁",
    "decay rate β₂ of the second-moment estimate v": "2 次モーメント v の減衰率 β₂",
    "decay rate β₂ of the infinity norm u": "無限大ノルム u の減衰率 β₂",
    "weight decay λ, multiplied by the learning rate": "荷重減衰 λ。学習率を掛けて使う",
    "share β₁ of the momentum m in the update": "更新におけるモーメンタム m の割合 β₁",
    "decay rate β₂ of the momentum m": "モーメンタム m の減衰率 β₂",
    "momentum coefficient μ": "モーメンタムの係数 μ",
    "decay rate ρ of the running average of g²": "g² の移動平均の減衰率 ρ",
    "steps between two reductions": "学習率を下げる間隔（更新回数）",
    "factor on the learning rate at each reduction": "下げるたびに学習率に掛ける係数",
    "factor on the learning rate at each step, such as 0.999": "更新のたびに学習率に掛ける係数（0.999 など）",
    "fraction of the learning rate at the end": "終了時の学習率の割合",
    "column of metrics.csv to monitor": "監視する metrics.csv の列",
    "evaluations without improvement before it takes effect": "効果が現れるまでに改善なしで待つ評価の回数",
    "an improvement must exceed this": "改善とみなすために超えるべき量",
    "lower limit, as a fraction of the learning rate": "学習率の下限（元の学習率に対する割合）",
    "steps of the linear rise": "学習率を直線的に上げる更新回数",
    "schedule after the warmup": "ウォームアップの後のスケジュール",
    "save the weights of the best evaluation instead of the last ones": (
        "最後の重みではなく、最良の評価のときの重みを保存する"
    ),
    "expression, such as x0**2 + x1**2": "式（x0**2 + x1**2 など）",
    "number of points": "点の数",
    "number of random points; null: every combination of the values": (
        "ランダムな点の数。null なら値のすべての組み合わせ"
    ),
    "the best 1/factor of the points train factor times as long": (
        "よいほうから 1/factor の点を factor 倍長く訓練する"
    ),
    "no selection before this number of updates": "この更新回数までは選抜しない",
    "tpe: tree-structured Parzen estimator; random: no model": "tpe：木構造 Parzen 推定量。random：モデルなし",
    "points proposed at a time, which can train in parallel; smaller batches know more results": (
        "一度に提案する点の数（並列に訓練できる）。小さいほど多くの結果を使える"
    ),
    "name of the run folders; default: the file name": "実験フォルダの名前。既定はファイル名",
    "random seed": "乱数のシード",
    "floating-point precision": "浮動小数点数の精度",
    "streams: a separate random stream per purpose; legacy: one RandomState, as in published scripts": (
        "streams：目的ごとの乱数列。legacy：公開されたスクリプトと同じ 1 つの RandomState"
    ),
    "dataset": "データセット",
    "network architecture": "ネットワークの構造",
    "loss function; default for targets that are numbers: mean_squared_error": (
        "損失関数。目標が数のときの既定は mean_squared_error"
    ),
    "what evaluations measure besides the loss, the primary metric first; default: accuracy, or r2 and mae": (
        "損失のほかに評価するもの。最初が主な評価指標。既定は accuracy、または r2 と mae"
    ),
    "update rule": "更新則",
    "regularisation strength λ of each weight penalty": "重みの正則化項それぞれの強さ λ",
    "training length, batches, evaluation, checkpoints": "訓練の長さ、バッチ、評価、チェックポイント",
    "threads and shards": "スレッドとシャード",
    "number of updates; give either iterations or epochs": "更新回数。iterations か epochs のどちらかを与える",
    "passes through the training samples": "訓練サンプルを一巡する回数",
    "mini-batch size, or full for the whole training set; null: 100, or all samples if fewer": (
        "ミニバッチの大きさ。full なら訓練データ全体。null なら 100（サンプルが少なければ全部）"
    ),
    "mini-batches of batch_size per update, whose gradient is the mean over all their samples": (
        "1 回の更新に使うミニバッチの数。勾配は全サンプルの平均になる"
    ),
    "with shuffle: drop the last batch of an epoch if it is incomplete": (
        "shuffle のとき、エポックの最後の半端なバッチを捨てる"
    ),
    "shuffle: a new permutation each epoch; replacement: each batch drawn with replacement": (
        "shuffle：エポックごとに並べ替える。replacement：バッチごとに復元抽出する"
    ),
    "evaluate every N updates, or epoch: after each epoch": "N 回の更新ごとに評価する。epoch なら各エポックの後",
    "training samples used for evaluation: all, batch (the last mini-batch) or the first N": (
        "評価に使う訓練サンプル：all、batch（最後のミニバッチ）または先頭の N 個"
    ),
    "learning-rate schedule": "学習率のスケジュール",
    "clip each gradient element to [-c, c]; null: no clipping": "勾配の各要素を [-c, c] に収める。null なら行わない",
    "clip the global gradient norm to c; null: no clipping": "勾配全体のノルムを c 以下にする。null なら行わない",
    "decay of a moving average of the weights, for evaluations and the saved model; null: no average": (
        "重みの移動平均の減衰率。評価と保存するモデルに使う。null なら平均しない"
    ),
    "early stopping: true, or its keys": "早期終了：true またはそのキー",
    "record and plot per-layer gradient, update and activation statistics at each evaluation": (
        "評価のたびに、層ごとの勾配、更新、活性値の統計量を記録して図にする"
    ),
    "write a checkpoint every N updates; auto: at evaluations, at most every 10 s": (
        "N 回の更新ごとにチェックポイントを書く。auto：評価のときに、最大で 10 秒に 1 回"
    ),
    "save N weight snapshots, evenly spaced, for nnlab plot --animate; 0: none": (
        "nnlab plot --animate のために、等間隔に N 回の重みを保存する。0 ならなし"
    ),
    "draw pictures when the training has ended; nnlab plot draws them later": (
        "訓練の終了時に図を描く。nnlab plot で後から描くこともできる"
    ),
    "write TensorBoard's event files while training, flushed at each evaluation": (
        "訓練中に TensorBoard のイベントファイルを書く。評価のたびに書き出す"
    ),
    "number of threads; auto: one per core": "スレッドの数。auto：コアごとに 1 つ",
    "data-parallel parts of each batch; auto: 2 if the network is large enough to benefit, else 1": (
        "各バッチをデータ並列に分ける数。auto：ネットワークが十分大きければ 2、そうでなければ 1"
    ),
}
