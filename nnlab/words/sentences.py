"""What each of all other components does."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "Add an L1 penalty on the output of the layer before, which makes most of it zero.": (
        "前の層の出力に L1 正則化項を加える。出力の多くが 0 になる。"
    ),
    "Add an L2 penalty on the output of the layer before, which keeps it small.": (
        "前の層の出力に L2 正則化項を加える。出力が小さく保たれる。"
    ),
    "Give each feature mean 0 and variance 1 over the batch, then scale it by gamma and shift it by beta.": (
        "ミニバッチの中で各特徴を平均 0、分散 1 に正規化し、gamma 倍して beta を足す。"
    ),
    "Slide filters W over images: each output is the product of a filter and a window of x, summed up.": (
        "フィルター W を画像の上でずらしながら、フィルターと x の窓の積の総和を出力する。"
    ),
    "Weighted sums of the inputs, one for each unit, plus a bias.": (
        "ユニットごとに入力の重み付き和を求め、バイアスを足す（全結合層、Affine レイヤ）。"
    ),
    "Keep the largest number of each window.": "各窓の中の最大値を取り出す。",
    "The mean of the pixels of each window.": "各窓の中の画素の平均を求める。",
    "The mean of each channel, (N, C, H, W) to (N, C).": "各チャンネルの平均を求める。(N, C, H, W) から (N, C) へ。",
    "Branches on the same input, their outputs concatenated along channels or features.": (
        "同じ入力を複数の枝に通し、その出力をチャンネルまたは特徴の方向に連結する。"
    ),
    "Slide filters W along sequences or signals (N, C, L): each output is a filter times a window, summed up.": (
        "系列や信号 (N, C, L) の上でフィルター W をずらしながら、フィルターと窓の積の総和を出力する。"
    ),
    "In training set each input to 0 with probability rate and divide the rest by 1 − rate.": (
        "訓練時に、各入力を確率 rate で 0 にし、残りを 1 − rate で割る。"
    ),
    "Replace each token, an index from 0 to tokens − 1, by its row of W, a trained vector.": (
        "トークン（0 から tokens − 1 までの番号）を、W の対応する行（学習されるベクトル）に置き換える。"
    ),
    "Each sample as one vector, (N, C, H, W) to (N, C·H·W), in C, H, W order.": (
        "各サンプルを C、H、W の順に並べて 1 つのベクトルにする。(N, C, H, W) から (N, C·H·W) へ。"
    ),
    "Give each group of channels of a sample mean 0 and variance 1, then scale and shift each channel.": (
        "サンプルごとにチャンネルのグループを平均 0、分散 1 に正規化し、各チャンネルを拡大・平行移動する。"
    ),
    "Give each channel of an image mean 0 and variance 1 over its pixels, then scale and shift it.": (
        "画像の各チャンネルを、その画素について平均 0、分散 1 に正規化し、拡大・平行移動する。"
    ),
    "Gated recurrent unit: its gates mix the old state with a new candidate n, without a separate cell.": (
        "ゲート付き再帰ユニット。独立した記憶セルを持たず、ゲートが古い状態と新しい候補 n を混ぜ合わせる。"
    ),
    "Give the numbers of each sample mean 0 and variance 1, then scale and shift them.": (
        "各サンプルの中の数を平均 0、分散 1 に正規化し、拡大・平行移動する。"
    ),
    "Divide each number by a power of the squares in the channels near its own: lateral inhibition.": (
        "各数を、近くのチャンネルの 2 乗和のべき乗で割る（側抑制）。"
    ),
    "Long short-term memory: a recurrent layer whose gates decide what its cell c forgets, takes in and shows.": (
        "長・短期記憶（Long short-term memory）。記憶セル c が何を忘れ、"
        "何を取り入れ、何を出力するかをゲートが決める再帰層。"
    ),
    "The axes of each sample in another order: [2, 1] makes (T, D) of sequences (D, T).": (
        "各サンプルの軸を並べ替える。[2, 1] なら系列 (D, T) を (T, D) にする。"
    ),
    "Keep the largest number of each window of each channel, (N, C, L) to (N, C, L_out).": (
        "各チャンネルの窓の中の最大値を取り出す。(N, C, L) から (N, C, L_out) へ。"
    ),
    "The mean of each window of each channel, (N, C, L) to (N, C, L_out).": (
        "各チャンネルの窓の中の平均を求める。(N, C, L) から (N, C, L_out) へ。"
    ),
    "The mean of each channel, (N, C, L) to (N, C).": "各チャンネルの平均を求める。(N, C, L) から (N, C) へ。",
    "The same numbers of each sample, in C order, in another shape.": (
        "各サンプルの数をそのまま C 順で別の形状に並べる。"
    ),
    "Images as sequences of their rows, from the top, (N, C, H, W) to (N, H, C·W).": (
        "画像を、上から 1 行ずつの系列とみなす。(N, C, H, W) から (N, H, C·W) へ。"
    ),
    "The inner layers f beside a shortcut past them, whose outputs are added.": (
        "内側の層 f と、それを迂回するショートカットの出力を足し合わせる。"
    ),
    "A recurrent layer: the state h of each step is computed from the input and the state of the step before.": (
        "再帰層。各ステップの状態 h を、入力と 1 つ前の状態から計算する。"
    ),
    "The last step of each sequence, (N, T, D) to (N, D).": (
        "各系列の最後のステップを取り出す。(N, T, D) から (N, D) へ。"
    ),
    "Each sequence from its last step to its first.": "各系列を最後のステップから最初のステップへと逆順に並べる。",
    "Turn the numbers along the last axis into probabilities: positive, with sum 1.": (
        "最後の軸に沿った数を、正で和が 1 の確率に変える。"
    ),
    "The logarithm of softmax over the last axis, without its underflow.": (
        "最後の軸についてのソフトマックスの対数。アンダーフローを起こさない。"
    ),
    "The same layer f, with the same weights, on each step of sequences (N, T, ...).": (
        "系列 (N, T, ...) の各ステップに、同じ重みをもつ同じ層 f を適用する。"
    ),
    "Repeat each pixel factor x factor times (nearest neighbour).": (
        "各画素を factor x factor 個に複製する（最近傍補間）。"
    ),
    "Pass the input on unchanged: a network with it is linear.": (
        "入力をそのまま出力する（恒等関数）。これだけではネットワークは線形のまま。"
    ),
    "Squash each number into (0, 1).": "各数を (0, 1) の範囲に押し込める（シグモイド関数）。",
    "Squash each number into (−1, 1), with 0 for 0.": "各数を (−1, 1) の範囲に押し込める。0 は 0 のまま。",
    "Pass positive numbers on and set the others to 0.": "正の数はそのまま通し、それ以外は 0 にする。",
    "Pass positive numbers on and multiply the others by a small slope, so that no unit is dead.": (
        "正の数はそのまま通し、それ以外には小さな傾きを掛ける。死んだユニットが生じない。"
    ),
    "Pass positive numbers on and bend the others smoothly towards −alpha.": (
        "正の数はそのまま通し、それ以外は −alpha に向かって滑らかに曲げる。"
    ),
    "Pass positive numbers on and multiply the others by a trained slope a.": (
        "正の数はそのまま通し、それ以外には学習される傾き a を掛ける。"
    ),
    "Weight each number by the probability that a standard normal number is smaller: a smooth relu.": (
        "標準正規分布に従う数がその数より小さくなる確率を重みとして掛ける。滑らかな ReLU。"
    ),
    "Weight each number by its sigmoid: a smooth relu; with beta = 1 called SiLU.": (
        "各数にそのシグモイドを掛ける。滑らかな ReLU で、beta = 1 のときは SiLU と呼ばれる。"
    ),
    "A smooth relu, whose slope is the sigmoid.": "滑らかな ReLU。その傾きはシグモイド関数になる。",
    "Normal distribution with a fixed standard deviation.": "標準偏差を固定した正規分布。",
    "Normal distribution whose variance is 1 over the number of inputs of a unit, for sigmoid and tanh.": (
        "分散がユニットの入力数の逆数になる正規分布。シグモイドや tanh に適する。"
    ),
    "Normal distribution that keeps the variance from layer to layer where relu follows.": (
        "ReLU が続くとき、層から層へと分散を保つ正規分布。"
    ),
    "Keep the variance of tanh layers in both directions, forward and backward.": (
        "tanh の層で、順伝播と逆伝播の両方向の分散を保つ。"
    ),
    "Keep the variance of linear layers.": "線形な層の分散を保つ。",
    "Truncated normal distribution: numbers beyond two standard deviations are redrawn.": (
        "切断正規分布：標準偏差の 2 倍を超えた数は引き直す。"
    ),
    "A random orthogonal matrix times a gain, which keeps lengths.": (
        "ランダムな直交行列に gain を掛けたもの。ベクトルの長さを保つ。"
    ),
    "Given weights W and optional bias b (default: zeros).": "重み W とバイアス b（省略時は 0）を直接与える。",
    "Softmax cross-entropy: minus the logarithm of the probability that the network gives to the label.": (
        "ソフトマックス付き交差エントロピー誤差：ネットワークが正解ラベルに与える確率の対数に −1 を掛けたもの。"
    ),
    "Squared near the target, absolute far from it, so that outliers matter less.": (
        "目標の近くでは 2 乗、遠くでは絶対値になる損失。外れ値の影響が小さい。"
    ),
    "Absolute distance to the target, averaged over the K outputs and the samples.": (
        "目標との差の絶対値を、K 個の出力とサンプルについて平均したもの。"
    ),
    "Squared distance to the target, averaged over the K outputs and the samples.": (
        "目標との差の 2 乗を、K 個の出力とサンプルについて平均したもの。"
    ),
    "Share of samples whose highest score is that of their label, from 0 to 1; higher is better.": (
        "スコアが最大のクラスが正解ラベルと一致したサンプルの割合。0 から 1 で、大きいほどよい。"
    ),
    "Of the samples predicted as a class the share that are of it, from 0 to 1; higher is better.": (
        "そのクラスと予測したサンプルのうち、本当にそのクラスであるものの割合。0 から 1 で、大きいほどよい。"
    ),
    "Of the samples of a class the share that are predicted as it, from 0 to 1; higher is better.": (
        "そのクラスのサンプルのうち、正しくそのクラスと予測したものの割合。0 から 1 で、大きいほどよい。"
    ),
    "The harmonic mean of precision and recall, from 0 to 1; higher is better.": (
        "適合率と再現率の調和平均。0 から 1 で、大きいほどよい。"
    ),
    "Mean recall over the classes with samples, from 0 to 1; higher is better.": (
        "サンプルのあるクラスについての再現率の平均。0 から 1 で、大きいほどよい。"
    ),
    "Confusion matrix: how many samples of each class were predicted as each class; recorded in confusion.csv.": (
        "混同行列：各クラスのサンプルが、それぞれどのクラスと予測されたかの個数。confusion.csv に記録される。"
    ),
    "Mean loss over the samples, without label smoothing, class weights and penalties; lower is better.": (
        "サンプルについての損失の平均。ラベル平滑化、クラスの重み、正則化項は含まない。小さいほどよい。"
    ),
    "Mean distance between target and prediction, in the units of the target; lower is better.": (
        "目標と予測の差の絶対値の平均。単位は目標と同じで、小さいほどよい。"
    ),
    "Root of the mean squared error, in the units of the target; lower is better.": (
        "平均二乗誤差の平方根。単位は目標と同じで、小さいほどよい。"
    ),
    "Coefficient of determination: the share of the variance that is predicted, at most 1; higher is better.": (
        "決定係数：予測によって説明される分散の割合。最大で 1、大きいほどよい。"
    ),
    "Share of sequences whose every step is predicted correctly, from 0 to 1; higher is better.": (
        "すべてのステップを正しく予測した系列の割合。0 から 1 で、大きいほどよい。"
    ),
    "Exponential of the mean cross-entropy over all steps, at least 1; lower is better.": (
        "全ステップの交差エントロピー誤差の平均の指数。1 以上で、小さいほどよい。"
    ),
    "Share of samples whose label is among the k highest scores, from 0 to 1; higher is better.": (
        "正解ラベルがスコアの上位 k 個に入るサンプルの割合。0 から 1 で、大きいほどよい。"
    ),
    "Add λ times the absolute values of the weights to the loss: drives weights to exactly zero.": (
        "重みの絶対値の和に λ を掛けて損失に加える。重みがちょうど 0 になりやすい。"
    ),
    "Add λ/2 times the squares of the weights to the loss: keeps all weights small (weight decay).": (
        "重みの 2 乗和に λ/2 を掛けて損失に加える。すべての重みを小さく保つ（Weight decay、荷重減衰）。"
    ),
    "Divide by the root of an average of squared gradients and multiply by that of squared steps.": (
        "勾配の 2 乗の移動平均の平方根で割り、更新量の 2 乗の移動平均の平方根を掛ける。"
    ),
    "Divide each gradient by the root of the sum of its squares so far: steps become smaller.": (
        "勾配を、これまでの勾配の 2 乗和の平方根で割る。更新量はしだいに小さくなる。"
    ),
    "Momentum, with a step size for each weight: the mean gradient over the root of the mean square.": (
        "Momentum に、重みごとの更新量の調整を組み合わせる：勾配の平均を、2 乗平均の平方根で割る。"
    ),
    "Adam with the largest decayed gradient in the place of the root of the mean square.": (
        "2 乗平均の平方根の代わりに、減衰させた勾配の最大値を使う Adam。"
    ),
    "Adam with weight decay apart from the gradient, so that the decay is not divided by √v.": (
        "荷重減衰を勾配から切り離した Adam。減衰は √v で割られない。"
    ),
    "Adam with the largest second-moment estimate so far, so that steps cannot grow again.": (
        "2 次モーメントのこれまでの最大値を使う Adam。更新量が再び大きくなることはない。"
    ),
    "Move every weight by the learning rate, in the direction of the sign of a momentum.": (
        "モーメンタムの符号の方向へ、すべての重みを学習率だけ動かす。"
    ),
    "Follow a velocity that gathers the gradients, as a ball that rolls down a slope.": (
        "坂を転がるボールのように、勾配を蓄積した速度に従って進む。"
    ),
    "Adam whose mean gradient looks one step ahead, as in Nesterov's momentum.": (
        "Nesterov のように、勾配の平均で 1 ステップ先を見る Adam。"
    ),
    "Momentum with the gradient at the place where the velocity leads.": "速度が導く先での勾配を使う Momentum。",
    "Divide each gradient by the root of a running average of its squares.": (
        "勾配を、その 2 乗の移動平均の平方根で割る。"
    ),
    "A step against the gradient: stochastic gradient descent.": "勾配の逆方向へ進む：確率的勾配降下法。",
    "The same learning rate at every update.": "すべての更新で同じ学習率を使う。",
    "Multiply the learning rate by a factor after each N updates, N the key every.": (
        "N 回（キー every）の更新ごとに、学習率に係数を掛ける。"
    ),
    "Multiply the learning rate by a factor below 1 at each update.": (
        "更新のたびに、学習率に 1 より小さい係数を掛ける。"
    ),
    "Lower the learning rate along half a wave over the whole training.": (
        "訓練全体を半周期とする余弦波に沿って学習率を下げる。"
    ),
    "Lower the learning rate each time a metric has not improved for patience evaluations.": (
        "評価指標が patience 回の評価の間改善しないたびに、学習率を下げる。"
    ),
    "A linear rise of the learning rate over the first steps; then the schedule after, counted from there.": (
        "最初の steps 回で学習率を直線的に上げ、その後は after のスケジュールに従う。"
    ),
    "End training once a metric no longer improves.": "評価指標が改善しなくなったら訓練を終える。",
    "An expression of x0, x1, ...: + - * / **, pi, e, sin cos tan sinh cosh tanh exp log sqrt abs.": (
        "x0、x1、... の式：+ - * / **、pi、e、sin cos tan sinh cosh tanh exp log sqrt abs が使える。"
    ),
    "The simplest convex function, with its minimum 0 at 0.": "最も単純な凸関数。0 で最小値 0 をとる。",
    "An elongated valley, twenty times steeper along x1, minimum 0 at 0.": (
        "細長い谷。x1 の方向の傾きは x0 の方向の 20 倍。0 で最小値 0 をとる。"
    ),
    "A curved valley, minimum 0 at (1, 1, ...).": "曲がった谷。(1, 1, ...) で最小値 0 をとる。",
    "A saddle at 0, without a minimum.": "0 に鞍点をもち、最小値はない。",
    "Four minima of 0, one at (3, 2).": "最小値 0 をとる点が 4 つあり、その 1 つが (3, 2)。",
    "A flat valley, minimum 0 at (3, 0.5).": "平らな谷。(3, 0.5) で最小値 0 をとる。",
    "Many local minima, global minimum 0 at 0.": "多くの局所的な極小値をもち、0 で大域的な最小値 0 をとる。",
    "Steep near the minimum 0 at 0, vanishing gradients far from it.": (
        "最小値 0 をとる 0 の近くでは急で、遠くでは勾配が消失する。"
    ),
    "Every combination of the values; the last key changes fastest.": (
        "値のすべての組み合わせ。最後のキーが最も速く変わる。"
    ),
    "Random points of the space, none twice.": "探索空間からランダムに選んだ点。同じ点は 2 度選ばない。",
    "Train all points for a short time, the best 1/factor of them for factor times as long, and so on.": (
        "すべての点を短い間訓練し、よいほうから 1/factor を factor 倍長く訓練することを繰り返す。"
    ),
    "Points proposed by Optuna from the results so far, none twice.": (
        "これまでの結果をもとに Optuna が提案する点。同じ点は 2 度選ばない。"
    ),
}
