"""What each dataset, augmentation and model does."""

from collections.abc import Mapping

SENTENCES_OF_DATA: Mapping[str, str] = {
    "Two numbers of B bits as a sequence (B, 2), least significant bit first; the target of each step: a "
    "bit of a + b.": ("B ビットの 2 数を下位ビットから順に並べた系列 (B, 2)。各ステップの目標は a + b の 1 ビット。"),
    "CIFAR-10: 50,000 + 10,000 photographs, 32x32 colour pixels, 10 classes.": (
        "CIFAR-10：32x32 画素のカラー写真 50,000 + 10,000 枚、10 クラス。"
    ),
    "Iris: 150 flowers of 3 species, lengths and widths of sepals and petals in cm.": (
        "Iris（アヤメ）：3 品種 150 個体の花について、がくと花弁の長さと幅（cm）。"
    ),
    "Wine: 178 Italian wines from 3 cultivators, 13 results of a chemical analysis.": (
        "Wine：3 つの生産者のイタリアワイン 178 本について、化学分析の結果 13 項目。"
    ),
    "Breast Cancer Wisconsin (Diagnostic): 569 tumours, benign or malignant, 30 features of the cell nuclei.": (
        "Breast Cancer Wisconsin（診断）：腫瘍 569 例（良性または悪性）、細胞核の特徴 30 個。"
    ),
    "Auto MPG, a regression: the fuel consumption of 392 cars in miles per gallon, 7 features.": (
        "Auto MPG（回帰）：自動車 392 台の燃費（マイル毎ガロン）、特徴 7 個。"
    ),
    "Optical Recognition of Handwritten Digits: 1,797 digits of 13 writers, 8x8 grey pixels.": (
        "手書き数字の光学認識データ：13 人が書いた数字 1,797 個、8x8 画素のグレースケール。"
    ),
    "Greyscale images and labels in a folder of four IDX files named like MNIST's or EMNIST's, gzipped or not.": (
        "MNIST や EMNIST と同じ名前の IDX ファイル 4 つを収めたフォルダのグレースケール画像とラベル（gzip 圧縮も可）。"
    ),
    "Fashion-MNIST: 60,000 + 10,000 articles of clothing, 28x28 greyscale pixels.": (
        "Fashion-MNIST：28x28 画素のグレースケールの衣料品画像 60,000 + 10,000 枚。"
    ),
    "Pictures (PNG, JPEG, GIF, BMP, WebP) in one folder per class, or in train, validation and test with "
    "such folders.": (
        "クラスごとのフォルダに分けた画像（PNG、JPEG、GIF、BMP、WebP）。train、"
        "validation、test のフォルダに分けてもよい。"
    ),
    "T values: the class is whether the first is +1 or −1, all after it are noise.": (
        "T 個の値。クラスは先頭の値が +1 か −1 かで決まり、残りはすべてノイズ。"
    ),
    "MNIST: 60,000 + 10,000 handwritten digits, 28x28 greyscale pixels.": (
        "MNIST：28x28 画素のグレースケールの手書き数字 60,000 + 10,000 枚。"
    ),
    "A noisy sine wave: the target of T values (T, 1) is the next one.": (
        "ノイズを含む正弦波。T 個の値 (T, 1) から次の値を予測する。"
    ),
    "A CSV file with or without header row, an .npz with x and y or x_train, y_train, ..., or .npy files.": (
        "CSV ファイル（見出し行の有無は問わない）、x と y または x_train、"
        "y_train などを含む .npz、または .npy ファイル。"
    ),
    "A text file as sequences of T characters (T,); the target of each step is the next character.": (
        "テキストファイルを T 文字の系列 (T,) に分けたもの。各ステップの目標は次の文字。"
    ),
    "Spiral arms: r from 0 to 1, t from 4j to 4(j+1) plus noise for class j.": (
        "らせん状の腕：クラス j では r が 0 から 1 まで、t が 4j から 4(j+1) まで変わり、t にノイズを加える。"
    ),
    "Two interleaving half circles, t uniform in [0, π), plus noise.": (
        "互いにかみ合う 2 つの半円。t は [0, π) を等間隔に動き、ノイズを加える。"
    ),
    "Four Gaussian clusters at (±1, ±1); class 1 where the signs of the centre differ.": (
        "(±1, ±1) を中心とする 4 つのガウス分布のクラスタ。中心の座標の符号が異なればクラス 1。"
    ),
    "A sine of one variable with p periods, x drawn evenly from [−1, 1].": (
        "p 周期の 1 変数の正弦関数。x は [−1, 1] の一様乱数。"
    ),
    "MATLAB's peaks, a function of two variables with three hills and three hollows, x and y drawn from [−3, 3].": (
        "MATLAB の peaks：3 つの山と 3 つの谷をもつ 2 変数関数。x と y は [−3, 3] の乱数。"
    ),
    "Random translation by whole pixels, uniform in [-pixels, pixels] in both directions, with zero padding.": (
        "画像を縦横に整数画素だけランダムに平行移動する。移動量は [-pixels, pixels] の一様乱数で、"
        "空いた部分は 0 で埋める。"
    ),
    "Random horizontal flip with the given probability.": "与えた確率で画像を左右反転する。",
    "Random rotation about the centre, clockwise by an angle uniform in [-degrees, degrees], with zero padding.": (
        "画像を中心のまわりにランダムに回転する。角度は [-degrees, degrees] の一様乱数（時計回り）"
        "で、空いた部分は 0 で埋める。"
    ),
    "Set a square at a random position of each image to 0.": "各画像のランダムな位置にある正方形を 0 にする。",
    "Random brightness: add a number uniform in [-strength, strength] to each image, clipped to [0, 1].": (
        "明るさをランダムに変える。[-strength, strength] の一様乱数を画像ごとに加え、[0, 1] に収める。"
    ),
    "Random contrast: scale each image about its channel means by a factor in [1 - strength, 1 + strength].": (
        "コントラストをランダムに変える。チャンネルの平均を中心に、"
        "[1 - strength, 1 + strength] の倍率を画像ごとに掛ける。"
    ),
    "Five convolutions with LRN and overlapping pooling, three linear layers with dropout.": (
        "5 つの畳み込み層（LRN と重なりのあるプーリング付き）と、Dropout 付きの 3 つの全結合層。"
    ),
    "conv - relu - 2x2 max-pool - linear - relu - linear.": (
        "conv - relu - 2x2 max-pool - linear - relu - linear という構成。"
    ),
    "Linear layers with an activation after each but the last; samples are flattened.": (
        "全結合層を重ね、最後の層を除いて活性化関数を置く。サンプルは 1 次元に並べる。"
    ),
    "One linear layer: with cross-entropy, multinomial logistic regression.": (
        "全結合層 1 つ。交差エントロピー誤差と組み合わせると多項ロジスティック回帰になる。"
    ),
    "Recurrent layers and a linear layer, for sequences (T, D), tokens (T,), or images, which are read row by row.": (
        "再帰層と全結合層。系列 (T, D)、トークン (T,)、または 1 行ずつ読む画像を扱う。"
    ),
    "A convolution, three stages of residual blocks, global average pooling and a linear layer.": (
        "畳み込み層、残差ブロックの 3 つのステージ、Global Average Pooling、全結合層。"
    ),
    "Layers in the order given; the last one must give one score for each class, or one number for each target.": (
        "層を与えた順に並べる。最後の層の出力は、クラスごとのスコアまたは目標ごとの数でなければならない。"
    ),
}
