"""The notes on components in Japanese, by kind and name; in English they are in the docstrings."""

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "dataset/binary_addition": (
        "2 数はどちらも 2^(B−1) 未満なので、和も B ビットに収まる。同じ組 (a, b) は 2 度現れず、"
        "テストの組は訓練の組に含まれない。"
    ),
    "dataset/digits": (
        "画素は 4x4 のブロックの中でインクのある画素の数で、0 から 16 として保存され、"
        "0 から 1 にしてネットワークに入力される。"
    ),
    "dataset/fashion_mnist": "MNIST とそのまま置き換えられる、より難しいデータ。",
    "dataset/images": (
        "クラスと画像は名前順に並べてからシャッフルする。テストサンプルのフォルダがなければ一部をテスト用に取り分ける。"
    ),
    "dataset/latch": (
        "ネットワークは、T − 1 ステップのノイズの間、最初の値を覚えていなければならない。クラスは交互に並び、"
        "同数になる。"
    ),
    "dataset/moons": "クラスは交互に並ぶので、先頭の N 個でも同数になる。",
    "dataset/sine_sequence": (
        "訓練サンプルの窓は波の前半、テストサンプルの窓はその後にある。波全体のノイズは一度に生成する。"
    ),
    "dataset/spiral": "乱数とサンプルの順序（クラスごと）は講義ノートと同じ。",
    "dataset/table": (
        "テストサンプルが別のファイル、列、配列にある場合を除き、テスト用に分ける前にサンプルをシャッフルする。"
        ".npz や .npy の画像は (N, H, W)、(N, H, W, C)、(N, C, H, W) のどれでもよい。"
        "0 から 255 の画素は [0, 1] に直し、その他の小数は変えない。文字列の列は one-hot 表現にする。"
    ),
    "dataset/text": (
        "文字は、ファイルのすべての文字を Unicode 順に並べた語彙の中の番号で表し、これがクラスになる。"
        "テキストの末尾がテストデータになる。窓は 1 つの配列を参照するだけなので、"
        "窓の数によらず 1 文字あたり 4 バイトで済む。path を省くと、同梱のシェイクスピアのソネット 18 編を使う。"
    ),
    "dataset/xor": "クラスタは交互に並ぶので、先頭の N 個でも同数になる。",
    "augmentation/cutout": "正方形の中心は全画素から等確率に選び、端からはみ出す部分は切り落とす。",
    "augmentation/rotate": "双線形補間を使う。",
    "augmentation/shift": "0 で埋めた画像をランダムに切り出すのと同じ。",
    "model/alexnet": (
        "論文のように 2 つの GPU には分けない。最初の畳み込みで 2 画素のパディングを行うので、"
        "63x63 以上の画像を扱える。"
    ),
    "model/mlp": "各隠れ層のブロック：linear、batch_norm（指定した場合）、活性化関数、dropout（指定した場合）。",
    "model/recurrent": (
        "目標がサンプルごとに 1 つなら、全結合層は最後のステップを見る。ステップごとに目標があれば、"
        "各ステップに作用する。"
    ),
    "model/resnet_mini": (
        "論文の CIFAR 用ネットワーク。既定では各ステージに 1 ブロックで、2 番目以降のステージは画像を半分にし、"
        "フィルターを 2 倍にする。28x28 と 32x32 の画像に対応する。"
    ),
    "layer/activity_l2": "Keras と同じ形で、1/2 は掛けない。",
    "layer/avg_pool": (
        "s はストライド、K_ij は窓 (i, j) の中の画素の数。パディングは和にも個数にも含めない。"
        "dx は画素 (p, q) を含む窓についての和。"
    ),
    "layer/avg_pool1d": (
        "s はストライド、K_i は窓 i の中の要素の数。パディングは和にも個数にも含めない。"
        "dx は位置 p を含む窓についての和。"
    ),
    "layer/batch_norm": (
        "ベクトルでは特徴ごとに N について、画像ではチャンネルごとに N、H、W について平均と分散を求める。"
        "訓練時はバッチの平均と（不偏でない）分散を、評価時は移動平均を使う。"
        "frozen の層は訓練時にも移動平均を使い、更新しない。"
    ),
    "layer/concat": (
        "dx₁ は、dy のうち f₁ の分に対して枝 f₁ が返す勾配。空の枝（出力は x そのもの）"
        "を使えば DenseNet のブロックになる。"
    ),
    "layer/conv1d": (
        "s はストライド、d は dilation。x は 0 でパディングされる。グループが G 個なら W は (F, C/G, K) で、"
        "各フィルターは自分のグループのチャンネルだけを見る。特徴がチャンネルにあたる系列 (T, D) では、"
        "前後に permute を置いて軸を入れ替える。"
    ),
    "layer/conv2d": (
        "s はストライド、d は dilation。x は 0 でパディングされる。グループが G 個なら W は (F, C/G, Kh, Kw) で、"
        "フィルター f は自分のグループの C/G 個のチャンネル（⌊f·G/F⌋·C/G 番から）だけを見る。"
        "窓を 1 行ずつ並べた行列（im2col）と W の行列の積として計算する。"
    ),
    "layer/dropout": "評価時には何もしない。訓練時に割ることで平均が保たれる（inverted dropout）。",
    "layer/embedding": (
        "(N, T) から (N, T, units) へ。one-hot ベクトルに対するバイアスのない全結合層と同じ。"
        "トークンは連続な数ではないので dx は 0。"
    ),
    "layer/group_norm": (
        "mean、var、dx の和は、グループのチャンネルの n 個の画素（または n 個の特徴）についてとる。"
        "gamma と beta はチャンネルごとに 1 つ。バッチによらないので、訓練時と評価時で同じ計算になる。"
        "グループが 1 つなら平均は layer_norm と同じ。"
    ),
    "layer/gru": (
        "系列 (N, T, D) から (N, T, units) へ。σ はシグモイド関数。Wx、Wh、b には各ゲートの列が z、r、"
        "n の順に並び、da_t は da_z、da_r、da_n を並べたもの。PyTorch と Keras の形で、"
        "reset_after を false にすると、論文のようにリセットゲートが積の前に作用する："
        "n = tanh(x_t Wx + (r h_{t−1}) Wh + b)。"
    ),
    "layer/instance_norm": (
        "mean、var、dx の和はチャンネルの n 個の画素についてとる。gamma と beta はチャンネルごとに 1 つ。"
        "バッチによらないので、訓練時と評価時で同じ計算になる。"
    ),
    "layer/layer_norm": (
        "mean、var、dx の和はサンプルの n 個の数について、dgamma と dbeta の和はサンプルについてとる。"
        "バッチの他のサンプルによらないので、訓練時と評価時で同じ計算になる。gamma と beta はサンプルと同じ形状。"
    ),
    "layer/linear": "x は (N, D_in)、W は (D_in, D_out)、b は (D_out,)。系列 (N, T, D_in) では各ステップに作用する。",
    "layer/lrn": "和は c から size/2 以内のチャンネル c' についてとる。論文と同じく alpha を size で割らない。",
    "layer/lstm": (
        "系列 (N, T, D) から (N, T, units) へ。σ はシグモイド関数。Wx、Wh、"
        "b には各ゲートの列が『ゼロから作る Deep Learning 2』と同じ f、g、i、o の順に並び、da_t は da_f、da_g、"
        "da_i、da_o を並べたもの。忘却ゲート f は Gers ら (2000) による。"
    ),
    "layer/max_pool": "s はストライド。最大値が複数あれば最初のものに勾配を渡す。パディングは −∞ とみなす。",
    "layer/max_pool1d": "s はストライド。最大値が複数あれば最初のものに勾配を渡す。パディングは −∞ とみなす。",
    "layer/permute": "数式は order が [2, 1] の場合。conv1d の前に置くと、各ステップの特徴がチャンネルになる。",
    "layer/residual": (
        "dx_f は dy に対して f が返す勾配。ショートカットでは勾配がそのまま通る。f が形状を変える場合、"
        "x はバイアスのない射影を通る：画像ではストライド付きの 1x1 畳み込み、特徴では全結合層。"
    ),
    "layer/reverse": (
        "concat の枝の中で再帰層の前後に置くと、その枝は時間を逆向きに進み、双方向のネットワークになる。"
    ),
    "layer/rnn": (
        "系列 (N, T, D) から (N, T, units) へ。出力 y_t は状態 h_t で、h_0 は 0。a_t は tanh の引数。"
        "逆伝播は最後のステップから最初へと進む（BPTT、Backpropagation Through Time）。"
    ),
    "layer/softmax": (
        "cross_entropy はスコアを受け取って自分でソフトマックスを計算するので、"
        "それを使うネットワークにこの層は要らない。"
    ),
    "layer/time_distributed": (
        "dx_f は dy_t に対して f が返す勾配。f は N·T ステップを 1 つのバッチとして受け取るので、"
        "バッチについての平均はステップについての平均にもなる。"
    ),
    "layer/upsample": "u と v は 0 から factor − 1 まで動く。",
    "activation/gelu": (
        "approximate: tanh は論文の近似式 y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))。差は最大 5e-4 で、"
        "5 倍速い（1 個あたり 22 ns が 4 ns になる）。"
    ),
    "activation/prelu": (
        "傾きは、ベクトルの特徴ごと、画像のチャンネルごと、または全体で 1 つ。論文と同じく、"
        "傾きに正則化項はかからない。"
    ),
    "activation/sigmoid": "傾きは最大でも 1/4 で、|x| が大きいと 0 に近づき、勾配がほとんど伝わらない。",
    "initialiser/glorot": "distribution を normal にすると N(0, std²)。論文と Keras の既定では一様分布。",
    "initialiser/he": "ReLU が半分の数を 0 にするので、2 を掛ける。",
    "initialiser/lecun": "distribution を uniform にすると U(−√3 std, √3 std)。",
    "initialiser/orthogonal": (
        "(D_in, D_out)、畳み込みでは (F, C·K·K) の行列の行が正規直交になる。列のほうが少なければ列が正規直交になる。"
    ),
    "initialiser/xavier": (
        "『ゼロから作る Deep Learning』で Xavier の初期値と呼ばれるもの。Xavier Glorot の論文の式は glorot。"
    ),
    "loss/cross_entropy": (
        "x はスコア、s は平滑化の強さで、平滑化すると目標 t がすべてのクラスに少しずつ値を与える。"
        "s = 0 なら損失は正解ラベルの −w log p。クラスの重み w は、与えなければ 1。"
        "balanced では w_k = N / (K n_k)（n_k は N 個の訓練サンプルのうちクラス k の数、"
        "K はサンプルのあるクラスの数）となり、各クラスの影響が等しくなる（King & Zeng 2001、"
        "scikit-learn の compute_class_weight と同じ）。"
        "目的関数はバッチの和をサンプル数で割ったもの（Keras の class_weight と同じ。"
        "PyTorch はバッチの重みの和で割る）。最小化する値（steps.csv、目的関数）には平滑化と重みを含むが、"
        "評価では含まない損失を示すので、実験どうしを比べられる。"
    ),
    "loss/huber": (
        "x は出力、t は目標。目標の標準偏差は 1 なので、delta = 1 は訓練データの目標の標準偏差にあたる。"
        "delta = 1 のとき PyTorch の smooth L1 loss と同じ。"
    ),
    "loss/mean_absolute_error": (
        "x は出力、t は目標。最良の定数は中央値なので、二乗誤差より外れ値の影響が小さい。0 での勾配は 0 とする。"
    ),
    "loss/mean_squared_error": "x は出力、t は目標。クラスの目標は one-hot ベクトル。",
    "metric/f1": "クラスについて平均する。0/0 は 0 とする。",
    "metric/loss": "異なる損失を最小化する実験どうしを比べられる。",
    "metric/perplexity": (
        "p_n はステップ n で正解のクラスに与えた確率。"
        "各ステップで n 個のクラスを等確率に選ぶネットワークのパープレキシティは n。"
        "2 を底とする対数は 1 ステップあたりのビット数になる。"
    ),
    "metric/precision": (
        "TP：そのクラスと予測し、実際にそのクラスであるもの。FP：そのクラスと予測したが、別のクラスであるもの。"
        "クラスについて平均する。0/0 は 0 とする。"
    ),
    "metric/r2": (
        "目標について平均する。常にサンプルの平均 ȳ を予測すると 0 になる。目標が一定のときは、"
        "すべて正確に予測すれば 1、そうでなければ 0（scikit-learn の force_finite と同じ）。"
    ),
    "metric/recall": (
        "TP：そのクラスと予測し、実際にそのクラスであるもの。FN：そのクラスだが、別のクラスと予測したもの。"
        "クラスについて平均する。0/0 は 0 とする。"
    ),
    "metric/rmse": "目標について平均する。",
    "metric/sequence_accuracy": "サンプルごとに目標が 1 つなら正解率と同じ。",
    "metric/top_k": "k = 1 なら正解率と同じ。",
    "optimizer/adadelta": "更新量が θ と同じ単位をもつので、学習率を調整しなくてよい。",
    "optimizer/adam": (
        "m と v は 0 から始まるため最初は小さすぎる。η_t がそれを補正する（バイアス補正）。"
        "論文の 2 節の終わりにある形で、ε は論文の ε̂。"
    ),
    "optimizer/adamax": "論文に ε はなく、Keras と同じく u に加える。PyTorch は |g| に加える。",
    "optimizer/adamw": "減衰は重みだけに働き、バイアスや正規化の係数には働かない。",
    "optimizer/amsgrad": "論文のアルゴリズム 2。Keras や PyTorch と同じく、η_t で Adam のバイアス補正を行う。",
    "optimizer/lion": (
        "λ は重みだけに働く。どの値も η だけ動くので、η は Adam の 3 分の 1 から 10 分の 1 にする。"
        "batch_norm の前のバイアスのように、勾配が丸め誤差を除いて 0 の値も動く。"
    ),
    "optimizer/momentum": (
        "速度は、各勾配にそのときの学習率を掛けて蓄える（Keras と同じ）。スケジュールで η が下がっても、"
        "過去の分は元の学習率のまま残る（PyTorch は速度全体に新しい学習率を掛ける）。"
    ),
    "optimizer/nadam": "β₁ は一定。Adam と異なり、ε はバイアス補正の後に加える。",
    "optimizer/nesterov": "θ での勾配だけで計算できる形。速度は、各勾配にそのときの学習率を掛けて蓄える。",
    "schedule/cosine": "s はこれまでの更新回数、S は全体の更新回数。再開（restart）は行わない。",
    "schedule/exponential": "s はこれまでの更新回数。",
    "schedule/plateau": "η_0 は更新則に与えた学習率。下げる時期はステップ数ではなく評価の結果で決まる。",
    "schedule/step": "s はこれまでの更新回数。",
    "schedule/warmup": "s はこれまでの更新回数。",
    "search/halving": (
        "N 個の点のうち ⌊N/factorᵏ⁺¹⌋ 個が段階 k = 0, 1, ..., K − 1 を通過する（K = ⌊log N / log factor⌋）。"
        "各段階は steps/factor^(K−k) 回の更新後の最初の評価にある。通過した点は訓練を再開するので、"
        "通して訓練したのと同じ結果になる。"
    ),
    "search/optuna": (
        "既定の sampler は、すべてのキーを同時に扱う木構造 Parzen 推定量。"
        "それまでのすべての結果から次のまとまりを提案するので、どれが先に終わっても試行は変わらない。"
    ),
    "search/random": "リストからは等確率で、範囲からは尺度に従って選ぶ。n 番目の点はシードと n だけで決まる。",
}
